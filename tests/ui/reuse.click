s :: InfiniteSource -> Counter -> Discard;
s -> Discard;
