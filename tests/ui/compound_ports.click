elementclass Pair { input -> Null -> output; input [1] -> Null -> [1] output }
elementclass Gap { input [0] -> Discard; input [2] -> Discard }
elementclass Back { InfiniteSource -> input; output -> Discard }
elementclass Named { input [media] -> Discard; input [control] -> Discard }
s :: InfiniteSource -> Pair -> Discard;
InfiniteSource -> p :: Pair [2] -> Discard;
InfiniteSource -> [medai] Named;
InfiniteSource => ( [0] -> Discard; [1] -> Discard );
