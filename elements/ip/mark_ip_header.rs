//! `MarkIPHeader`.

use pkgraph::elements::{Declare, Element, pull_until};
use pkgraph::runtime::{Edges, Packet};

/// Notes that the IP header starts OFFSET octets into the packet.
///
/// It looks at no octet of it: see [`CheckIPHeader`](crate::CheckIPHeader). A
/// packet that ends before OFFSET passes without the annotation. A packet that
/// shares its buffer is copied first; when no buffer is free for the copy, it
/// is dropped and counted.
#[derive(Declare)]
#[element(
    subject = "ip",
    ports = "1/1",
    processing = "a/a",
    input_docs("Packets with an IP header OFFSET octets in."),
    output_docs("The same packets, annotated."),
    writes(Network),
    example = "InfiniteSource(LIMIT 5, STOP true) -> MarkIPHeader(14) -> StripToNetworkHeader -> Discard"
)]
pub struct MarkIPHeader {
    /// Where the IP header starts, in octets from the start of the packet.
    #[arg(position, default = "0")]
    offset: usize,
    /// Packets dropped for want of a buffer.
    #[handler(unit = "packets", grows)]
    drops: u64,
}

impl Element for MarkIPHeader {
    #[inline]
    fn simple_action(&mut self, mut packet: Packet) -> Option<Packet> {
        if self.offset < packet.len() && packet.set_network_header(self.offset).is_err() {
            self.drops += 1;
            return None;
        }
        Some(packet)
    }

    #[inline]
    fn pull<E: Edges>(&mut self, port: usize, edges: &mut E) -> Option<Packet> {
        pull_until(port, edges, |packet, _| self.simple_action(packet))
    }
}
