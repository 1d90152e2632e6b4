// A source, a thousand Counters, a sink.
elementclass Ten {
    input
        -> Counter -> Counter -> Counter -> Counter -> Counter
        -> Counter -> Counter -> Counter -> Counter -> Counter
        -> output
}
elementclass Hundred {
    input
        -> Ten -> Ten -> Ten -> Ten -> Ten -> Ten -> Ten -> Ten -> Ten -> Ten
        -> output
}
InfiniteSource(DATA \<02000000 00010200 00000002 0800>, LENGTH 64, FILL false, BURST 32,
    TIMESTAMP false)
    -> Hundred -> Hundred -> Hundred -> Hundred -> Hundred
    -> Hundred -> Hundred -> Hundred -> Hundred -> Hundred
    -> Discard;
