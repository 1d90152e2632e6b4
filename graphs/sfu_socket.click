// The switch over plain sockets (paper, Fig. 1): two UDP ports, one receive
// per packet, one send per copy.
define($HOST 0.0.0.0, $MEDIA 5004, $CONTROL 5005)

FromSocket($HOST, $MEDIA) -> [media] sfu :: SsidReplicate;
FromSocket($HOST, $CONTROL) -> [control] sfu;

sfu -> ToSocket;
