//! `EtherEncap`.

use super::EtherAddress;
use pkgraph::elements::{Declare, Element, pull_until};
use pkgraph::runtime::{Edges, Packet};

/// Puts an Ethernet header before packets.
///
/// A packet that shares its buffer is copied first, and one without 14 octets
/// of headroom is moved within its buffer; where neither is possible, it is
/// dropped and counted.
#[derive(Declare)]
#[element(
    subject = "ethernet",
    ports = "1/1",
    processing = "a/a",
    input_docs("What frames are to carry, such as IP packets."),
    output_docs("Ethernet frames, without a check sequence."),
    example = "InfiniteSource(LIMIT 5, STOP true)
    -> EtherEncap(0x0800, 1:1:1:1:1:1, 2:2:2:2:2:2) -> Discard"
)]
pub struct EtherEncap {
    /// The type of what follows, such as 0x0800 for IPv4.
    #[arg(position)]
    #[handler(write)]
    ethertype: u16,
    /// The source address.
    #[arg(position)]
    #[handler(write)]
    src: EtherAddress,
    /// The destination address.
    #[arg(position)]
    #[handler(write)]
    dst: EtherAddress,
    /// Packets dropped for want of a buffer or of room in it.
    #[handler(unit = "packets", grows)]
    drops: u64,
}

impl Element for EtherEncap {
    #[inline]
    fn simple_action(&mut self, mut packet: Packet) -> Option<Packet> {
        match packet.prepend(14) {
            Some(frame) => {
                frame[..6].copy_from_slice(&self.dst.0);
                frame[6..12].copy_from_slice(&self.src.0);
                frame[12..14].copy_from_slice(&self.ethertype.to_be_bytes());
                Some(packet)
            }
            None => {
                self.drops += 1;
                None
            }
        }
    }

    #[inline]
    fn pull<E: Edges>(&mut self, port: usize, edges: &mut E) -> Option<Packet> {
        pull_until(port, edges, |packet, _| self.simple_action(packet))
    }
}
