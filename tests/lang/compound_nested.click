// Names inside are prefixed at every level, and numbered by themselves.
outer :: {
    input -> Null -> inner :: {
        -> Counter -> { input -> Paint(1) -> output } ->
    } -> output
};
Null -> outer -> Null;
