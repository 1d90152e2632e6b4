//! A bandwidth, as an argument.

use pkgraph::runtime::FromArg;

/// Octets per second, written `384kbps`, `2.5Mbps`, `1MB/s`; a bare number is
/// in octets per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bandwidth(pub u64);

impl FromArg for Bandwidth {
    const TYPE: &'static str = "bandwidth (384kbps, 2.5Mbps, 1MB/s; a bare number is B/s)";

    fn from_arg(text: &str) -> Result<Self, String> {
        let bad = || format!("expected a bandwidth such as 384kbps or 1MB/s, not '{text}'");
        let unit = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(unit);
        let number: f64 = number.parse().map_err(|_| bad())?;
        let unit = unit.trim().to_ascii_lowercase();
        let (prefix, per_octet) = if unit.is_empty() {
            ("", 1.0)
        } else if let Some(prefix) = unit.strip_suffix("b/s").or(unit.strip_suffix("baud")) {
            (prefix, if unit.ends_with("baud") { 8.0 } else { 1.0 })
        } else {
            (unit.strip_suffix("bps").ok_or_else(bad)?, 8.0)
        };
        let scale = match prefix {
            "" => 1.0,
            "k" => 1e3,
            "m" => 1e6,
            "g" => 1e9,
            _ => return Err(bad()),
        };
        Ok(Bandwidth((number * scale / per_octet) as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        for (text, octets) in [
            ("1000", Some(1000)),
            ("8bps", Some(1)),
            ("384kbps", Some(48_000)),
            ("2.5Mbps", Some(312_500)),
            ("1 Gbps", Some(125_000_000)),
            ("1MB/s", Some(1_000_000)),
            ("16kbaud", Some(2000)),
            ("fast", None),
            ("1 Tbps", None),
            ("1m", None),
            ("", None),
        ] {
            assert_eq!(Bandwidth::from_arg(text).ok(), octets.map(Bandwidth), "{text}");
        }
    }
}
