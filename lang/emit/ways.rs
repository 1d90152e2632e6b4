//! By which ways the structs of an emitted chain reach one another.
//!
//! A struct owns the next one alone; one further on is reached by way of one
//! between them. With the stops below, the ways to all elements behind a wide
//! Tee have far fewer parts than there are pairs.

use std::collections::{BTreeMap, BTreeSet};

/// Stops are at the multiples of the powers of this.
const BASE: usize = 4;

/// Ways between places, and all ways that they consist of.
#[derive(Default)]
pub struct Ways {
    /// From a place to those that it has a way to.
    from: BTreeMap<usize, BTreeSet<usize>>,
}

impl Ways {
    /// Makes a way from `from` to `to`, unless they are the same place.
    pub fn add(&mut self, from: usize, to: usize) {
        if from == to || !self.from.entry(from).or_default().insert(to) {
            return;
        }
        if let Some(stop) = stop(from, to) {
            self.add(from, stop);
            self.add(stop, to);
        }
    }

    /// The ways that start at `from`: where they end, and by which stop they
    /// lead there; by none to the next place.
    pub fn from(&self, from: usize) -> impl Iterator<Item = (usize, Option<usize>)> {
        let ends = self.from.get(&from).into_iter().flatten();
        ends.map(move |&to| (to, stop(from, to)))
    }
}

/// The place between `from` and `to`, if there is one, that the most other
/// ways pass: the multiple of the highest power.
fn stop(from: usize, to: usize) -> Option<usize> {
    let mut power = 1;
    let mut stop = None;
    loop {
        let next = (from / power + 1) * power;
        if next >= to {
            return stop;
        }
        stop = Some(next);
        power *= BASE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_leads_there() {
        for from in 0..70 {
            for to in from + 1..140 {
                let mut ways = Ways::default();
                ways.add(from, to);
                for at in from..to {
                    for (end, stop) in ways.from(at) {
                        let has = |from, to| ways.from(from).any(|(end, _)| end == to);
                        match stop {
                            Some(stop) => {
                                assert!(at < stop && stop < end && has(at, stop) && has(stop, end));
                            }
                            None => assert_eq!(end, at + 1),
                        }
                    }
                }
                assert!(ways.from(from).any(|(end, _)| end == to));
            }
        }
    }

    #[test]
    fn a_wide_tee_has_few_ways() {
        let mut ways = Ways::default();
        (2..=1000).for_each(|to| ways.add(1, to));
        let count: usize = (0..1000).map(|from| ways.from(from).count()).sum();
        assert!(count < 12_000, "{count}");
    }
}
