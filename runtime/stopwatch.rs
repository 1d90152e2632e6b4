//! Delays by the counter of the CPU: from when a packet was picked up to when
//! its last copy was handed on, and to the end of the flush that follows.
//!
//! Off, it costs a look at a flag per burst.

use crate::Nanos;
use crate::world::{Here, World};
use std::cell::Cell;

/// Measures in ticks: cycles of the time stamp counter where that has one
/// rate, else nanoseconds.
#[derive(Debug, Default)]
pub struct Stopwatch {
    is_on: Cell<bool>,
    counter: Cell<Counter>,
    /// The last look at the clock: its time, and the counter then.
    looked: Cell<(Nanos, u64)>,
    /// Whether the end of the next flush is waited for.
    awaits_flush: Cell<bool>,
    /// The end of the last flush that was waited for.
    flushed: Cell<u64>,
}

/// What is read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Counter {
    /// The engine's clock.
    #[default]
    Clock,
    /// The time stamp counter, with so many cycles in a nanosecond.
    TimeStamp(f64),
}

impl Stopwatch {
    /// Turns it on or off. The first takes some milliseconds, to learn the rate
    /// of the counter. A clock that is not real is measured by itself.
    pub(crate) fn set(&self, on: bool, is_real: bool, now: Nanos) {
        if on && is_real && Here::has_counter() {
            self.counter.set(Counter::TimeStamp(rate()));
        }
        self.awaits_flush.set(false);
        self.is_on.set(on);
        self.look(now);
    }

    /// Whether it is on.
    #[inline]
    pub fn is_on(&self) -> bool {
        self.is_on.get()
    }

    /// How many ticks a microsecond has.
    pub fn ticks_per_microsecond(&self) -> f64 {
        self.ticks_per_nanosecond() * 1000.0
    }

    #[inline]
    fn ticks_per_nanosecond(&self) -> f64 {
        match self.counter.get() {
            Counter::Clock => 1.0,
            Counter::TimeStamp(rate) => rate,
        }
    }

    /// The counter, when the clock has just been read as `now`.
    #[inline]
    fn read(&self, now: Nanos) -> u64 {
        match self.counter.get() {
            Counter::Clock => now,
            Counter::TimeStamp(_) => Here::counter(),
        }
    }

    /// Notes the counter beside what the clock says.
    #[inline]
    pub(crate) fn look(&self, now: Nanos) {
        if self.is_on.get() {
            self.looked.set((now, self.read(now)));
        }
    }

    /// Whether the counter can be read without the clock.
    #[inline]
    pub(crate) fn counts_cycles(&self) -> bool {
        matches!(self.counter.get(), Counter::TimeStamp(_))
    }

    /// The counter now, if the clock's last update says `now`.
    #[inline]
    pub(crate) fn ticks(&self, now: Nanos) -> u64 {
        self.read(now)
    }

    /// The counter when the clock said `time`: exact if that was the last
    /// look at it, as it is for a packet that nothing has held up.
    #[inline]
    pub fn at(&self, time: Nanos) -> u64 {
        let (looked, ticks) = self.looked.get();
        let before = looked.saturating_sub(time) as f64 * self.ticks_per_nanosecond();
        ticks.saturating_sub(before as u64)
    }

    /// Asks for the time at the end of the next flush.
    #[inline]
    pub fn await_flush(&self) {
        self.awaits_flush.set(true);
    }

    /// The end of the flush that was asked for last; `None` before it.
    #[inline]
    pub fn flushed(&self) -> Option<u64> {
        (!self.awaits_flush.get()).then(|| self.flushed.get())
    }

    /// Whether somebody waits for the end of a flush.
    #[inline]
    pub(crate) fn awaits_flush(&self) -> bool {
        self.awaits_flush.get()
    }

    /// A flush has ended when the counter said `ticks`.
    #[inline]
    pub(crate) fn flush_ended(&self, ticks: u64) {
        self.awaits_flush.set(false);
        self.flushed.set(ticks);
    }
}

/// Cycles in a nanosecond. The two clocks are read within some 50 ns of each
/// other, so that it is right to one part in 50,000.
fn rate() -> f64 {
    const TIME: Nanos = 3_000_000;
    let (begun, first) = (Here::monotonic(), Here::counter());
    loop {
        let (elapsed, last) = (Here::monotonic() - begun, Here::counter());
        if elapsed >= TIME {
            return last.wrapping_sub(first) as f64 / elapsed as f64;
        }
        std::hint::spin_loop();
    }
}

#[cfg(test)]
mod tests {
    use crate::Clock;

    #[test]
    fn a_clock_moved_by_hand_is_measured_in_its_nanoseconds() {
        let clock = Clock::manual();
        clock.measure(true);
        clock.advance(100);
        let watch = clock.stopwatch();
        assert_eq!((clock.ticks(), watch.at(100), watch.at(40)), (100, 100, 40));
        assert_eq!(watch.ticks_per_microsecond(), 1000.0);
        watch.await_flush();
        assert_eq!(watch.flushed(), None);
        clock.advance(7);
        clock.flush_ended();
        assert_eq!(watch.flushed(), Some(107));
        // Nobody waits: the next flush is not noted.
        clock.advance(7);
        clock.flush_ended();
        assert_eq!(watch.flushed(), Some(107));
    }

    #[test]
    fn the_counter_agrees_with_the_clock() {
        let clock = Clock::real();
        clock.measure(true);
        let picked_up = clock.precise();
        let early = clock.stopwatch().at(picked_up);
        let begun = std::time::Instant::now();
        while begun.elapsed().as_millis() < 20 {
            std::hint::spin_loop();
        }
        let (ticks, nanos) = (clock.ticks() - early, clock.precise() - picked_up);
        // The clock is read after the counter, so the counter has less; how
        // much depends on what else runs here.
        let micros = ticks as f64 / clock.stopwatch().ticks_per_microsecond();
        assert!(micros >= 19_900.0 && micros <= nanos as f64 / 1000.0 * 1.01, "{micros} {nanos}");
        // From a later look back to the packet. One of several, since whoever
        // is interrupted between clock and counter is wrong by that.
        let error = || {
            clock.precise();
            let again = clock.stopwatch().at(picked_up);
            again.abs_diff(early) as f64 / clock.stopwatch().ticks_per_microsecond()
        };
        let least = std::iter::repeat_with(error).take(10).fold(f64::MAX, f64::min);
        assert!(least < 200.0, "{least} µs");
    }
}
