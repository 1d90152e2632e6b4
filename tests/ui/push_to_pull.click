q :: Queue;
InfiniteSource -> Counter -> u :: Unqueue -> Discard;
