//! `Strip`.

use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::Packet;

/// Takes LENGTH octets off the front of packets.
///
/// A packet that is shorter becomes empty. The octets stay in the buffer, so
/// [`Unstrip`](crate::Unstrip) can take them back.
#[derive(Declare)]
#[element(
    subject = "standard",
    ports = "1/1",
    processing = "a/a",
    input_docs("Packets to strip."),
    output_docs("The packets without their first LENGTH octets."),
    example = "InfiniteSource(LIMIT 5, STOP true) -> Strip(14) -> Discard"
)]
pub struct Strip {
    /// Octets to take off.
    #[arg(position)]
    length: usize,
}

impl Element for Strip {
    #[inline]
    fn simple_action(&mut self, mut packet: Packet) -> Option<Packet> {
        packet.pull_front(self.length);
        Some(packet)
    }
}
