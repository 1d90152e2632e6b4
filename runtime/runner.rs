//! The loop: rounds of all tasks, flushes, and the wait when there is nothing
//! to do.

use crate::world::{Descriptor, World};
use crate::{Alarm, Clock, Context, EngineError, Graph, Nanos, Plan, Progress, Region, StartError};
use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tracing::warn;

/// Rounds between looks at the clock and at descriptors while there is work.
const BUSY_ROUNDS: u32 = 32;

/// Busy rounds without a step of virtual time after which that is said.
const STANDING_ROUNDS: u32 = 1 << 20;

/// A started graph and the state of its tasks.
pub struct Runner<G> {
    graph: G,
    tasks: Vec<Task>,
    world: Rc<dyn World>,
    clock: Rc<Clock>,
    alarm: Rc<Alarm>,
    stop: Rc<Cell<bool>>,
    /// Whether packets wait on back edges.
    backlog: bool,
    /// How long to look for work before sleeping.
    spin: Nanos,
    /// Since when there has been none.
    idle_since: Option<Nanos>,
    waits: Arc<AtomicU64>,
    /// Those that nobody has been told of when they were empty.
    regions: Vec<&'static Region>,
    /// When a run in virtual time ends.
    end: Nanos,
}

/// A task with descriptors runs while one of them may have something for it;
/// one without runs in every round.
struct Task {
    watched: bool,
    ready: bool,
    deadline: Option<Nanos>,
}

impl Task {
    fn new() -> Task {
        Task { watched: false, ready: true, deadline: None }
    }
}

/// The token of a descriptor that belongs to no task.
const FOREIGN: u64 = u64::MAX;

impl<G: Graph> Runner<G> {
    /// Starts the graph of `plan` by `start`, and the loop around it.
    pub fn start(
        plan: &Plan,
        context: &mut Context,
        start: impl FnOnce(&Plan, &mut Context) -> Result<G, StartError>,
    ) -> Result<Runner<G>, StartError> {
        let graph = start(plan, context)?;
        let world = context.world();
        let mut tasks: Vec<Task> = plan.tasks.iter().map(|_| Task::new()).collect();
        for watch in context.watches() {
            let Some(task) = plan.tasks.iter().position(|node| *node == watch.node) else {
                continue;
            };
            if context.clock().is_virtual() {
                let why = "it waits for something outside of the graph, and in virtual time \
                           (--simtime) nothing is outside: its class should declare `outside`";
                return Err(StartError::at(watch.node, why));
            }
            tasks[task].watched = true;
            world
                .watch(watch.fd, watch.write, task as u64)
                .map_err(|error| StartError::at(watch.node, EngineError::Poll(error)))?;
        }
        let (clock, alarm, stop) = (context.clock(), context.alarm(), context.stop());
        let spin = Nanos::try_from(context.spin().as_nanos()).unwrap_or(Nanos::MAX);
        let (backlog, idle_since, waits) = (false, None, context.waits());
        let regions = context.regions().to_vec();
        Ok(Runner {
            graph,
            tasks,
            world,
            clock,
            alarm,
            stop,
            backlog,
            spin,
            idle_since,
            waits,
            regions,
            end: context.end(),
        })
    }

    /// The graph.
    pub fn graph(&self) -> &G {
        &self.graph
    }

    /// The graph, between rounds.
    pub fn graph_mut(&mut self) -> &mut G {
        &mut self.graph
    }

    /// Ends the wait of [`run`](Runner::run) whenever `fd` becomes readable.
    pub fn wake_on(&self, fd: Descriptor) -> Result<(), StartError> {
        let watched = self.world.watch(fd, false, FOREIGN);
        watched.map_err(|error| StartError::outside(EngineError::Poll(error)))
    }

    /// Runs every task that may have work once; whether any had.
    pub fn round(&mut self) -> bool {
        let mut progress = self.backlog;
        if self.backlog {
            self.end_burst();
        }
        for number in 0..self.tasks.len() {
            if self.stop.get() {
                break;
            }
            let task = &mut self.tasks[number];
            if task.watched && !task.ready {
                continue;
            }
            let outcome = self.graph.run(number);
            task.ready = matches!(outcome, Progress::Busy | Progress::Blocked);
            task.deadline = match outcome {
                Progress::Until(time) => Some(time),
                _ => None,
            };
            progress |= matches!(outcome, Progress::Busy | Progress::Drained);
            // A task that stopped for want of room has sent what there was
            // room for, and that must not wait.
            if outcome != Progress::Idle {
                self.end_burst();
            }
        }
        progress
    }

    /// After a burst: packets on back edges go on, then everything is sent. A
    /// packet that circles for ever holds up neither: the drain is bounded,
    /// and what is left waits for the next burst.
    #[inline]
    fn end_burst(&mut self) {
        self.backlog = self.graph.drain();
        self.graph.flush();
        self.clock.flush_ended();
    }

