//! `Reorder`.

use super::seconds::Seconds;
use pkgraph::elements::fifo::{Fifo, MOST, check_capacity};
use pkgraph::elements::{Arguments, Declare, Element, Probability, Random, Start};
use pkgraph::runtime::{ArgError, BoxError, Clock, Context, Edges, Nanos, Packet, Progress};
use std::collections::VecDeque;
use std::rc::Rc;

/// Lets some packets fall behind others, as a network does.
///
/// With probability P a packet is held back until DISTANCE others have come
/// after it; when those do not come within TIMEOUT, it goes on all the same.
/// The order is decided as packets come; they leave as downstream has room,
/// and CAPACITY of them wait for that at most.
///
/// With the same SEED it holds the same packets back in every run.
#[derive(Declare)]
#[element(
    subject = "traffic",
    ports = "1/1",
    processing = "h/h",
    input_docs("Packets in order."),
    output_docs("The packets, some later than others that came after them."),
    task,
    // It stores, so nobody has to ask for the room behind it.
    limited,
    declared = ReorderArgs,
    example = "InfiniteSource(LIMIT 100) -> Reorder(0.05, DISTANCE 3, TIMEOUT 1ms)
    -> DriverManager(AFTER 100) -> Discard",
    read_handler(length = Reorder::length, "Packets that wait or are held back.", unit = "packets"),
    read_handler(drops = Reorder::drops, "Packets dropped because CAPACITY others waited.", unit = "packets", grows)
)]
pub struct Reorder {
    /// The probability that a packet is held back.
    #[handler(write)]
    p: Probability,
    distance: u32,
    /// How long a packet is held back at most.
    #[handler(write, unit = "seconds")]
    timeout: Seconds,
    capacity: usize,
    /// Packets that came.
    #[handler(unit = "packets", grows)]
    count: u64,
    /// Packets that were held back.
    #[handler(unit = "packets", grows)]
    held: u64,
    random: Random,
    back: VecDeque<Held>,
    ready: Fifo,
    clock: Rc<Clock>,
}

/// The arguments of [`Reorder`].
#[derive(Arguments)]
#[arguments(validate = ReorderArgs::check)]
pub struct ReorderArgs {
    /// The probability that a packet is held back.
    #[arg(position)]
    p: Probability,
    /// How many packets overtake one that is held back.
    #[arg(keyword, default = "1")]
    distance: u32,
    /// How long a packet is held back at most.
    #[arg(keyword, default = "100ms")]
    timeout: Seconds,
    /// Packets that wait for room downstream at most.
    #[arg(keyword, default = "1000")]
    capacity: usize,
    /// Where its choices start; without it, at the element's number in the graph.
    #[arg(keyword)]
    seed: Option<u64>,
}

impl ReorderArgs {
    fn check(&mut self) -> Result<(), ArgError> {
        if self.distance == 0 || self.distance as usize > MOST {
            return Err(ArgError::argument("DISTANCE", format!("1 to {MOST}")));
        }
        check_capacity(self.capacity)
    }
}

/// A packet that is held back.
struct Held {
    packet: Packet,
    /// The count at which it goes on.
    until: u64,
    since: Nanos,
}

/// Packets of one run at most, so that other tasks run too.
const BURST: usize = 256;

impl Reorder {
    fn length(&self) -> usize {
        self.back.len() + self.ready.len()
    }

    fn drops(&self) -> u64 {
        self.ready.drops
    }

    /// Lets those go on that have been held back long enough.
    #[inline]
    fn release(&mut self, now: Nanos) {
        while let Some(first) = self.back.front()
            && (first.until <= self.count || first.since.saturating_add(self.timeout.0) <= now)
            && let Some(first) = self.back.pop_front()
        {
            self.ready.push(first.packet, self.capacity);
        }
    }
}

impl Start for Reorder {
    fn start(args: ReorderArgs, context: &mut Context) -> Result<Reorder, BoxError> {
        let ReorderArgs { p, distance, timeout, capacity, seed } = args;
        Ok(Reorder {
            p,
            distance,
            timeout,
            capacity,
            count: 0,
            held: 0,
            random: Random::of(seed, context),
            back: VecDeque::with_capacity(distance as usize),
            ready: Fifo::with_capacity(capacity),
            clock: context.clock(),
        })
    }
}

impl Element for Reorder {
    #[inline]
    fn push<E: Edges>(&mut self, _: usize, packet: Packet, _: &mut E) {
        self.count += 1;
        if self.p.happens(&mut self.random) {
            self.held += 1;
            let (until, since) = (self.count + u64::from(self.distance), self.clock.now());
            // Those held back wait for at most `distance` packets, this one
            // included: there are never more.
            self.release(since);
            self.back.push_back(Held { packet, until, since });
        } else {
            self.ready.push(packet, self.capacity);
            self.release(self.clock.now());
        }
    }

    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        self.release(self.clock.now());
        let mut progress = Progress::Idle;
        for _ in 0..BURST {
            if self.ready.is_empty() {
                break;
            }
            if edges.room(0) == 0 {
                return if progress == Progress::Busy { progress } else { Progress::Blocked };
            }
            if let Some(packet) = self.ready.pop() {
                edges.push(0, packet);
                progress = Progress::Busy;
            }
        }
        match self.back.front() {
            Some(first) if progress == Progress::Idle => {
                Progress::Until(first.since.saturating_add(self.timeout.0))
            }
            _ => progress,
        }
    }
}
