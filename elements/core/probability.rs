//! Chance: probabilities as arguments, and a generator that repeats itself.

use pkgraph_runtime::{Context, FromArg, HandlerValue, Kind, Value};
use std::fmt;

/// A number from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Probability {
    value: f64,
    /// Out of 2^32.
    threshold: u64,
}

impl Probability {
    /// The probability `value`, from 0 to 1.
    fn new(value: f64) -> Probability {
        Probability { value, threshold: (value * 2f64.powi(32)).round() as u64 }
    }

    /// That it does not happen.
    pub fn complement(self) -> Probability {
        Probability::new(1.0 - self.value)
    }
}

impl FromArg for Probability {
    const TYPE: &'static str = "number from 0 to 1";

    fn from_arg(text: &str) -> Result<Self, String> {
        let value = text.parse().ok().filter(|value| (0.0..=1.0).contains(value));
        value
            .map(Probability::new)
            .ok_or_else(|| format!("expected a {}, not '{text}'", Self::TYPE))
    }
}

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl HandlerValue for Probability {
    const KIND: Kind = Kind::Number;

    fn value(&self) -> Value {
        self.value.value()
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): the same seed gives the same
/// numbers, on every machine and in every version.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// A generator with this seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The generator of the element that is being started: with its argument
    /// SEED, or without one from the element's number in the graph.
    pub fn of(seed: Option<u64>, context: &Context) -> Random {
        Random::new(seed.unwrap_or(context.node() as u64))
    }

    /// Whether something of this probability happens this time.
    #[inline]
    pub fn happens(&mut self, probability: Probability) -> bool {
        (self.next() >> 32) < probability.threshold
    }

    #[inline]
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers that the authors' program prints for this seed.
    #[test]
    fn the_sequence_is_splitmix64() {
        let mut random = Random::new(1234567);
        let expected = [
            6457827717110365317,
            3203168211198807973,
            9817491932198370423,
            4593380528125082431,
            16408922859458223821,
        ];
        assert_eq!(expected.map(|_| random.next()), expected);
    }

    #[test]
    fn things_happen_as_often_as_they_should() {
        for (text, least, most) in
            [("0", 0, 0), ("1", 10_000, 10_000), ("0.5", 4800, 5200), ("0.01", 70, 130)]
        {
            let (mut random, p) = (Random::new(1), Probability::from_arg(text).unwrap());
            let happened = (0..10_000).filter(|_| random.happens(p)).count();
            assert!((least..=most).contains(&happened), "{text}: {happened}");
        }
    }

    #[test]
    fn numbers_outside_are_refused() {
        for text in ["-0.1", "1.1", "NaN", "inf", "x", ""] {
            assert!(Probability::from_arg(text).is_err(), "{text}");
        }
        assert_eq!(Probability::from_arg("0.25").unwrap().complement().to_string(), "0.75");
    }
}
