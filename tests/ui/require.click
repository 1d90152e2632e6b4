require(package standrad, library flows.click);
InfiniteSource -> Discard;
