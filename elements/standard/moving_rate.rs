//! The recent rate of something, as a moving average.

use pkgraph_runtime::Nanos;

/// An exponentially weighted moving average over epochs of 1 ms: each new one
/// counts 1/16, so that it forgets within some 16 ms.
///
/// It is told a count that only grows, and when; what has come between two
/// calls counts for the epoch of the first.
#[derive(Clone, Debug, Default)]
pub struct MovingRate {
    epoch: u64,
    /// The count when this epoch began.
    before: u64,
    per_epoch: f64,
}

const EPOCH: Nanos = 1_000_000;
const EPOCHS_PER_SECOND: f64 = 1000.0;
const WEIGHT: f64 = 1.0 / 16.0;
/// After so many epochs without anything the average is as good as 0.
const FORGOTTEN: u64 = 1000;

impl MovingRate {
    /// A rate of 0 from `now` on.
    pub fn new(now: Nanos) -> MovingRate {
        MovingRate { epoch: now / EPOCH, ..MovingRate::default() }
    }

    /// Notes that there have been `count` by `now`.
    #[inline]
    pub fn update(&mut self, count: u64, now: Nanos) {
        let epoch = now / EPOCH;
        if epoch != self.epoch {
            self.turn(count, epoch);
        }
    }

    fn turn(&mut self, count: u64, epoch: u64) {
        let came = count.saturating_sub(self.before) as f64;
        self.per_epoch += (came - self.per_epoch) * WEIGHT;
        let silent = epoch.saturating_sub(self.epoch + 1).min(FORGOTTEN);
        self.per_epoch *= (1.0 - WEIGHT).powi(silent as i32);
        (self.epoch, self.before) = (epoch, count);
    }

    /// The rate per second.
    pub fn per_second(&self, count: u64, now: Nanos) -> f64 {
        let mut rate = self.clone();
        rate.update(count, now);
        rate.per_epoch * EPOCHS_PER_SECOND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_has_its_rate() {
        let mut rate = MovingRate::new(0);
        for ms in 0..200 {
            rate.update(ms * 5, ms * EPOCH);
            rate.update(ms * 5 + 3, ms * EPOCH + 1);
        }
        let read = rate.per_second(1000, 200 * EPOCH);
        assert!((read - 5000.0).abs() < 1.0, "{read}");
    }

    #[test]
    fn one_epoch_counts_a_sixteenth_and_fades() {
        let mut rate = MovingRate::new(0);
        rate.update(16, 0);
        assert_eq!(rate.per_second(16, EPOCH - 1), 0.0);
        assert_eq!(rate.per_second(16, EPOCH), 1000.0);
        assert_eq!(rate.per_second(16, 2 * EPOCH), 937.5);
        rate.update(16, 2 * EPOCH);
        assert_eq!(rate.per_second(16, 3 * EPOCH), 937.5 * 15.0 / 16.0);
        assert!(rate.per_second(16, 1 << 50) < 1e-9);
    }
}
