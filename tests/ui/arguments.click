InfiniteSource(LIMIT many)
    -> Queue(100, 200)
    -> Unqueue(BRUST 4)
    -> Paint
    -> Discard;
