// Arguments are checked though a statement cannot be read.
InfiniteSource -> q :: Queue(many) -> Unqueue -> Discard;
x :: -> Discard;
InfiniteSource -> ( -> Paint(300) [ -> ) -> x;
c :: { input -> Paint(colour) -> output; input -> ] };
