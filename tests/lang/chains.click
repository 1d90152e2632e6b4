// Ports, chains, and connections that are repeated.
a, b, x :: Null;
a [1] -> [2] x [3] -> [4] b;
a -> b; a -> b;
a -> Counter [0] -> [0] b -> a;
