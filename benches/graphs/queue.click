// A source, a Queue and the task that empties it.
InfiniteSource(LENGTH 64, BURST 32, TIMESTAMP false)
    -> Queue(64)
    -> Unqueue(BURST 32)
    -> Discard;
