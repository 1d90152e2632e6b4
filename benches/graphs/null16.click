// A source, sixteen Nulls, a sink.
InfiniteSource(LENGTH 64, BURST 32, TIMESTAMP false)
    -> Null
    -> Null
    -> Null
    -> Null
    -> Null
    -> Null
    -> Null
    -> Null
    -> Null
    -> Null
    -> Null
    -> Null
    -> Null
    -> Null
    -> Null
    -> Null
    -> Discard;
