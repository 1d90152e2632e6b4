sfu :: { input [media] -> Null -> output; input [control] -> Counter -> [log] output };
Null -> [media] sfu [log] -> Null;
Null -> [control] sfu -> Null;
