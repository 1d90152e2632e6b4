// A source, a Queue and the task that empties it.
InfiniteSource(DATA \<02000000 00010200 00000002 0800>, LENGTH 64, FILL false, BURST 32,
    TIMESTAMP false)
    -> Queue(64)
    -> Unqueue(BURST 32)
    -> Discard;
