//! `Unqueue`.

use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::{Edges, Progress};

/// Pulls packets and pushes them on.
///
/// It pulls only what downstream has room for.
#[derive(Declare)]
#[element(
    subject = "queue",
    ports = "1/1",
    processing = "l/h",
    input_docs("Packets to pull."),
    output_docs("The same packets, pushed."),
    task,
    example = "InfiniteSource(LIMIT 5, STOP true) -> Queue -> Unqueue -> Discard",
    write_handler(reset = Unqueue::reset, "Sets the count to 0: another LIMIT packets follow.")
)]
pub struct Unqueue {
    /// Packets moved each time it runs; negative for all there are, but no
    /// more than 1024, so that other tasks run too.
    #[arg(position, default = "1")]
    burst: i32,
    /// Whether it pulls.
    #[arg(keyword, default = "true")]
    #[handler(write)]
    active: bool,
    /// Packets to move in all; negative for no limit.
    #[arg(keyword, default = "-1")]
    limit: i64,
    /// Packets moved.
    #[handler(unit = "packets", grows)]
    count: u64,
}

impl Unqueue {
    fn reset(&mut self, _: &str) -> Result<(), String> {
        self.count = 0;
        Ok(())
    }
}

impl Element for Unqueue {
    #[inline]
    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        if !self.active {
            return Progress::Idle;
        }
        let burst = u64::from(u32::try_from(self.burst).unwrap_or(1024));
        let most = match u64::try_from(self.limit) {
            Ok(limit) => limit.saturating_sub(self.count).min(burst),
            Err(_) => burst,
        };
        let (mut moved, mut blocked) = (0, false);
        while moved < most {
            if edges.room(0) == 0 {
                blocked = true;
                break;
            }
            let Some(packet) = edges.pull(0) else { break };
            edges.push(0, packet);
            moved += 1;
        }
        self.count += moved;
        match moved {
            0 if blocked => Progress::Blocked,
            0 => Progress::Idle,
            _ => Progress::Busy,
        }
    }
}
