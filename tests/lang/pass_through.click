// What goes through blocks unchanged leaves no trace, also in circles.
a, b :: Null;
elementclass Wire { -> }
a -> Wire -> (->) -> Wire -> b;
a [1] -> { [0] -> [0] } -> [1] b;
c :: Null -> { input -> { -> } -> output } -> c;
