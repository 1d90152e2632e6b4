// A recording for the tests.
define($OUT out.pcap, $COUNT 100);

InfiniteSource(DATA "0123456789abcdef", LIMIT $COUNT, STOP true) -> ToDump($OUT);
