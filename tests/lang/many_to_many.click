c, d, next :: Null;
c [0], c [1], c [2] => Paint(0), Paint(1), Paint(2) -> next;
d [0,1,2] => Paint(3), Paint(4), Paint(5) -> next;
d [3-4] => [3-4] next;
next => c, [0,1] d;
next [5,] => [7-8] c;
