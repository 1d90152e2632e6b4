//! The loop in virtual time and in a world of a test, around a graph of one task.

use super::*;
use crate::{EngineDrops, HandlerError, NodeId, Value};
use std::cell::RefCell;

/// A graph that waits for each of these times in turn, and notes when it ran.
struct Waits {
    times: Vec<Nanos>,
    clock: Rc<Clock>,
    ran: Vec<Nanos>,
}

impl Graph for Waits {
    fn run(&mut self, _: usize) -> Progress {
        self.ran.push(self.clock.precise());
        self.times.pop().map_or(Progress::Idle, Progress::Until)
    }

    fn drain(&mut self) -> bool {
        false
    }

    fn flush(&mut self) {}

    fn read(&self, _: NodeId, _: &str) -> Result<Value, HandlerError> {
        Err(HandlerError::Unknown)
    }

    fn write(&mut self, _: NodeId, _: &str, _: &str) -> Result<(), HandlerError> {
        Err(HandlerError::Unknown)
    }

    fn dropped(&self) -> EngineDrops {
        EngineDrops::default()
    }
}

fn plan() -> Plan {
    let (nodes, order, flushes, back_edges) = (vec![], vec![], vec![], vec![]);
    Plan { nodes, order, tasks: vec![0], flushes, back_edges }
}

/// When the task runs, and the time at the end, which is at `end` at the latest.
fn run(times: &[Nanos], end: Nanos) -> (Vec<Nanos>, Nanos) {
    let mut context = Context::new(Clock::virtual_time(), Region::new(1, 128));
    context.set_end(end);
    // Nobody would wait so long.
    context.set_spin(Duration::from_secs(1 << 30));
    let clock = context.clock();
    let times = times.iter().rev().copied().collect();
    let graph = Waits { times, clock: clock.clone(), ran: Vec::new() };
    let mut runner = Runner::start(&plan(), &mut context, |_, _| Ok(graph)).unwrap();
    runner.run(|_| true).unwrap();
    (runner.graph().ran.clone(), clock.now())
}

#[test]
fn time_is_that_of_the_next_timer() {
    const YEAR: Nanos = 365 * 24 * 3600 * 1_000_000_000;
    assert_eq!(run(&[5, 5, YEAR], Nanos::MAX), (vec![0, 5, 5, YEAR], YEAR));
    assert_eq!(run(&[], Nanos::MAX), (vec![0], 0));
    // What is due at the end still runs.
    assert_eq!(run(&[5, 10, 11], 10), (vec![0, 5, 10], 10));
    assert_eq!(run(&[], 10), (vec![0], 10));
}

#[test]
fn an_alarm_is_a_timer() {
    let mut context = Context::new(Clock::virtual_time(), Region::new(1, 128));
    let (clock, alarm) = (context.clock(), context.alarm());
    let graph = Waits { times: vec![9], clock: clock.clone(), ran: Vec::new() };
    let mut runner = Runner::start(&plan(), &mut context, |_, _| Ok(graph)).unwrap();
    alarm.at(7);
    runner.run(|_| true).unwrap();
    assert_eq!(runner.graph().ran, [0, 7]);
}

#[test]
fn a_descriptor_is_refused_in_virtual_time() {
    let mut context = Context::new(Clock::virtual_time(), Region::new(1, 128));
    let outcome = Runner::start(&plan(), &mut context, |_, context| {
        context.enter(0);
        context.watch(0, false);
        Ok(Waits { times: Vec::new(), clock: context.clock(), ran: Vec::new() })
    });
    let error = outcome.err().unwrap();
    assert_eq!(error.node(), Some(0));
    assert!(error.to_string().contains("in virtual time"), "{error}");
}

/// A world in which waiting takes no time but the clock's.
#[derive(Default)]
struct Told {
    clock: RefCell<Option<Rc<Clock>>>,
    waits: RefCell<Vec<Option<u64>>>,
    watched: RefCell<Vec<(Descriptor, bool, u64)>>,
}

impl World for Told {
    fn monotonic() -> Nanos {
        0
    }

    fn wall() -> Duration {
        Duration::ZERO
    }

    fn has_counter() -> bool {
        false
    }

    fn counter() -> u64 {
        0
    }

    fn secret(&self, octets: &mut [u8]) -> io::Result<()> {
        octets.fill(7);
        Ok(())
    }

    fn watch(&self, descriptor: Descriptor, write: bool, token: u64) -> io::Result<()> {
        self.watched.borrow_mut().push((descriptor, write, token));
        Ok(())
    }

    fn wait(&self, timeout: Option<Duration>, ready: &mut dyn FnMut(u64)) -> io::Result<()> {
        let timeout = timeout.map(|time| time.as_nanos() as Nanos);
        self.waits.borrow_mut().push(timeout);
        if let (Some(time), Some(clock)) = (timeout, &*self.clock.borrow()) {
            clock.advance(time);
        }
        // The first wait for ever ends by a descriptor, the second not at all.
        if timeout.is_none() {
            if self.waits.borrow().iter().filter(|wait| wait.is_none()).count() == 2 {
                return Err(io::Error::other("the end"));
            }
            self.watched.borrow().iter().for_each(|(_, _, token)| ready(*token));
        }
        Ok(())
    }
}

#[test]
fn a_loop_waits_in_the_world_that_it_is_given() {
    let told = Rc::new(Told::default());
    let mut context = Context::within(told.clone(), Clock::manual(), Region::new(1, 128));
    let clock = context.clock();
    *told.clock.borrow_mut() = Some(clock.clone());
    let mut runner = Runner::start(&plan(), &mut context, |_, context| {
        context.enter(0);
        context.watch(5, true);
        Ok(Waits { times: vec![9, 4], clock, ran: Vec::new() })
    })
    .unwrap();
    runner.wake_on(6).unwrap();
    assert_eq!(*told.watched.borrow(), [(5, true, 0), (6, false, FOREIGN)]);
    assert_eq!(runner.run(|_| true).unwrap_err().to_string(), "the end");
    assert_eq!(*told.waits.borrow(), [Some(4), Some(5), None, None]);
    // At once, by two timers, and by the descriptor.
    assert_eq!(runner.graph().ran, [0, 4, 9, 9]);
}

#[test]
fn secrets_follow_from_the_element_in_virtual_time_only() {
    let secret = |clock, node| {
        let mut context = Context::within(Rc::new(Told::default()), clock, Region::new(1, 128));
        context.enter(node);
        context.secret().unwrap()
    };
    assert_eq!(secret(Clock::virtual_time(), 1), secret(Clock::virtual_time(), 1));
    assert_ne!(secret(Clock::virtual_time(), 1), secret(Clock::virtual_time(), 2));
    assert_eq!(secret(Clock::manual(), 1), [7; 32]);
}
