//! The engine's clock.

use crate::stopwatch::Stopwatch;
use crate::world::{Here, World};
use std::cell::Cell;

/// Nanoseconds of a clock, from the time that is its 0.
pub type Nanos = u64;

/// Time as elements see it.
///
/// [`now`](Clock::now) is cheap: the engine updates it after every wait and
/// every few rounds. A clock made by [`Clock::manual`] moves only by
/// [`advance`](Clock::advance), so that leases and timers are tested without
/// waiting. One made by [`Clock::virtual_time`] is advanced by the loop: when
/// no task has anything to do, it is the time of the next timer.
#[derive(Debug)]
pub struct Clock {
    now: Cell<Nanos>,
    source: Source,
    stopwatch: Stopwatch,
}

/// What moves a clock.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Source {
    /// The system's monotonic clock.
    Real,
    /// Whoever made it.
    Manual,
    /// The loop.
    Virtual,
}

impl Clock {
    /// A clock that follows the system's monotonic clock.
    pub fn real() -> Clock {
        Clock::of(Source::Real, Here::monotonic())
    }

    /// A clock that stands at 0 until it is advanced.
    pub fn manual() -> Clock {
        Clock::of(Source::Manual, 0)
    }

    /// A clock that starts at 0 and that the loop moves to the next timer when
    /// nothing else is to be done.
    pub fn virtual_time() -> Clock {
        Clock::of(Source::Virtual, 0)
    }

    fn of(source: Source, now: Nanos) -> Clock {
        Clock { now: Cell::new(now), source, stopwatch: Stopwatch::default() }
    }

    /// Whether the clock follows the system's.
    #[inline]
    pub fn is_real(&self) -> bool {
        self.source == Source::Real
    }

    /// Whether the loop moves the clock from timer to timer.
    #[inline]
    pub fn is_virtual(&self) -> bool {
        self.source == Source::Virtual
    }

    /// The time of the last update.
    #[inline]
    pub fn now(&self) -> Nanos {
        self.now.get()
    }

    /// Updates and returns the time, at the cost of reading the clock.
    #[inline]
    pub fn precise(&self) -> Nanos {
        if self.is_real() {
            self.now.set(Here::monotonic());
            self.stopwatch.look(self.now.get());
        }
        self.now.get()
    }

    /// Moves a manual or virtual clock forward. Has no effect on a real one.
    pub fn advance(&self, by: Nanos) {
        if !self.is_real() {
            self.now.set(self.now.get() + by);
            self.stopwatch.look(self.now.get());
        }
    }

    /// Nanoseconds from 1970 to the clock's time 0. Virtual and manual clocks begin in
    /// 1970, so that what is written by them is always the same.
    pub fn epoch(&self) -> Nanos {
        if !self.is_real() {
            return 0;
        }
        let wall = Nanos::try_from(Here::wall().as_nanos()).unwrap_or(Nanos::MAX);
        wall.saturating_sub(self.precise())
    }

    /// Lets `time` pass while nothing else of the graph runs: keeps the CPU busy
    /// on a real clock, and moves a virtual one. A manual clock stays.
    pub fn spend(&self, time: Nanos) {
        if self.is_virtual() {
            self.advance(time);
        }
        let end = self.precise().saturating_add(time);
        while self.is_real() && self.precise() < end {
            std::hint::spin_loop();
        }
    }

    /// What measures delays more finely than this clock.
    #[inline]
    pub fn stopwatch(&self) -> &Stopwatch {
        &self.stopwatch
    }

    /// Turns the [`Stopwatch`] on or off. On takes some milliseconds.
    pub fn measure(&self, on: bool) {
        self.stopwatch.set(on, self.is_real(), self.now());
    }

    /// The stopwatch's counter now.
    #[inline]
    pub fn ticks(&self) -> u64 {
        let now = if self.stopwatch.counts_cycles() { 0 } else { self.precise() };
        self.stopwatch.ticks(now)
    }

    /// Says that a burst has been flushed.
    #[inline]
    pub(crate) fn flush_ended(&self) {
        if self.stopwatch.awaits_flush() {
            self.stopwatch.flush_ended(self.ticks());
        }
    }
}

/// When the loop wakes at the latest, though no task asked for it: for an
/// element whose `pull` has nothing yet, but will have.
#[derive(Debug, Default)]
pub struct Alarm(Cell<Option<Nanos>>);

impl Alarm {
    /// Asks for a wake-up at `time`, if none earlier is asked for.
    #[inline]
    pub fn at(&self, time: Nanos) {
        self.0.set(Some(self.0.get().map_or(time, |earlier| earlier.min(time))));
    }

    /// The time asked for.
    pub(crate) fn time(&self) -> Option<Nanos> {
        self.0.get()
    }

    /// Whether the time has come; if so, it is forgotten.
    pub(crate) fn rings(&self, now: Nanos) -> bool {
        let rings = self.0.get().is_some_and(|time| time <= now);
        if rings {
            self.0.set(None);
        }
        rings
    }
}
