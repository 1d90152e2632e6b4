// Definitions hold for their block, wherever they stand in it.
Print($a); define($b 1)
{ Print($a$b); define($b 2) };
( Print($b); define($c 3) );
define($a "$c")
