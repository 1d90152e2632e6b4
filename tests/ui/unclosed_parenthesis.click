InfiniteSource
    -> q :: Queue(100
    -> Unqueue -> Discard;
