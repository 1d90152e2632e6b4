//! The engine's clock.

use std::cell::Cell;

/// Nanoseconds of the monotonic clock (`CLOCK_MONOTONIC`), from the program's
/// first look at it.
pub type Nanos = u64;

/// Time as elements see it.
///
/// [`now`](Clock::now) is cheap: the engine updates it after every wait and
/// every few rounds. A clock made by [`Clock::manual`] moves only by
/// [`advance`](Clock::advance), so that leases and timers are tested without
/// waiting.
#[derive(Debug)]
pub struct Clock {
    now: Cell<Nanos>,
    manual: bool,
}

impl Clock {
    /// A clock that follows the system's monotonic clock.
    pub fn real() -> Clock {
        Clock { now: Cell::new(monotonic()), manual: false }
    }

    /// A clock that stands at 0 until it is advanced.
    pub fn manual() -> Clock {
        Clock { now: Cell::new(0), manual: true }
    }

    /// Whether the clock moves only by hand.
    pub fn is_manual(&self) -> bool {
        self.manual
    }

    /// The time of the last update.
    #[inline]
    pub fn now(&self) -> Nanos {
        self.now.get()
    }

    /// Updates and returns the time, at the cost of reading the clock.
    #[inline]
    pub fn precise(&self) -> Nanos {
        if !self.manual {
            self.now.set(monotonic());
        }
        self.now.get()
    }

    /// Moves a manual clock forward. Has no effect on a real one.
    pub fn advance(&self, by: Nanos) {
        if self.manual {
            self.now.set(self.now.get() + by);
        }
    }
}

fn monotonic() -> Nanos {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_nanos() as Nanos
}
