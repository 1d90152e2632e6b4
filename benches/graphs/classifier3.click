// A source of frames, a three-way Classifier, a Counter on each way.
InfiniteSource(DATA \<00000000 00000000 00000000 0800>, LENGTH 64, BURST 32, TIMESTAMP false)
    -> c :: Classifier(12/0806, 12/0800, -);
c[0] -> Counter -> Discard;
c[1] -> Counter -> Discard;
c[2] -> Counter -> Discard;
