elementclass Loop { input -> Loop -> output }
elementclass Inner { input -> x :: Nul -> $cap -> output }
elementclass Rest { input -> output || ... }
InfiniteSource -> { input -> output || ... } -> Discard;
elementclass s { input -> output }
s :: InfiniteSource -> Discard;
d :: Discard;
elementclass d { input -> output }
