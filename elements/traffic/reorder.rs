//! `Reorder`.

use super::seconds::Seconds;
use pkgraph::elements::{Probability, Random};
use pkgraph::elements::fifo::{Fifo, MOST};
use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::{ArgError, Clock, Context, Edges, Nanos, Packet, Progress};
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
    validate = Reorder::check,
    example = "InfiniteSource(LIMIT 100) -> Reorder(0.05, DISTANCE 3, TIMEOUT 1ms)
    -> DriverManager(AFTER 100) -> Discard",
    read_handler(length = Reorder::length, "Packets that wait or are held back."),
    read_handler(drops = Reorder::drops, "Packets dropped because CAPACITY others waited.")
)]
pub struct Reorder {
    /// The probability that a packet is held back.
    #[arg(position)]
    #[handler(write)]
    p: Probability,
    /// How many packets overtake one that is held back.
    #[arg(keyword, default = "1")]
    distance: u32,
    /// How long a packet is held back at most.
    #[arg(keyword, default = "100ms")]
    #[handler(write)]
    timeout: Seconds,
    /// Packets that wait for room downstream at most.
    #[arg(keyword, default = "1000")]
    capacity: usize,
    /// Where its choices start; without it, at the element's number in the graph.
    #[arg(keyword)]
    seed: Option<u64>,
    /// Packets that came.
    #[handler]
    count: u64,
    /// Packets that were held back.
    #[handler]
    held: u64,
    random: Random,
    back: VecDeque<Held>,
    ready: Fifo,
    clock: Option<Rc<Clock>>,
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
    fn check(&mut self) -> Result<(), ArgError> {
        if self.distance == 0 || self.distance as usize > MOST {
            return Err(ArgError::argument("DISTANCE", format!("1 to {MOST}")));
        }
        if self.capacity > MOST {
            return Err(ArgError::argument("CAPACITY", format!("at most {MOST}")));
        }
        Ok(())
    }

    fn length(&self) -> usize {
        self.back.len() + self.ready.len()
    }

    fn drops(&self) -> u64 {
        self.ready.drops
    }

    fn now(&self) -> Nanos {
        self.clock.as_ref().map_or(0, |clock| clock.now())
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

impl Element for Reorder {
    fn init(&mut self, context: &mut Context) -> Result<(), String> {
        self.random = Random::new(self.seed.unwrap_or(context.node() as u64));
        self.clock = Some(context.clock());
        self.back.reserve(self.distance as usize);
        self.ready.reserve(self.capacity);
        Ok(())
    }

    #[inline]
    fn push<E: Edges>(&mut self, _: usize, packet: Packet, _: &mut E) {
        self.count += 1;
        if self.random.happens(self.p) {
            self.held += 1;
            let (until, since) = (self.count + u64::from(self.distance), self.now());
            // Those held back wait for at most `distance` packets, this one
            // included: there are never more.
            self.release(since);
            self.back.push_back(Held { packet, until, since });
        } else {
            self.ready.push(packet, self.capacity);
            self.release(self.now());
        }
    }

    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        self.release(self.now());
        let mut progress = Progress::Idle;
        for _ in 0..BURST {
            if self.ready.len() == 0 {
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
