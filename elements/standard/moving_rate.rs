//! The recent rates of things that are counted, as moving averages.

use pkgraph::runtime::Nanos;

/// Exponentially weighted moving averages over epochs of 1 ms: each new epoch
/// counts 1/16, so that they forget within some 16 ms.
///
/// They are told counts that only grow, and when; what has come between two
/// calls counts for the epoch of the first.
#[derive(Clone, Debug)]
pub struct MovingRates<const N: usize> {
    /// When this epoch ends.
    end: Nanos,
    /// The counts when this epoch began.
    before: [u64; N],
    per_epoch: [f64; N],
}

const EPOCH: Nanos = 1_000_000;
const EPOCHS_PER_SECOND: f64 = 1000.0;
const WEIGHT: f64 = 1.0 / 16.0;
/// After so many epochs without anything the average is as good as 0.
const FORGOTTEN: u64 = 1000;

impl<const N: usize> MovingRates<N> {
    /// Rates of 0 from `now` on.
    pub fn new(now: Nanos) -> Self {
        let end = now.saturating_add(EPOCH);
        MovingRates { end, before: [0; N], per_epoch: [0.0; N] }
    }

    /// Notes that there have been so many by `now`.
    #[inline]
    pub fn update(&mut self, counts: [u64; N], now: Nanos) {
        if now >= self.end {
            self.turn(counts, now);
        }
    }

    #[cold]
    fn turn(&mut self, counts: [u64; N], now: Nanos) {
        let silent = (now - self.end) / EPOCH;
        let fade = (1.0 - WEIGHT).powi(silent.min(FORGOTTEN) as i32);
        for (i, count) in counts.into_iter().enumerate() {
            let came = count.saturating_sub(self.before[i]) as f64;
            self.per_epoch[i] += (came - self.per_epoch[i]) * WEIGHT;
            self.per_epoch[i] *= fade;
        }
        self.before = counts;
        self.end += (silent + 1) * EPOCH;
    }

    /// The rates per second.
    pub fn per_second(&self, counts: [u64; N], now: Nanos) -> [f64; N] {
        let mut rates = self.clone();
        rates.update(counts, now);
        rates.per_epoch.map(|rate| rate * EPOCHS_PER_SECOND)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steady_streams_have_their_rates() {
        let mut rates = MovingRates::new(0);
        for ms in 0..200 {
            rates.update([ms * 5, ms * 50], ms * EPOCH);
            rates.update([ms * 5 + 3, ms * 50 + 30], ms * EPOCH + 1);
        }
        let [few, many] = rates.per_second([1000, 10_000], 200 * EPOCH);
        assert!((few - 5000.0).abs() < 1.0, "{few}");
        assert!((many - 50_000.0).abs() < 10.0, "{many}");
    }

    #[test]
    fn one_epoch_counts_a_sixteenth_and_fades() {
        let mut rates = MovingRates::new(7);
        rates.update([16], 7);
        for (since, expected) in
            [(EPOCH - 1, 0.0), (EPOCH, 1000.0), (2 * EPOCH - 1, 1000.0), (2 * EPOCH, 937.5)]
        {
            assert_eq!(rates.per_second([16], 7 + since), [expected]);
        }
        rates.update([16], 7 + 2 * EPOCH);
        assert_eq!(rates.per_second([16], 7 + 3 * EPOCH - 1), [937.5]);
        assert_eq!(rates.per_second([16], 7 + 3 * EPOCH), [937.5 * 15.0 / 16.0]);
        assert!(rates.per_second([16], 1 << 50)[0] < 1e-9);
    }
}
