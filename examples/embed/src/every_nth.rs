//! `EveryNth`.

use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::{ArgError, Packet};

/// Passes every Nth packet and drops the others.
#[derive(Declare)]
#[element(
    subject = "embed",
    ports = "1/1",
    processing = "a/a",
    validate = EveryNth::check,
    example = "InfiniteSource(LIMIT 100, STOP true) -> EveryNth(10) -> Discard"
)]
pub struct EveryNth {
    /// One packet of so many passes, the first of them.
    #[arg(position)]
    n: u32,
    /// Packets since the last that passed.
    since: u32,
}

impl EveryNth {
    fn check(&mut self) -> Result<(), ArgError> {
        match self.n {
            0 => Err(ArgError::argument("N", "one packet of none is not to be had")),
            _ => Ok(()),
        }
    }
}

impl Element for EveryNth {
    fn simple_action(&mut self, packet: Packet) -> Option<Packet> {
        let passes = self.since == 0;
        self.since = (self.since + 1) % self.n;
        passes.then_some(packet)
    }
}
