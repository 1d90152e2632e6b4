// CAPACTY=10
define($CAPACITY 5, $LIMIT 1, $LIMIT 2)
InfiniteSource($LIMT) -> Queue($CAPACITY) -> Unqueue -> Discard;
