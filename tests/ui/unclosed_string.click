InfiniteSource
    -> Print("ok)
    -> Discard;
