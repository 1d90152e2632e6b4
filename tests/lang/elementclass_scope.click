// A class may have the name of an earlier one, which it means inside.
elementclass Queue { input -> Queue -> Counter -> output }
elementclass Outer {
    elementclass Queue { input -> Null -> Queue -> output }
    input -> Queue -> output
}
Null -> q :: Queue -> o :: Outer -> Null;
