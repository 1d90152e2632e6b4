// `...` is what the class was before; the choice is made where it is used.
elementclass Mark { $a, $b | input -> Print(1) -> output
  || $a, __REST__ $b | input -> Print(2) -> output }
Null -> Mark(A) -> m :: Mark(A, TWO B) -> n :: Null;
elementclass Mark { $a, $b | input -> Print(4) -> output || ... }
elementclass Queue { $capacity, $color | input -> Queue($capacity) -> Paint($color) -> output || ... }
n -> Mark(A, B) -> Mark(A, B, C) -> Queue(5, 1) -> Queue(6) -> Null;
