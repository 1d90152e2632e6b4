// A source, sixteen Nulls, a sink.
InfiniteSource(DATA \<02000000 00010200 00000002 0800>, LENGTH 64, FILL false, BURST 32,
    TIMESTAMP false)
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
