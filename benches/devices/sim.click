// The switch between two ends of a wire in memory: sfu_netmap.click without a
// host, which such a port has not.
define($DEV sim0:a);

FromNetmap($DEV, SLOTS 128, BUFS 128)
    -> class :: Classifier(MEDIA 5004, CONTROL 5005);

class [media] -> [media] sfu :: SsidReplicate;
class [control] -> [control] sfu;

sfu -> ToNetmap($DEV);

class [host] -> Discard;
