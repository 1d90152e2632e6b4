// A source, sixteen Counters, a sink.
InfiniteSource(DATA \<02000000 00010200 00000002 0800>, LENGTH 64, FILL false, BURST 32,
    TIMESTAMP false)
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
