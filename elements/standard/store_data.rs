//! `StoreData`.

use pkgraph::elements::{Declare, Element, pull_until};
use pkgraph::runtime::{Edges, Packet};

/// Overwrites octets of packets with DATA, from OFFSET on.
///
/// What would be past the end of the packet is not written. A packet that
/// shares its buffer is copied first; when no buffer is free for the copy, it
/// is dropped and counted.
#[derive(Declare)]
#[element(
    subject = "standard",
    ports = "1/1",
    processing = "a/a",
    input_docs("Packets to overwrite."),
    output_docs("The packets, overwritten."),
    example = "InfiniteSource(LIMIT 5, STOP true) -> StoreData(0, \\<0800>) -> Discard"
)]
pub struct StoreData {
    /// Where to write, in octets from the start of the packet.
    #[arg(position)]
    offset: usize,
    /// The octets.
    #[arg(position)]
    data: Vec<u8>,
    /// Packets dropped for want of a buffer.
    #[handler(unit = "packets", grows)]
    drops: u64,
}

impl Element for StoreData {
    #[inline]
    fn simple_action(&mut self, mut packet: Packet) -> Option<Packet> {
        let room = packet.len().saturating_sub(self.offset);
        let n = self.data.len().min(room);
        if n > 0 {
            match packet.data_mut() {
                Ok(octets) => octets[self.offset..][..n].copy_from_slice(&self.data[..n]),
                Err(_) => {
                    self.drops += 1;
                    return None;
                }
            }
        }
        Some(packet)
    }

    #[inline]
    fn pull<E: Edges>(&mut self, port: usize, edges: &mut E) -> Option<Packet> {
        pull_until(port, edges, |packet, _| self.simple_action(packet))
    }
}
