elementclass Line {
    input -> Queue -> output
 || $capacity | input -> Queue($capacity) -> output
}
InfiniteSource -> Line(1, 2) -> Unqueue -> Discard;
