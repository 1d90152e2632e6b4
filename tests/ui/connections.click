s, t :: InfiniteSource;
c, d :: Discard;
s, t -> c, d;
InfiniteSource [0-x] -> Discard;
