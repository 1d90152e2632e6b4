//! `Counter`.

use crate::{Declare, Element};
use pkgraph_runtime::Packet;

/// Counts the packets and octets that pass.
#[derive(Declare)]
#[element(
    subject = "standard",
    ports = "1/1",
    processing = "a/a",
    example = "InfiniteSource(LIMIT 5, STOP true) -> Counter -> Discard",
    write_handler(reset = Counter::reset, "Sets both counts to 0."),
    write_handler(reset_counts = Counter::reset, "The same as reset.")
)]
pub struct Counter {
    /// Packets since the last reset.
    #[handler]
    count: u64,
    /// Octets since the last reset.
    #[handler]
    byte_count: u64,
}

impl Counter {
    fn reset(&mut self, _: &str) -> Result<(), String> {
        (self.count, self.byte_count) = (0, 0);
        Ok(())
    }
}

impl Element for Counter {
    #[inline]
    fn simple_action(&mut self, packet: Packet) -> Option<Packet> {
        self.count += 1;
        self.byte_count += packet.len() as u64;
        Some(packet)
    }
}
