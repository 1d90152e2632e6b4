InfiniteSource
    -> Queue
    -> Counter
    -> Null
    -> t :: Tee
    -> Discard;
