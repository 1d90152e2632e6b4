// A source of frames of 64 octets and a Tee to eight sinks.
InfiniteSource(DATA \<02000000 00010200 00000002 0800>, LENGTH 64, FILL false, BURST 32,
    TIMESTAMP false)
    -> t :: Tee(8);
t[0] -> Discard;
t[1] -> Discard;
t[2] -> Discard;
t[3] -> Discard;
t[4] -> Discard;
t[5] -> Discard;
t[6] -> Discard;
t[7] -> Discard;
