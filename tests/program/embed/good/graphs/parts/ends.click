elementclass Begin { InfiniteSource(LIMIT $LIMIT, STOP true) -> output; };
elementclass End { input -> Discard; };
