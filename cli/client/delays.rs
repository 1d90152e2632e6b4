//! How long echoes took: a histogram, and its usual figures.

use hdrhistogram::Histogram;
use pkgraph_runtime::Nanos;
use serde::Serialize;

/// The longest delay told from longer ones: 60 s.
const HIGHEST: u64 = 60_000_000_000;

/// Delays in nanoseconds, from handing a packet to the kernel to having read
/// its echo, with three significant digits.
#[derive(Clone, Debug)]
pub struct Delays {
    histogram: Histogram<u64>,
    from: Nanos,
}

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
        Delays::of_packets_from(0)
    }
}

impl Delays {
    /// None yet, of packets that are sent at this time or later.
    pub fn of_packets_from(from: Nanos) -> Delays {
        let histogram = Histogram::new_with_bounds(1, HIGHEST, 3);
        Delays { histogram: histogram.expect("bounds that hdrhistogram takes"), from }
    }

    /// Counts the delay of an echo, unless its packet was sent too early.
    pub fn record(&mut self, sent_at: Nanos, delay: Nanos) {
        if sent_at >= self.from {
            self.histogram.saturating_record(delay);
        }
    }

    /// Adds the delays of another.
    pub fn add(&mut self, other: &Delays) {
        self.histogram.add(&other.histogram).expect("equal bounds");
    }

    /// The delays since `earlier`, a copy of this from an earlier time; all,
    /// if they have begun anew since then.
    pub fn since(&self, earlier: &Delays) -> Delays {
        let mut delays = self.clone();
        if self.from == earlier.from {
            delays.histogram.subtract(&earlier.histogram).expect("a copy from an earlier time");
        }
        delays
    }

    /// The histogram, in ns.
    pub fn histogram(&self) -> &Histogram<u64> {
        &self.histogram
    }

    /// The usual figures.
    pub fn figures(&self) -> DelayFigures {
        let us = |ns: u64| ns as f64 / 1000.0;
        if self.histogram.is_empty() {
            return DelayFigures::default();
        }
        DelayFigures {
            echoes: self.histogram.len(),
            min_us: us(self.histogram.min()),
            p50_us: us(self.histogram.value_at_quantile(0.5)),
            p99_us: us(self.histogram.value_at_quantile(0.99)),
            max_us: us(self.histogram.max()),
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
        (1..=999).for_each(|us| delays.record(0, us * 1000));
        let earlier = delays.clone();
        delays.record(0, 5_000_000);
        let near = |a: f64, b: f64| (a / b - 1.0).abs() < 0.002;
        let all = delays.figures();
        assert_eq!(all.echoes, 1000);
        assert!(near(all.min_us, 1.0) && near(all.p50_us, 500.0), "{all:?}");
        assert!(near(all.p99_us, 990.0) && near(all.max_us, 5000.0), "{all:?}");
        let last = delays.since(&earlier).figures();
        assert_eq!(last.echoes, 1);
        assert!(near(last.min_us, 5000.0) && near(last.max_us, 5000.0), "{last:?}");
        let mut anew = Delays::of_packets_from(10);
        anew.record(9, 1000);
        anew.record(10, 1000);
        assert_eq!(anew.since(&delays).figures().echoes, 1);
    }
}
