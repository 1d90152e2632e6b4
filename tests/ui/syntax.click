InfiniteSource -> c :: Counter;
c -> -> Discard;
