// LIMIT=abc
define($LIMIT 5)
InfiniteSource(LIMIT $LIMIT) -> Discard;
