// Every Nth packet of a recording.
define($IN in.pcap, $OUT out.pcap, $N 10);

FromDump($IN, STOP true)
    -> all :: Counter
    -> EveryNth($N)
    -> kept :: Counter
    -> ToDump($OUT);
