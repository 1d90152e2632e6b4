//! `Paint`.

use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::Packet;

/// Sets the paint annotation of packets.
///
/// A packet that shares its buffer is copied first; when no buffer is free for
/// the copy, it is dropped and counted.
#[derive(Declare)]
#[element(
    subject = "standard",
    ports = "1/1",
    processing = "a/a",
    input_docs("Packets to paint."),
    output_docs("The same packets, painted."),
    example = "InfiniteSource(LIMIT 5, STOP true) -> Paint(2) -> Discard",
    writes(Paint)
)]
pub struct Paint {
    /// The colour, 0 to 255.
    #[arg(position)]
    #[handler(write)]
    color: u8,
    /// Packets dropped for want of a buffer.
    #[handler(unit = "packets", grows)]
    drops: u64,
}

impl Paint {}

impl Element for Paint {
    #[inline]
    fn simple_action(&mut self, mut packet: Packet) -> Option<Packet> {
        match packet.annotations_mut() {
            Ok(annotations) => {
                annotations.set_paint(self.color);
                Some(packet)
            }
            Err(_) => {
                self.drops += 1;
                None
            }
        }
    }
}