    /// Whether to look for work again, and not to sleep yet.
    #[inline]
    fn is_spinning(&mut self) -> bool {
        if self.spin == 0 {
            return false;
        }
        let now = self.clock.precise();
        let since = *self.idle_since.get_or_insert(now);
        now.saturating_sub(since) < self.spin
    }

    /// Runs until an element stops the run or `between`, called after every
    /// round, says so by returning false. In virtual time it also ends when no
    /// task has work and none waits for a timer, or when it has taken its time.
    pub fn run(&mut self, mut between: impl FnMut(&mut G) -> bool) -> io::Result<()> {
        let (mut rounds, mut standing) = (0u32, 0u32);
        loop {
            let progress = self.round();
            if self.stop.get() || !between(&mut self.graph) {
                return Ok(());
            }
            rounds = rounds.wrapping_add(1);
            if !progress && self.clock.is_virtual() {
                if !self.leap() {
                    self.tell_of_empty_regions();
                    return Ok(());
                }
                standing = 0;
                continue;
            }
            if !progress {
                let timeout = self.is_spinning().then_some(Duration::ZERO);
                if timeout.is_none() {
                    self.tell_of_empty_regions();
                }
                self.wait(timeout)?;
                continue;
            }
            self.idle_since = None;
            if rounds.is_multiple_of(BUSY_ROUNDS) {
                if self.clock.is_virtual() {
                    standing = standing.saturating_add(BUSY_ROUNDS);
                    tell_of_standing(standing);
                } else {
                    self.wait(Some(Duration::ZERO))?;
                }
            }
        }
    }

    /// Says, once for each region, that no packet can come in because none leaves: without
    /// this line such a graph looks as if it had no traffic.
    fn tell_of_empty_regions(&mut self) {
        self.regions.retain(|region| {
            let is_empty = region.exhausted() > 0 && region.available() == 0;
            if is_empty {
                let buffers = region.owned();
                warn!(
                    buffers,
                    "the graph waits while packets have all {buffers} buffers of a region: an \
                     element keeps packets, or a queue holds more than there are buffers"
                );
            }
            !is_empty
        });
    }

    /// Runs without waiting until no task has work, or for `rounds` rounds;
    /// whether it came to rest. For tests, with a manual clock.
    pub fn settle(&mut self, rounds: usize) -> io::Result<bool> {
        for _ in 0..rounds {
            let progress = self.round();
            let woken = self.wait(Some(Duration::ZERO))?;
            if self.stop.get() || !(progress || woken) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Waits for descriptors and timers, for `at_most` or as long as it takes;
    /// whether a task has become ready.
    fn wait(&mut self, at_most: Option<Duration>) -> io::Result<bool> {
        let until_timer = self
            .next_timer()
            .map(|deadline| Duration::from_nanos(deadline.saturating_sub(self.clock.precise())));
        let timeout = match (at_most, until_timer) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        // One thread writes, so that no locked instruction is needed.
        self.waits.store(self.waits.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        let tasks = &mut self.tasks;
        let mut woken = false;
        self.world.wait(timeout, &mut |token| {
            if let Some(task) = tasks.get_mut(token as usize) {
                task.ready = true;
                woken = true;
            }
        })?;
        Ok(self.wake_by_timers() || woken)
    }

    /// The time for which a task waits, or an element that is pulled: the earliest.
    fn next_timer(&self) -> Option<Nanos> {
        let deadlines = self.tasks.iter().filter_map(|task| task.deadline);
        deadlines.chain(self.alarm.time()).min()
    }

    /// Makes the tasks ready whose time has come; whether there are any.
    fn wake_by_timers(&mut self) -> bool {
        let now = self.clock.precise();
        let mut woken = self.alarm.rings(now);
        for task in &mut self.tasks {
            if task.deadline.is_some_and(|deadline| deadline <= now) {
                task.ready = true;
                woken = true;
            }
        }
        woken
    }

    /// Moves a virtual clock to the next timer. If there is none before the end, the
    /// clock goes to the end and the answer is false.
    fn leap(&mut self) -> bool {
        let (now, next) = (self.clock.now(), self.next_timer());
        let to = match next.filter(|time| *time <= self.end) {
            Some(time) => time,
            // Without an end and a timer time goes nowhere.
            None if self.end == Nanos::MAX => now,
            None => self.end,
        };
        self.clock.advance(to.saturating_sub(now));
        self.wake_by_timers();
        next.is_some_and(|time| time <= self.end)
    }
}

/// Says once that a graph has been busy for so many rounds at one time that no timer
/// may ever come.
fn tell_of_standing(rounds: u32) {
    if rounds == STANDING_ROUNDS {
        warn!(
            "virtual time stands still: the graph always has something to do, so no timer \
             becomes due"
        );
    }
}

#[cfg(test)]
#[path = "runner_tests.rs"]
mod tests;
