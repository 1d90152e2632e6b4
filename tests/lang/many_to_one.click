n1, n2, n4 :: Null;
n1, n2, n3 :: Tee -> n4;
n1 [1], n2 [2] -> [3] n4;
n4 -> n1, [1] n2;
