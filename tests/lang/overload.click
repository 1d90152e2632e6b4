elementclass Line {
    input -> Queue -> output
|| $capacity | input -> Queue($capacity) -> output
|| $capacity, NAME $name | input -> Queue($capacity) -> Print($name) -> output
|| input -> Tee -> output; input [1] -> Null -> [1] output
}
a, b :: Null;
a -> Line -> Line(1) -> Line(2, NAME x) -> b;
a [0,1] => pair :: Line => [1,2] b;
