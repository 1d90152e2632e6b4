source :: InfiniteSource -> conuter -> sink;
counter :: Counter -> Dsicard;
counter :: Counter;
Queue :: Counter;
sink :: Discard;
