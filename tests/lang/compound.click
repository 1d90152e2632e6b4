a, b, c, d :: Null;
a -> { input -> Null -> output } -> b;
both :: {
    input -> x :: Counter -> output;
    input [1] -> Queue -> [1] output;
};
a [1] -> both -> [1] b;
c -> [1] both [1] -> d;
