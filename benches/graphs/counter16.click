// A source, sixteen Counters, a sink.
InfiniteSource(LENGTH 64, BURST 32, TIMESTAMP false)
    -> Counter
    -> Counter
    -> Counter
    -> Counter
    -> Counter
    -> Counter
    -> Counter
    -> Counter
    -> Counter
    -> Counter
    -> Counter
    -> Counter
    -> Counter
    -> Counter
    -> Counter
    -> Counter
    -> Discard;
