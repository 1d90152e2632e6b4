//! Durations as handlers show and take them.

use pkgraph::runtime::{FromArg, HandlerValue, Kind, Nanos, Number, Value};
use std::fmt;
use std::time::Duration;

/// A duration of the engine's clock. It is written like any duration and shown
/// in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub Nanos);

impl FromArg for Seconds {
    const TYPE: &'static str = Duration::TYPE;

    fn from_arg(text: &str) -> Result<Self, String> {
        let nanos = Duration::from_arg(text)?.as_nanos();
        Nanos::try_from(nanos).map(Seconds).map_err(|_| format!("{text} is too long"))
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:09}", self.0 / 1_000_000_000, self.0 % 1_000_000_000);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl HandlerValue for Seconds {
    const KIND: Kind = Kind::Number;

    fn value(&self) -> Value {
        Value::Number(Number::Real(self.0 as f64 / 1e9, self.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_written() {
        for (text, shown) in
            [("500ms", "0.5"), ("2", "2"), ("1us", "0.000001"), ("1min", "60"), ("0", "0")]
        {
            let value = Seconds::from_arg(text).unwrap();
            assert_eq!(value.to_string(), shown);
            assert_eq!(Seconds::from_arg(shown), Ok(value));
        }
        assert!(Seconds::from_arg("10000000h").is_err());
    }
}
