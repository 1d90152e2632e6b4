//! `DelayUnqueue`.

use super::seconds::Seconds;
use pkgraph::elements::{Arguments, Declare, Element, Start};
use pkgraph::runtime::{BoxError, Clock, Context, Edges, Nanos, Packet, Progress};
use std::rc::Rc;

/// Pulls packets and pushes each on when it is DELAY old.
///
/// A packet's age counts from its timestamp annotation, or from when it was
/// pulled if it has none. It leaves with the time at which it was due as its
/// timestamp. One packet is held at a time: the others stay where they are
/// pulled from.
///
/// A packet that shares its buffer is copied first; when no buffer is free for
/// the copy, it is dropped and counted.
#[derive(Declare)]
#[element(
    subject = "traffic",
    ports = "1/1",
    processing = "l/h",
    input_docs("Packets to pull."),
    output_docs("The packets, when they are DELAY old."),
    task,
    declared = DelayUnqueueArgs,
    reads(Timestamp),
    writes(Timestamp),
    example = "RatedSource(RATE 1000, LIMIT 5) -> Queue -> DelayUnqueue(5ms)
    -> DriverManager(AFTER 5) -> Discard"
)]
pub struct DelayUnqueue {
    /// How old a packet is when it goes on.
    #[handler(write, unit = "seconds")]
    delay: Seconds,
    /// Packets dropped for want of a buffer.
    #[handler(unit = "packets", grows)]
    drops: u64,
    /// The packet that waits, and when it became 0 old.
    held: Option<(Nanos, Packet)>,
    clock: Rc<Clock>,
}

/// The arguments of [`DelayUnqueue`].
#[derive(Arguments)]
pub struct DelayUnqueueArgs {
    /// How old a packet is when it goes on.
    #[arg(position)]
    delay: Seconds,
}

/// Packets of one run at most, so that other tasks run too.
const BURST: usize = 256;

impl DelayUnqueue {
    /// The packet that goes on next and when it is due, pulled if none is
    /// held.
    #[inline]
    fn next<E: Edges>(&mut self, now: Nanos, edges: &mut E) -> Option<Nanos> {
        if self.held.is_none() {
            let packet = edges.pull(0)?;
            self.held = Some((packet.annotations().timestamp().unwrap_or(now), packet));
        }
        self.held.as_ref().map(|(since, _)| since.saturating_add(self.delay.0))
    }
}

impl Start for DelayUnqueue {
    fn start(args: DelayUnqueueArgs, context: &mut Context) -> Result<DelayUnqueue, BoxError> {
        Ok(DelayUnqueue { delay: args.delay, drops: 0, held: None, clock: context.clock() })
    }
}

impl Element for DelayUnqueue {
    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        let now = self.clock.now();
        let mut progress = Progress::Idle;
        for _ in 0..BURST {
            let due = match self.next(now, edges) {
                Some(due) if due <= now => due,
                Some(due) if progress == Progress::Idle => return Progress::Until(due),
                _ => break,
            };
            if edges.room(0) == 0 {
                return if progress == Progress::Busy { progress } else { Progress::Blocked };
            }
            if let Some((_, mut packet)) = self.held.take() {
                progress = Progress::Busy;
                match packet.annotations_mut() {
                    Ok(annotations) => {
                        annotations.set_timestamp(due);
                        edges.push(0, packet);
                    }
                    Err(_) => self.drops += 1,
                }
            }
        }
        progress
    }
}
