// Several names share a class; separators are optional.
a, b :: Counter; c :: Null()
d :: Queue(10, )
e :: Paint(/* no more */ 3);
a -> c -> d -> e
