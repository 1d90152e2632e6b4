elementclass Line {
    $capacity |
    input -> q :: Queue($capacity) -> output
}
elementclass Lines { input -> Line(many) -> Unqueue -> Line(7) -> output }
InfiniteSource -> first :: Lines -> Discard;
InfiniteSource -> second :: Lines -> Unqueue -> Discard;
