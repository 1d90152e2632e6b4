// A source of IPv4 frames, a three-way Classifier, a Counter on each way.
InfiniteSource(DATA \<02000000 00010200 00000002 0800>, LENGTH 64, FILL false, BURST 32,
    TIMESTAMP false)
    -> c :: Classifier(12/0806, 12/0800, -);
c[0] -> Counter -> Discard;
c[1] -> Counter -> Discard;
c[2] -> Counter -> Discard;
