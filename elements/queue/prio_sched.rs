//! `PrioSched`.

use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::{Edges, Packet};

/// Pulls from the first of its inputs that has a packet.
///
/// Input 0 goes first, always: as long as it has packets, the others wait.
#[derive(Declare)]
#[element(
    subject = "queue",
    ports = "-/1",
    processing = "l/l",
    input_docs("Packets to pull; the lower the number, the sooner."),
    output_docs("The packets of all inputs."),
    example = "InfiniteSource(LIMIT 5) -> Queue -> [0] s :: PrioSched;
InfiniteSource(LIMIT 9, STOP true) -> Queue -> [1] s;
s -> Unqueue -> Discard"
)]
pub struct PrioSched {}

impl Element for PrioSched {
    #[inline]
    fn pull<E: Edges>(&mut self, _: usize, edges: &mut E) -> Option<Packet> {
        (0..edges.inputs()).find_map(|port| edges.pull(port))
    }
}
