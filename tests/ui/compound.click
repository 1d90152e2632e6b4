elementclass Path { input -> Counter -> output }
InfiniteSource -> Path -> Discard;
