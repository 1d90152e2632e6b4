//! Histograms as a comparison shows them: in nanoseconds, with their usual
//! figures.

use super::results::Distribution;
use hdrhistogram::Histogram;
use pkgraph_runtime::Cell;
use pkgraph_serve::Reading;
use std::collections::BTreeMap;

/// How often which value occurred, in ticks of some counter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(BTreeMap<u64, u64>);

impl Values {
    /// Of a table of delays in ticks, and how many packets had each.
    pub fn of_table(table: &Reading) -> Option<Values> {
        let row =
            |row: &Vec<Cell>| Some((table.count(row, "delay")?, table.count(row, "packets")?));
        table.value.rows().iter().map(row).collect::<Option<_>>().map(Values)
    }

    pub fn of(histogram: &Histogram<u64>) -> Values {
        let recorded = histogram.iter_recorded();
        Values(recorded.map(|at| (at.value_iterated_to(), at.count_at_value())).collect())
    }

    /// What was added since `earlier`.
    pub fn since(&self, earlier: &Values) -> Values {
        let before = |value| earlier.0.get(value).copied().unwrap_or(0);
        let rest =
            self.0.iter().map(|(value, count)| (*value, count.saturating_sub(before(value))));
        Values(rest.filter(|(_, count)| *count > 0).collect())
    }

    /// In nanoseconds, with so many ticks in a microsecond.
    pub fn distribution(&self, ticks_per_microsecond: f64) -> Distribution {
        let nanos = |ticks: u64| ticks as f64 * 1000.0 / ticks_per_microsecond;
        let count: u64 = self.0.values().sum();
        let at = |share: f64| {
            let rank = ((share * count as f64).ceil() as u64).max(1);
            let mut below = 0;
            let found = self.0.iter().find(|(_, count)| {
                below += **count;
                below >= rank
            });
            found.map_or(0.0, |(value, _)| nanos(*value))
        };
        // Neighbours may be one nanosecond.
        let mut values: Vec<(u64, u64)> = Vec::new();
        for (value, count) in &self.0 {
            let value = nanos(*value).round() as u64;
            match values.last_mut() {
                Some(last) if last.0 == value => last.1 += count,
                _ => values.push((value, *count)),
            }
        }
        Distribution {
            count,
            min: at(0.0),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: at(1.0),
            values,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pkgraph_runtime::{Column, Kind, Quantity, Table, Value};

    fn values(rows: &[[u64; 2]]) -> Values {
        Values(rows.iter().map(|row| (row[0], row[1])).collect())
    }

    #[test]
    fn figures_of_a_difference_in_cycles() {
        let before = values(&[[100, 5], [300, 1]]);
        let after = values(&[[100, 5], [300, 500], [600, 499], [3000, 2]]);
        // Three cycles a nanosecond.
        let found = after.since(&before).distribution(3000.0);
        assert_eq!(found.count, 1000);
        assert_eq!((found.min, found.p50, found.p90), (100.0, 200.0, 200.0));
        assert_eq!((found.p99, found.p999, found.max), (200.0, 1000.0, 1000.0));
        assert_eq!(found.values, [(100, 499), (200, 499), (1000, 2)]);
    }

    #[test]
    fn nothing_has_no_figures_and_tables_are_checked() {
        let nothing = values(&[]).distribution(1000.0);
        assert_eq!((nothing.count, nothing.p50, nothing.values), (0, 0.0, vec![]));
        let columns = [Column::number("delay", "ticks"), Column::growing("packets", "packets")];
        let of = |rows| {
            let table = Table { rows, text: String::new() };
            let (value, kind) = (Value::Table(table), Kind::Table(columns.to_vec().into()));
            Values::of_table(&Reading { value, kind, quantity: Quantity::default() })
        };
        let good = vec![1.into(), 2.into()];
        assert_eq!(of(vec![good.clone()]), Some(values(&[[1, 2]])));
        assert_eq!(of(vec![good, vec!["x".into(), 3.into()]]), None);
    }
}
