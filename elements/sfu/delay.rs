//! The processing delay: from the moment a media packet was picked up to the
//! moment its last copy was handed on, the paper's measure of a switch.

use hdrhistogram::Histogram;
use pkgraph_runtime::Nanos;
use std::fmt;

/// Delays above are recorded as this, in nanoseconds.
const MOST: Nanos = 10_000_000_000;

/// A histogram of delays with three significant digits. Recording neither
/// allocates nor fails.
pub struct Delay(Histogram<u64>);

impl Default for Delay {
    fn default() -> Delay {
        Delay(Histogram::new_with_bounds(1, MOST, 3).expect("bounds that hdrhistogram takes"))
    }
}

impl Delay {
    /// Records a delay in nanoseconds.
    #[inline]
    pub fn record(&mut self, delay: Nanos) {
        self.0.saturating_record(delay.min(MOST));
    }
}

/// Lines of `name value`: how many, then least, median, 99th percentile and
/// greatest in microseconds.
impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = |nanos: u64| nanos as f64 / 1000.0;
        writeln!(f, "count {}", self.0.len())?;
        writeln!(f, "min {:.3}", micros(self.0.min()))?;
        writeln!(f, "p50 {:.3}", micros(self.0.value_at_quantile(0.5)))?;
        writeln!(f, "p99 {:.3}", micros(self.0.value_at_quantile(0.99)))?;
        writeln!(f, "max {:.3}", micros(self.0.max()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_in_microseconds() {
        let mut delay = Delay::default();
        assert_eq!(delay.to_string(), "count 0\nmin 0.000\np50 0.000\np99 0.000\nmax 0.000\n");
        for micros in 1..=1000 {
            delay.record(micros * 1000);
        }
        delay.record(u64::MAX);
        let text = delay.to_string();
        let value = |name: &str| -> f64 {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_once(' ').unwrap().1.parse().unwrap()
        };
        assert_eq!(value("count"), 1001.0);
        for (name, expected) in [("min", 1.0), ("p50", 501.0), ("p99", 991.0), ("max", 1e7)] {
            assert!((value(name) / expected - 1.0).abs() < 2e-3, "{text}");
        }
    }
}
