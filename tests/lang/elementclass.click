elementclass Pair { input -> Counter -> Counter -> output }
elementclass Twice { input -> Pair -> p :: Pair -> output }
Null -> Twice -> t :: Twice -> Null;
