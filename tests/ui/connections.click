s, t :: InfiniteSource;
c, d :: Counter;
s, t -> c, d;
s, t => Discard, Discard, Discard;
[0] s -> Discard;
