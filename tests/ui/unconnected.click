InfiniteSource -> t :: Tee;
t [0] -> Discard;
t [2] -> Discard;
Counter;
