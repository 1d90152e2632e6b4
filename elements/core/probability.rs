//! Probabilities as arguments.

use pkgraph_runtime::{FromArg, HandlerValue, Kind, Random, Value};
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

    /// Whether something of this probability happens this time.
    #[inline]
    pub fn happens(self, random: &mut Random) -> bool {
        (random.next() >> 32) < self.threshold
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_happen_as_often_as_they_should() {
        for (text, least, most) in
            [("0", 0, 0), ("1", 10_000, 10_000), ("0.5", 4800, 5200), ("0.01", 70, 130)]
        {
            let (mut random, p) = (Random::new(1), Probability::from_arg(text).unwrap());
            let happened = (0..10_000).filter(|_| p.happens(&mut random)).count();
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
