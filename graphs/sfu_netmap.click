// The switch on raw frames (paper, Fig. 2): media, control and the host.
//
// SLOTS are packets that wait while the switch does not get the CPU: 1,024 are
// 170 ms of eight clients as the paper has them. TAKE is what the driver xdp takes from the interface; the rest then never
// leaves the host. With netmap's module everything comes here, and the last two
// lines give the host what is its own.
define($DEV eth0, $MEDIA 5004, $CONTROL 5005)

FromNetmap($DEV, TAKE "udp dst port $MEDIA or udp dst port $CONTROL", SLOTS 1024)
    -> class :: Classifier(MEDIA $MEDIA, CONTROL $CONTROL);

class [media] -> [media] sfu :: SsidReplicate;
class [control] -> [control] sfu;

sfu -> ToNetmap($DEV);

class [host] -> ToNetmap($DEV^);
FromNetmap($DEV^) -> ToNetmap($DEV);
