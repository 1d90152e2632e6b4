//! Numbers as they are read.

use crate::results::{Estimate, Ratio, Unit, Verdict};
use std::fmt::Write;

/// Three significant digits, thousands apart; what is no number is a dash.
pub fn short(value: f64) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    let decimals = match value.abs() {
        0.0 => 0,
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        size if size >= 0.9995 => 2,
        size if size >= 0.0005 => 3,
        _ => return format!("{value:.1e}"),
    };
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    format!("{}{rest}", grouped(whole))
}

/// A whole number, thousands apart.
pub fn whole(value: u64) -> String {
    grouped(&value.to_string())
}

fn grouped(digits: &str) -> String {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) => ("−", digits),
        None => ("", digits),
    };
    let mut out = String::from(sign);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            // A narrow space that does not break.
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// A value of an axis: no more digits than its steps need.
pub fn tick(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A median with its interval, each times `scale`. An interval that is a point
/// is none.
pub fn estimate(Estimate { median, low, high, .. }: Estimate, scale: f64) -> String {
    let mut out = short(median * scale);
    if low < high {
        let _ = write!(out, " ({}–{})", short(low * scale), short(high * scale));
    }
    out
}

/// What a ratio says, in words.
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Less => "less",
        Verdict::More => "more",
        Verdict::NoDifference => "no difference",
        Verdict::Unknown => "too few repeats",
    }
}

/// What several ratios say: one word if they agree, else at which numbers of
/// clients each is said.
pub fn verdicts(ratios: &[(usize, Ratio)]) -> String {
    let mut said: Vec<(Verdict, Vec<String>)> = Vec::new();
    for (clients, ratio) in ratios {
        match said.iter_mut().find(|(verdict, _)| *verdict == ratio.verdict) {
            Some((_, at)) => at.push(clients.to_string()),
            None => said.push((ratio.verdict, vec![clients.to_string()])),
        }
    }
    match &said[..] {
        [(one, _)] => verdict(*one).into(),
        _ => {
            let parts = said.iter();
            let parts = parts.map(|(is, at)| format!("{} at {}", verdict(*is), at.join(", ")));
            parts.collect::<Vec<_>>().join("; ")
        }
    }
}

/// Medians from the least to the greatest; a dash if nothing was measured.
pub fn range(ratios: &[(usize, Ratio)]) -> String {
    let measured = ratios.iter().filter(|(_, ratio)| ratio.is_measured());
    let medians = measured.map(|(_, ratio)| ratio.estimate.median);
    let low = short(medians.clone().fold(f64::INFINITY, f64::min));
    let high = short(medians.fold(f64::NEG_INFINITY, f64::max));
    if low == high { low } else { format!("{low}–{high}") }
}

impl Estimate {
    /// In another unit.
    pub fn times(self, scale: f64) -> Estimate {
        let Estimate { median, low, high, confidence } = self;
        Estimate { median: median * scale, low: low * scale, high: high * scale, confidence }
    }
}

impl Ratio {
    /// Whether there is a pair of runs that it was made of. Without one its
    /// interval has no end, and its median says nothing.
    pub fn is_measured(&self) -> bool {
        self.estimate.high < f64::MAX
    }
}

impl Unit {
    /// The unit of delays in tables and on axes.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Nanoseconds => "µs",
            Unit::Instructions => "thousand instructions, simulated",
        }
    }

    /// From the unit of the results to the one that is shown.
    pub fn scale(self) -> f64 {
        1e-3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_and_thousands_apart() {
        for (value, text) in [
            (0.0, "0"),
            (0.0234, "0.023"),
            (0.99999, "1.00"),
            (9.9999, "10.0"),
            (34.56, "34.6"),
            (1234.5, "1\u{202f}234"),
            (-0.00001, "-1.0e-5"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(short(value), text);
        }
        assert_eq!(whole(1_234_567), "1\u{202f}234\u{202f}567");
        let ticks = [0.0002, 0.5, 20.0].map(tick);
        assert_eq!(ticks, ["0.0002", "0.5", "20"]);
    }

    #[test]
    fn an_interval_is_shown_and_a_point_is_not() {
        let of = |low, high| Estimate { median: 20.0, low, high, confidence: 0.9 };
        assert_eq!(estimate(of(10.0, 30.0), 0.1), "2.00 (1.00–3.00)");
        assert_eq!(estimate(of(20.0, 20.0), 0.1), "2.00");
    }

    #[test]
    fn verdicts_that_differ_say_where() {
        let ratio = |median, verdict| Ratio {
            estimate: Estimate { median, low: median, high: median, confidence: 0.9 },
            verdict,
        };
        let less = [(6, ratio(0.5, Verdict::Less)), (8, ratio(0.4, Verdict::Less))];
        assert_eq!((verdicts(&less), range(&less)), ("less".into(), "0.400–0.500".into()));
        let mixed = [less[0], (8, ratio(1.0, Verdict::NoDifference)), (10, less[1].1)];
        assert_eq!(verdicts(&mixed), "less at 6, 10; no difference at 8");
        let mut nothing = ratio(1.0, Verdict::Unknown);
        nothing.estimate = Estimate { low: 0.0, high: f64::MAX, ..nothing.estimate };
        assert_eq!(
            (range(&[(6, nothing)]), range(&[less[0], (8, nothing)])),
            ("–".into(), "0.500".into())
        );
    }
}
