//! The processing delay: from the moment a media packet was picked up to the
//! moment its last copy was handed on, the paper's measure of a switch; and, if
//! it is asked for, to the end of the flush that tells the kernel of it.

use hdrhistogram::Histogram;
use pkgraph::runtime::{Cell, Clock, Column, HandlerValue, Kind, Nanos, Number, Table, Value};
use std::borrow::Cow;
use std::fmt::{self, Write};

/// Delays above are recorded as this, in ticks.
const MOST: u64 = 10_000_000_000;

/// Packets of one burst whose flush is waited for; of more, the first.
const BURST: usize = 1024;

/// Histograms of delays with three significant digits. Recording neither
/// allocates nor fails.
pub struct Delay {
    to_last_copy: Histogram<u64>,
    with_kick: Histogram<u64>,
    /// When packets were picked up whose flush has not ended yet, in ticks.
    unflushed: Vec<u64>,
    /// How many ticks of the histograms a microsecond has.
    ticks_per_microsecond: f64,
}

impl Default for Delay {
    fn default() -> Delay {
        let empty =
            || Histogram::new_with_bounds(1, MOST, 3).expect("bounds that hdrhistogram takes");
        Delay {
            to_last_copy: empty(),
            with_kick: empty(),
            unflushed: Vec::with_capacity(BURST),
            ticks_per_microsecond: 1000.0,
        }
    }
}

impl Delay {
    /// Begins anew, in the ticks of the clock's stopwatch, if that is on.
    pub fn reset(&mut self, clock: &Clock) {
        self.to_last_copy.reset();
        self.with_kick.reset();
        self.unflushed.clear();
        let watch = clock.stopwatch();
        self.ticks_per_microsecond =
            if watch.is_on() { watch.ticks_per_microsecond() } else { 1000.0 };
    }

    /// Records that the last copy of a packet picked up at `picked_up` has been
    /// handed on, now.
    #[inline]
    pub fn record(&mut self, clock: &Clock, picked_up: Nanos) {
        if clock.stopwatch().is_on() {
            return self.measure(clock, picked_up);
        }
        let delay = clock.precise().saturating_sub(picked_up);
        self.to_last_copy.saturating_record(delay.min(MOST));
    }

    fn measure(&mut self, clock: &Clock, picked_up: Nanos) {
        let (watch, now) = (clock.stopwatch(), clock.ticks());
        let picked_up = watch.at(picked_up);
        self.to_last_copy.saturating_record(now.saturating_sub(picked_up).min(MOST));
        if let Some(end) = watch.flushed() {
            let Delay { with_kick, unflushed, .. } = self;
            settle(with_kick, unflushed, end);
            unflushed.clear();
        }
        if self.unflushed.len() < BURST {
            self.unflushed.push(picked_up);
        }
        watch.await_flush();
    }

    /// The delays in microseconds: how many, and some of them.
    pub fn summary(&self) -> Summary {
        let histogram = &self.to_last_copy;
        let micros = |ticks: u64| {
            Cell::Number(Number::rounded(ticks as f64 / self.ticks_per_microsecond, 3))
        };
        let at = |quantile| micros(histogram.value_at_quantile(quantile));
        let (least, most) = (micros(histogram.min()), micros(histogram.max()));
        Summary([histogram.len().into(), least, at(0.5), at(0.99), at(0.999), most])
    }

    /// The whole histogram.
    pub fn values(&self) -> Values {
        values(&self.to_last_copy)
    }

    /// The same of delays to the end of the flush.
    pub fn values_with_kick(&self, clock: &Clock) -> Values {
        let mut histogram = self.with_kick.clone();
        if let Some(end) = clock.stopwatch().flushed() {
            settle(&mut histogram, &self.unflushed, end);
        }
        values(&histogram)
    }

    /// How many ticks a microsecond has: 1000, or the cycles of the time stamp
    /// counter.
    pub fn ticks_per_microsecond(&self) -> f64 {
        self.ticks_per_microsecond
    }
}

fn settle(histogram: &mut Histogram<u64>, picked_up: &[u64], end: u64) {
    for start in picked_up {
        histogram.saturating_record(end.saturating_sub(*start).min(MOST));
    }
}

fn values(histogram: &Histogram<u64>) -> Values {
    let mut table = Table::default();
    for value in histogram.iter_recorded() {
        let (ticks, packets) = (value.value_iterated_to(), value.count_at_value());
        // Writing to a String does not fail.
        let _ = writeln!(table.text, "{ticks} {packets}");
        table.rows.push(vec![ticks.into(), packets.into()]);
    }
    Values(table)
}

/// A histogram: a row for each delay in ticks, with how many packets had it.
pub struct Values(Table);

impl HandlerValue for Values {
    const KIND: Kind = Kind::Table(Cow::Borrowed(&[
        Column::number("delay", "ticks"),
        Column::growing("packets", "packets"),
    ]));

    fn value(&self) -> Value {
        Value::Table(self.0.clone())
    }
}

/// One row: how many packets, then least, median, 99th and 99.9th percentile and
/// greatest delay in microseconds.
pub struct Summary([Cell; 6]);

const SUMMARY: [&str; 6] = ["count", "min", "p50", "p99", "p999", "max"];

impl HandlerValue for Summary {
    const KIND: Kind = Kind::Table(Cow::Borrowed(&[
        Column::growing(SUMMARY[0], "packets"),
        Column::number(SUMMARY[1], "microseconds"),
        Column::number(SUMMARY[2], "microseconds"),
        Column::number(SUMMARY[3], "microseconds"),
        Column::number(SUMMARY[4], "microseconds"),
        Column::number(SUMMARY[5], "microseconds"),
    ]));

    fn value(&self) -> Value {
        Value::Table(Table { rows: vec![self.0.to_vec()], text: self.to_string() })
    }
}

/// Lines of `name value`.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SUMMARY.iter().zip(&self.0).try_for_each(|(name, cell)| writeln!(f, "{name} {cell}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_in_microseconds() {
        let clock = Clock::manual();
        let mut delay = Delay::default();
        let none = "count 0\nmin 0.000\np50 0.000\np99 0.000\np999 0.000\nmax 0.000\n";
        assert_eq!(delay.summary().to_string(), none);
        clock.advance(1_000_000);
        for micros in 1..=1000 {
            delay.record(&clock, 1_000_000 - micros * 1000);
        }
        clock.advance(Nanos::MAX / 2);
        delay.record(&clock, 0);
        let text = delay.summary().to_string();
        let value = |name: &str| -> f64 {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.unwrap().parse().unwrap()
        };
        assert_eq!(value("count"), 1001.0);
        for (name, expected) in
            [("min", 1.0), ("p50", 501.0), ("p99", 991.0), ("p999", 1000.0), ("max", 1e7)]
        {
            assert!((value(name) / expected - 1.0).abs() < 2e-3, "{text}");
        }
    }

    #[test]
    fn the_whole_histogram_counts_each_delay() {
        let clock = Clock::manual();
        let mut delay = Delay::default();
        clock.advance(100);
        [90, 90, 40].into_iter().for_each(|picked_up| delay.record(&clock, picked_up));
        assert_eq!(delay.values().value().to_string(), "10 2\n60 1\n");
        assert_eq!(delay.values_with_kick(&clock).value().to_string(), "");
    }
}
