//! `Idle`.

use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::{Edges, Packet};

/// Never sends a packet, and drops what it is given.
///
/// It fills ports that have to be connected: as a source that stays silent, or
/// as a sink that counts nothing. One `Idle` is either push on all of its
/// ports or pull on all of them.
#[derive(Declare)]
#[element(
    subject = "standard",
    ports = "-/-",
    processing = "a/a",
    input_docs("Packets to drop; what is behind a pull input stays there."),
    output_docs("Never a packet."),
    example = "InfiniteSource(LIMIT 5, STOP true) -> s :: Switch(1);
s[0] -> Idle;
s[1] -> j :: Counter -> Discard;
Idle -> j"
)]
pub struct Idle {}

impl Element for Idle {
    #[inline]
    fn push<E: Edges>(&mut self, _: usize, packet: Packet, _: &mut E) {
        drop(packet);
    }

    #[inline]
    fn pull<E: Edges>(&mut self, _: usize, _: &mut E) -> Option<Packet> {
        None
    }
}
