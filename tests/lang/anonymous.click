// Elements without a name are numbered by their place, but a name in use is
// left alone.
Null -> Counter -> q :: Queue -> Null;
Null@6 :: Null;
Null -> Null@6;
