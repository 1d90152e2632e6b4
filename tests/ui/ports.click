InfiniteSource -> c :: Classifier [medai] -> Discard;
c [7] -> Discard;
Discard -> Discard;
