elementclass Hop { input -> Counter -> output }
elementclass Store { input -> Hop -> Queue -> hop :: Hop -> output }
InfiniteSource -> Store -> Hop -> Discard;
InfiniteSource -> t :: Tee -> Discard;
t -> two :: { input -> c :: Counter -> Discard; c -> Discard };
