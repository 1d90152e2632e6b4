//! How long echoes took: a histogram, and its usual figures.

use hdrhistogram::Histogram;
use serde::Serialize;

/// The longest delay told from longer ones: 60 s.
const HIGHEST: u64 = 60_000_000_000;

/// Delays in nanoseconds, from handing a packet to the kernel to having read
/// its echo, with three significant digits.
#[derive(Clone, Debug)]
pub struct Delays(Histogram<u64>);

/// The usual figures of [`Delays`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct DelayFigures {
    /// Echoes that these figures are of; if 0, they are all 0.
    pub echoes: u64,
    /// The shortest delay, in µs.
    pub min_us: f64,
    /// The median, in µs.
    pub p50_us: f64,
    /// What 99 % stay below, in µs.
    pub p99_us: f64,
    /// The longest delay, in µs.
    pub max_us: f64,
}

impl Default for Delays {
    fn default() -> Delays {
        Delays(Histogram::new_with_bounds(1, HIGHEST, 3).expect("bounds that hdrhistogram takes"))
    }
}

impl Delays {
    /// Counts a delay (ns).
    pub fn record(&mut self, delay: u64) {
        self.0.saturating_record(delay);
    }

    /// Adds the delays of another.
    pub fn add(&mut self, other: &Delays) {
        self.0.add(&other.0).expect("equal bounds");
    }

    /// The delays since `earlier`, a copy of this from an earlier time.
    pub fn since(&self, earlier: &Delays) -> Delays {
        let mut delays = self.clone();
        if delays.0.subtract(&earlier.0).is_err() {
            // The measurement began anew in between.
            return self.clone();
        }
        delays
    }

    /// The histogram, in ns.
    pub fn histogram(&self) -> &Histogram<u64> {
        &self.0
    }

    /// The usual figures.
    pub fn figures(&self) -> DelayFigures {
        let us = |ns: u64| ns as f64 / 1000.0;
        if self.0.is_empty() {
            return DelayFigures::default();
        }
        DelayFigures {
            echoes: self.0.len(),
            min_us: us(self.0.min()),
            p50_us: us(self.0.value_at_quantile(0.5)),
            p99_us: us(self.0.value_at_quantile(0.99)),
            max_us: us(self.0.max()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_a_thousand_delays_and_of_the_last_of_them() {
        let mut delays = Delays::default();
        assert_eq!(delays.figures(), DelayFigures::default());
        (1..=999).for_each(|us| delays.record(us * 1000));
        let earlier = delays.clone();
        delays.record(5_000_000);
        let near = |a: f64, b: f64| (a / b - 1.0).abs() < 0.002;
        let all = delays.figures();
        assert_eq!(all.echoes, 1000);
        assert!(near(all.min_us, 1.0) && near(all.p50_us, 500.0), "{all:?}");
        assert!(near(all.p99_us, 990.0) && near(all.max_us, 5000.0), "{all:?}");
        let last = delays.since(&earlier).figures();
        assert_eq!(last.echoes, 1);
        assert!(near(last.min_us, 5000.0) && near(last.max_us, 5000.0), "{last:?}");
        let anew = Delays::default();
        assert_eq!(anew.since(&delays).figures().echoes, 0);
    }
}
