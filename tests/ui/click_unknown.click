InfiniteSource -> IPReassembler -> Discard;
