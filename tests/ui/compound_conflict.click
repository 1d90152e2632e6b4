elementclass Hop { input -> Counter -> output }
elementclass Drain { input -> hop :: Hop -> Unqueue -> output }
InfiniteSource -> t :: Tee -> Hop -> Drain -> Discard;
t [1] -> two :: { input -> c :: Counter -> Tee -> Discard; c -> Discard };
