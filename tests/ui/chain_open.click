-> Discard;
InfiniteSource -> ;
InfiniteSource -> { [0] -> [0] -> Null -> output } -> Discard;
