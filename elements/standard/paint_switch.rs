//! `PaintSwitch`.

use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::{Edges, Packet};

/// Sends a packet to the output that its paint annotation says.
///
/// An unpainted packet counts as painted 0, one painted 255 goes to every
/// output, and one for whose colour there is no output is dropped and counted.
#[derive(Declare)]
#[element(
    subject = "standard",
    ports = "1/1-255",
    processing = "h/h",
    input_docs("Painted packets."),
    output_docs("Packets painted with the number of the output, or 255."),
    fan_all,
    example = "InfiniteSource(LIMIT 5, STOP true) -> Paint(1) -> s :: PaintSwitch;
s[0] -> Discard;
s[1] -> Discard",
    reads(Paint)
)]
pub struct PaintSwitch {
    /// Packets of a colour that has no output.
    #[handler(unit = "packets", grows)]
    drops: u64,
}

impl Element for PaintSwitch {
    #[inline]
    fn push<E: Edges>(&mut self, _: usize, packet: Packet, edges: &mut E) {
        match packet.annotations().paint().unwrap_or(0) {
            255 => super::tee::push_to_all(packet, edges),
            port if usize::from(port) < edges.outputs() => edges.push(port.into(), packet),
            _ => self.drops += 1,
        }
    }
}
