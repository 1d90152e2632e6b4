//! `StripToNetworkHeader`.

use pkgraph::elements::{Declare, Element, pull_until};
use pkgraph::runtime::{Edges, Packet};

/// Takes off all that is before the network header.
///
/// The network header annotation says where that is; when the header has been
/// stripped itself, the packet grows back to it. A packet without the
/// annotation is dropped and counted.
#[derive(Declare)]
#[element(
    subject = "standard",
    ports = "1/1",
    processing = "a/a",
    input_docs("Packets with a network header annotation."),
    output_docs("The packets, starting with their network header."),
    requires(Network),
    example = "InfiniteSource(LIMIT 5, STOP true) -> MarkIPHeader(14) -> StripToNetworkHeader -> Discard"
)]
pub struct StripToNetworkHeader {
    /// Packets without a network header.
    #[handler(unit = "packets", grows)]
    drops: u64,
}

impl Element for StripToNetworkHeader {
    #[inline]
    fn simple_action(&mut self, mut packet: Packet) -> Option<Packet> {
        match packet.network_offset() {
            Some(offset) if offset >= 0 => packet.pull_front(offset as usize),
            Some(offset) if packet.unpull_front(offset.unsigned_abs() as usize) => {}
            _ => {
                self.drops += 1;
                return None;
            }
        }
        Some(packet)
    }

    #[inline]
    fn pull<E: Edges>(&mut self, port: usize, edges: &mut E) -> Option<Packet> {
        pull_until(port, edges, |packet, _| self.simple_action(packet))
    }
}
