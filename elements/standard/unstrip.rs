//! `Unstrip`.

use pkgraph::elements::{Declare, Element, pull_until};
use pkgraph::runtime::{Edges, Packet};

/// Puts LENGTH octets at the front of packets: those that
/// [`Strip`](crate::Strip) took off, or whatever the buffer holds there.
///
/// A packet whose buffer has no LENGTH octets before the data is dropped and
/// counted.
#[derive(Declare)]
#[element(
    subject = "standard",
    ports = "1/1",
    processing = "a/a",
    input_docs("Stripped packets."),
    output_docs("The packets with LENGTH octets more at the front."),
    example = "InfiniteSource(LIMIT 5, STOP true) -> Strip(14) -> Counter -> Unstrip(14) -> Discard"
)]
pub struct Unstrip {
    /// Octets to put at the front.
    #[arg(position)]
    length: usize,
    /// Packets that had no room at the front.
    #[handler(unit = "packets", grows)]
    drops: u64,
}

impl Element for Unstrip {
    #[inline]
    fn simple_action(&mut self, mut packet: Packet) -> Option<Packet> {
        if packet.unpull_front(self.length) {
            return Some(packet);
        }
        self.drops += 1;
        None
    }

    #[inline]
    fn pull<E: Edges>(&mut self, port: usize, edges: &mut E) -> Option<Packet> {
        pull_until(port, edges, |packet, _| self.simple_action(packet))
    }
}
