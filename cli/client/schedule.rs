//! When packets are due: absolute deadlines, so that lateness never adds up.

use pkgraph_runtime::Nanos;
use std::ops::Range;

/// The ticks of a stream, one every interval from its start.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    start: Nanos,
    interval: Nanos,
    next: u64,
}

impl Schedule {
    /// Tick 0 is due at `start`, tick n at `start` + n · `interval` (ns).
    pub fn new(start: Nanos, interval: Nanos) -> Schedule {
        Schedule { start, interval, next: 0 }
    }

    /// When the next tick is due.
    pub fn deadline(&self) -> Nanos {
        self.start.saturating_add(self.next.saturating_mul(self.interval))
    }

    /// The ticks that are due at `now` and have not been taken yet. Each is
    /// given once, however late.
    pub fn due(&mut self, now: Nanos) -> Range<u64> {
        let from = self.next;
        if now >= self.deadline() {
            self.next = (now - self.start) / self.interval + 1;
        }
        from..self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// However late the thread wakes, tick n is given at the first look
        /// at or after start + n · interval, and none is given twice.
        #[test]
        fn lateness_does_not_add_up(
            start in 0..1u64 << 40,
            interval in 1..10_000_000u64,
            lateness in prop::collection::vec(0..50_000_000u64, 1..200),
        ) {
            let mut schedule = Schedule::new(start, interval);
            let mut taken = 0;
            for late in lateness {
                let deadline = schedule.deadline();
                prop_assert_eq!(deadline, start + taken * interval);
                prop_assert!(deadline == 0 || schedule.due(deadline - 1).is_empty());
                let now = deadline + late;
                let due = schedule.due(now);
                prop_assert_eq!(due.start, taken);
                prop_assert!(start + (due.end - 1) * interval <= now);
                prop_assert!(start + due.end * interval > now);
                taken = due.end;
            }
        }
    }

    #[test]
    fn nothing_is_due_before_the_start() {
        let mut schedule = Schedule::new(1000, 10);
        assert!(schedule.due(999).is_empty());
        assert_eq!(schedule.due(1000), 0..1);
        assert!(schedule.due(1009).is_empty());
        assert_eq!(schedule.due(1035), 1..4);
    }
}
