//! `RoundRobinSwitch`.

use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::{Edges, Packet};

/// Sends packets to its outputs in turn.
#[derive(Declare)]
#[element(
    subject = "standard",
    ports = "1/1-",
    processing = "h/h",
    input_docs("Packets to share out."),
    output_docs("Every n-th packet, when there are n outputs."),
    example = "InfiniteSource(LIMIT 5, STOP true) -> s :: RoundRobinSwitch;
s[0] -> Discard;
s[1] -> Discard"
)]
pub struct RoundRobinSwitch {
    next: usize,
}

impl Element for RoundRobinSwitch {
    #[inline]
    fn push<E: Edges>(&mut self, _: usize, packet: Packet, edges: &mut E) {
        let port = self.next;
        self.next = if port + 1 < edges.outputs() { port + 1 } else { 0 };
        edges.push(port, packet);
    }
}
