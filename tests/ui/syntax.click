InfiniteSource -> c :: Counter;
c -> -> Discard;
d :: ;
InfiniteSource(;) -> Discard;
c [0 -> Discard;
