InfiniteSource -> q :: Queue -> Unqueue
    -> Counter -> [0] u :: Unqueue
    -> Discard;
Queue -> Discard;
