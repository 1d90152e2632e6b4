// Groups in lists and in groups, with ports written out; their contents are
// in the same scope.
a, b :: Null;
a [0,1,2] => ( -> c :: Null ), ( -> d :: Null ), b;
c => [1] b [1], (-> e :: Null => (->), Paint(1) ->) -> f :: Null;
e [2] -> [0] ( [0] -> f2 :: Null -> [0] ) [0] -> [3] b;
f2 [1] -> [4] b;
