//! `RoundRobinSched`.

use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::{Edges, Packet};

/// Pulls from its inputs in turn.
///
/// When it is pulled it asks one input after the other, from the one after
/// that which last had a packet, until one has.
#[derive(Declare)]
#[element(
    subject = "queue",
    ports = "-/1",
    processing = "l/l",
    input_docs("Packets to pull in turn."),
    output_docs("The packets of all inputs."),
    example = "InfiniteSource(LIMIT 5) -> Queue -> [0] s :: RoundRobinSched;
InfiniteSource(LIMIT 9, STOP true) -> Queue -> [1] s;
s -> Unqueue -> Discard"
)]
pub struct RoundRobinSched {
    next: usize,
}

impl Element for RoundRobinSched {
    #[inline]
    fn pull<E: Edges>(&mut self, _: usize, edges: &mut E) -> Option<Packet> {
        let inputs = edges.inputs();
        let mut port = self.next;
        for _ in 0..inputs {
            let packet = edges.pull(port);
            port = if port + 1 < inputs { port + 1 } else { 0 };
            if packet.is_some() {
                self.next = port;
                return packet;
            }
        }
        None
    }
}
