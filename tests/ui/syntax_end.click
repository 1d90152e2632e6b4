InfiniteSource -> Counter ->
