//! `Delay`.

use super::seconds::Seconds;
use pkgraph::elements::fifo::check_capacity;
use pkgraph::elements::{Arguments, Declare, Element, Start};
use pkgraph::runtime::{ArgError, BoxError, Clock, Context, Edges, Nanos, Packet, Progress};
use std::collections::VecDeque;
use std::rc::Rc;

/// Passes packets on DELAY after they came, in the same order.
///
/// It stores them meanwhile; one that comes while CAPACITY packets are stored
/// is dropped.
///
/// The time counts from when the packet came here, not from its timestamp
/// annotation, which stays as it is: unlike
/// [`DelayUnqueue`](crate::DelayUnqueue), and as a long cable does.
#[derive(Declare)]
#[element(
    subject = "traffic",
    ports = "1/1",
    processing = "h/h",
    input_docs("Packets to delay."),
    output_docs("The packets, DELAY after they came."),
    task,
    // It stores, so nobody has to ask for the room behind it.
    limited,
    declared = DelayArgs,
    example = "RatedSource(RATE 1000, LIMIT 5) -> Delay(5ms) -> DriverManager(AFTER 5) -> Discard",
    read_handler(length = Delay::length, "Packets stored now.", unit = "packets"),
    write_handler(reset_counts = Delay::reset_counts, "Sets drops and highwater_length to 0.")
)]
pub struct Delay {
    /// The time that each packet is stored.
    #[handler(write, unit = "seconds")]
    delay: Seconds,
    /// Packets stored at most.
    #[handler(unit = "packets")]
    capacity: usize,
    /// The most packets that were ever stored at once.
    #[handler(unit = "packets")]
    highwater_length: usize,
    /// Packets dropped because CAPACITY packets were stored.
    #[handler(unit = "packets", grows)]
    drops: u64,
    /// Each with the time when it came.
    stored: VecDeque<(Nanos, Packet)>,
    clock: Rc<Clock>,
}

/// The arguments of [`Delay`].
#[derive(Arguments)]
#[arguments(validate = DelayArgs::check)]
pub struct DelayArgs {
    /// The time that each packet is stored.
    #[arg(position)]
    delay: Seconds,
    /// Packets stored at most.
    #[arg(keyword, default = "1000")]
    capacity: usize,
}

impl DelayArgs {
    fn check(&mut self) -> Result<(), ArgError> {
        check_capacity(self.capacity)
    }
}

/// Packets of one run at most, so that other tasks run too.
const BURST: usize = 256;

impl Delay {
    fn length(&self) -> usize {
        self.stored.len()
    }

    fn reset_counts(&mut self, _: &str) -> Result<(), String> {
        (self.drops, self.highwater_length) = (0, 0);
        Ok(())
    }

    /// When the first packet is due.
    #[inline]
    fn due(&self) -> Option<Nanos> {
        self.stored.front().map(|(came, _)| came.saturating_add(self.delay.0))
    }
}

impl Start for Delay {
    fn start(args: DelayArgs, context: &mut Context) -> Result<Delay, BoxError> {
        Ok(Delay {
            delay: args.delay,
            capacity: args.capacity,
            highwater_length: 0,
            drops: 0,
            stored: VecDeque::with_capacity(args.capacity),
            clock: context.clock(),
        })
    }
}

impl Element for Delay {
    #[inline]
    fn push<E: Edges>(&mut self, _: usize, packet: Packet, _: &mut E) {
        if self.stored.len() >= self.capacity {
            self.drops += 1;
            return;
        }
        self.stored.push_back((self.clock.now(), packet));
        self.highwater_length = self.highwater_length.max(self.stored.len());
    }

    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        let now = self.clock.now();
        let mut progress = Progress::Idle;
        for _ in 0..BURST {
            match self.due() {
                Some(due) if due <= now => {}
                Some(due) if progress == Progress::Idle => return Progress::Until(due),
                _ => break,
            }
            if edges.room(0) == 0 {
                return if progress == Progress::Busy { progress } else { Progress::Blocked };
            }
            if let Some((_, packet)) = self.stored.pop_front() {
                edges.push(0, packet);
                progress = Progress::Busy;
            }
        }
        progress
    }
}
