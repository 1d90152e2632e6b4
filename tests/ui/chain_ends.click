[0] InfiniteSource -> Discard;
InfiniteSource -> Discard [1];
