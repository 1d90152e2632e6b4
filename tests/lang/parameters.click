elementclass Line { $capacity, COUNT $count, __REST__ $rest |
    input -> Queue($capacity) -> Paint($count) -> Print("$rest") -> output
}
Null -> Line(1, COUNT 2) -> l :: Line(1, A, COUNT 3, FOO 4) -> Null;
Null -> { $a | input -> Paint($a) -> output } (100) -> Null;
