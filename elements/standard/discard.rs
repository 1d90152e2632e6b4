//! `Discard`.

use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::{Burst, Edges, Packet, Progress};

/// Drops every packet.
///
/// Behind a pull output it pulls by itself, at most BURST packets at a time.
#[derive(Declare)]
#[element(
    subject = "standard",
    ports = "1/0",
    processing = "a/",
    input_docs("Packets to drop."),
    task,
    example = "InfiniteSource(LIMIT 5, STOP true) -> Discard",
    write_handler(reset_counts = Discard::reset, "Sets the count to 0.")
)]
pub struct Discard {
    /// Whether it pulls; only where its input is pull.
    #[arg(keyword, default = "true")]
    #[handler(write)]
    active: bool,
    /// Packets pulled each time it runs; only where its input is pull.
    #[arg(keyword, default = "1")]
    burst: Burst,
    /// Packets dropped.
    #[handler(unit = "packets", grows)]
    count: u64,
}

impl Discard {
    fn reset(&mut self, _: &str) -> Result<(), String> {
        self.count = 0;
        Ok(())
    }
}

impl Element for Discard {
    #[inline]
    fn simple_action(&mut self, packet: Packet) -> Option<Packet> {
        self.count += 1;
        drop(packet);
        None
    }

    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        if !self.active {
            return Progress::Idle;
        }
        let before = self.count;
        for _ in 0..self.burst.get() {
            if edges.pull(0).is_none() {
                break;
            }
            self.count += 1;
        }
        if self.count > before { Progress::Busy } else { Progress::Idle }
    }
}
