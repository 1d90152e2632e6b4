elementclass Line { $capacity, COLOR $color | input -> Queue($capacity) -> Paint($color) -> output }
InfiniteSource -> Line -> Unqueue -> Discard;
InfiniteSource -> Line(1) -> Unqueue -> Discard;
InfiniteSource -> Line(1, COLOUR 2, COLOR 3) -> Unqueue -> Discard;
InfiniteSource -> Line(1, COLOR 2, 3) -> Unqueue -> Discard;
