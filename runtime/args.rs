//! Element arguments: bound by name, parsed by type.

use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, ToSocketAddrs};
use std::{fmt, io};
use thiserror::Error;

/// The arguments of one element, each bound to a declared name. An argument
/// that takes the rest of the list occurs once per value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Args(Vec<(String, String)>);

impl Args {
    /// Adds `value` under `name`. The value keeps Click's quoting.
    pub fn add(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// The text of argument `name`; the last one given, as in Click.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// All values of argument `name`, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Whether no argument was given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Parses argument `name`, or the text `default` when it was not given.
    pub fn parse_default<T: FromArg>(&self, name: &str, default: &str) -> Result<T, ArgError> {
        parse(name, self.get(name).unwrap_or(default), 0)
    }

    /// Parses argument `name`; `None` when it was not given.
    pub fn parse_opt<T: FromArg>(&self, name: &str) -> Result<Option<T>, ArgError> {
        self.get(name).map(|text| parse(name, text, 0)).transpose()
    }

    /// Parses an argument that must be given.
    pub fn parse_required<T: FromArg>(&self, name: &str) -> Result<T, ArgError> {
        self.parse_opt(name)?
            .ok_or_else(|| ArgError::element(format!("argument {name} is missing")))
    }

    /// Parses all values of argument `name`.
    pub fn parse_all<T: FromArg>(&self, name: &str) -> Result<Vec<T>, ArgError> {
        self.all(name).enumerate().map(|(i, text)| parse(name, text, i)).collect()
    }
}

fn parse<T: FromArg>(name: &str, text: &str, index: usize) -> Result<T, ArgError> {
    T::from_arg(text).map_err(|message| ArgError { name: Some((name.to_string(), index)), message })
}

/// An argument that an element does not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgError {
    /// Which one: its name and, if it takes several values, which of them.
    /// `None` when it is the whole of the arguments that is wrong.
    pub name: Option<(String, usize)>,
    /// What is wrong, without the argument's name.
    pub message: String,
}

impl ArgError {
    /// An error of the arguments as a whole.
    pub fn element(message: impl Into<String>) -> ArgError {
        ArgError { name: None, message: message.into() }
    }

    /// An error of one argument.
    pub fn argument(name: impl Into<String>, message: impl Into<String>) -> ArgError {
        ArgError { name: Some((name.into(), 0)), message: message.into() }
    }
}

impl fmt::Display for ArgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some((name, _)) => write!(f, "{name}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for ArgError {}

/// A type that an argument may have.
pub trait FromArg: Sized {
    /// What the documentation calls the type.
    const TYPE: &'static str;

    /// Parses the text of an argument, quoting included. The error says what
    /// was expected.
    fn from_arg(text: &str) -> Result<Self, String>;
}

macro_rules! integers {
    ($($type:ty => $name:literal),*) => {$(
        impl FromArg for $type {
            const TYPE: &'static str = $name;

            fn from_arg(text: &str) -> Result<Self, String> {
                let (negative, digits) = match text.strip_prefix('-') {
                    Some(rest) => (true, rest),
                    None => (false, text),
                };
                let magnitude = match digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
                    Some(hex) => i128::from_str_radix(hex, 16),
                    None => digits.parse(),
                };
                // The sign was taken off: a second one is no digit.
                let magnitude = magnitude.ok().filter(|m| *m >= 0 && !digits.starts_with(['+', '-']));
                let value = magnitude.ok_or_else(|| format!("expected {}, not '{text}'", Self::TYPE))?;
                let value = if negative { -value } else { value };
                <$type>::try_from(value).map_err(|_| {
                    format!("{text} is out of range: {} to {}", <$type>::MIN, <$type>::MAX)
                })
            }
        }
    )*};
}
integers!(u8 => "unsigned 8-bit integer", u16 => "unsigned 16-bit integer",
    u32 => "unsigned integer", u64 => "unsigned 64-bit integer",
    usize => "unsigned integer", i32 => "integer", i64 => "64-bit integer");

/// How many packets a task moves each time it runs, at most: 1 to 65,536, so
/// that it moves some, and other tasks get their turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst(u32);

impl Burst {
    /// The number.
    #[inline]
    pub fn get(self) -> u32 {
        self.0
    }
}

impl FromArg for Burst {
    const TYPE: &'static str = "burst (1 to 65536)";

    fn from_arg(text: &str) -> Result<Self, String> {
        match u32::from_arg(text)? {
            burst @ 1..=65536 => Ok(Burst(burst)),
            _ => Err(format!("a burst is 1 to 65536 packets, not {text}")),
        }
    }
}

impl FromArg for bool {
    const TYPE: &'static str = "boolean";

    fn from_arg(text: &str) -> Result<Self, String> {
        match text {
            "true" | "yes" | "1" | "t" | "y" => Ok(true),
            "false" | "no" | "0" | "f" | "n" => Ok(false),
            _ => Err(format!("expected true or false, not '{text}'")),
        }
    }
}

impl FromArg for String {
    const TYPE: &'static str = "string";

    fn from_arg(text: &str) -> Result<Self, String> {
        String::from_utf8(unquote(text)?).map_err(|_| "not UTF-8".to_string())
    }
}

impl FromArg for Vec<u8> {
    const TYPE: &'static str = "octets (\"text\" or \\<0800>)";

    fn from_arg(text: &str) -> Result<Self, String> {
        unquote(text)
    }
}

/// A host, as a graph names it. A name is not looked up before the graph starts, so
/// that to check a graph takes no network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// An IP address.
    Address(IpAddr),
    /// A name.
    Name(String),
}

impl Host {
    /// The address; of a name that has several, the first. Asks the network for it,
    /// so elements call this when they start.
    pub fn resolve(&self) -> Result<IpAddr, NoAddress> {
        let name = match self {
            Host::Address(address) => return Ok(*address),
            Host::Name(name) => name,
        };
        let none = |error| NoAddress { name: name.clone(), error };
        let mut found = (name.as_str(), 0).to_socket_addrs().map_err(|error| none(Some(error)))?;
        found.next().map(|found| found.ip()).ok_or_else(|| none(None))
    }
}

/// A host's name without an address.
#[derive(Debug, Error)]
#[error("no address for '{name}'{}", error.as_ref().map(|e| format!(": {e}")).unwrap_or_default())]
pub struct NoAddress {
    /// The name.
    pub name: String,
    /// What the network says of it, unless that was nothing.
    pub error: Option<io::Error>,
}

impl FromArg for Host {
    const TYPE: &'static str = "IP address or host name";

    fn from_arg(text: &str) -> Result<Self, String> {
        let host = String::from_arg(text)?;
        if let Ok(address) = host.parse() {
            return Ok(Host::Address(address));
        }
        // RFC 1123 §2.1, and the underscore that some names have all the same. The
        // last part is no number, so that a mistyped address is no name.
        let is_part = |part: &str| {
            (1..=63).contains(&part.len())
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        let name = host.strip_suffix('.').unwrap_or(&host);
        let is_number = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let is_name = name.len() <= 253
            && name.split('.').all(is_part)
            && !name.rsplit('.').next().is_some_and(is_number);
        match is_name {
            true => Ok(Host::Name(host)),
            false => Err(format!("expected an IP address or a host name, not '{host}'")),
        }
    }
}

impl FromArg for Ipv4Addr {
    const TYPE: &'static str = "IPv4 address";

    fn from_arg(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| format!("expected an {}, not '{text}'", Self::TYPE))
    }
}

impl FromArg for std::time::Duration {
    const TYPE: &'static str = "duration (10ms, 1.5s, 2min; a bare number is seconds)";

    fn from_arg(text: &str) -> Result<Self, String> {
        let bad = || format!("expected a duration such as 10ms or 1.5s, not '{text}'");
        let unit = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(unit);
        let number: f64 = number.parse().map_err(|_| bad())?;
        let scale = match unit.trim() {
            "" | "s" | "sec" => 1.0,
            "ms" | "msec" => 1e-3,
            "us" | "usec" => 1e-6,
            "ns" | "nsec" => 1e-9,
            "m" | "min" => 60.0,
            "h" | "hr" => 3600.0,
            _ => return Err(bad()),
        };
        std::time::Duration::try_from_secs_f64(number * scale).map_err(|_| bad())
    }
}

/// Takes Click's quoting off an argument: `"..."` with backslash escapes and
/// `\<hex>`, `'...'` taken literally, and `\<hex>` outside quotes.
pub fn unquote(text: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    let mut quote = None;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (*first, quote) {
            (b'"' | b'\'', None) => quote = Some(*first),
            (b, Some(q)) if b == q => quote = None,
            (b'\\', Some(b'"') | None) if rest.first() == Some(&b'<') => {
                let end = rest.iter().position(|b| *b == b'>').ok_or("'\\<' without '>'")?;
                hex_octets(&rest[1..end], &mut out)?;
                rest = &rest[end + 1..];
            }
            (b'\\', Some(b'"')) => {
                let [escaped, tail @ ..] = rest else { return Err("'\\' at the end".into()) };
                rest = tail;
                match escaped {
                    b'n' => out.push(b'\n'),
                    b't' => out.push(b'\t'),
                    b'r' => out.push(b'\r'),
                    b'a' => out.push(7),
                    b'b' => out.push(8),
                    b'f' => out.push(12),
                    b'v' => out.push(11),
                    b'0'..=b'7' => {
                        let mut value = u32::from(escaped - b'0');
                        for _ in 0..2 {
                            let [digit @ b'0'..=b'7', tail @ ..] = rest else { break };
                            value = value * 8 + u32::from(digit - b'0');
                            rest = tail;
                        }
                        out.push(u8::try_from(value).map_err(|_| "octal escape past 377")?);
                    }
                    b'\n' => {}
                    other => out.push(*other),
                }
            }
            (b, _) => out.push(b),
        }
    }
    match quote {
        Some(q) => Err(format!("missing {} at the end", q as char)),
        None => Ok(out),
    }
}

fn hex_octets(text: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
    let digits: Vec<u8> = text.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    if !digits.len().is_multiple_of(2) {
        return Err("an odd number of digits in '\\<...>'".into());
    }
    for pair in digits.chunks(2) {
        let digit = |b: u8| (b as char).to_digit(16).ok_or("a '\\<...>' takes hexadecimal digits");
        out.push((digit(pair[0])? * 16 + digit(pair[1])?) as u8);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn quoting() {
        for (text, octets) in [
            ("plain text", Ok(&b"plain text"[..])),
            (r#""a\n\<00 fF>b""#, Ok(b"a\n\x00\xffb")),
            (r"\<0a0B>", Ok(b"\x0a\x0b")),
            (r"'a\n'", Ok(br"a\n")),
            (r#""\101\0""#, Ok(b"A\0")),
            (r#"a"b"c"#, Ok(b"abc")),
            (r#""abc"#, Err(())),
            (r"\<0>", Err(())),
            (r"\<0g>", Err(())),
            (r"\<00", Err(())),
            (r#""\777""#, Err(())),
        ] {
            assert_eq!(unquote(text).as_deref().map_err(|_| ()), octets, "{text}");
        }
    }

    #[test]
    fn numbers_have_ranges() {
        assert_eq!(u8::from_arg("0xff"), Ok(255));
        assert!(u8::from_arg("256").unwrap_err().contains("0 to 255"));
        assert_eq!(i32::from_arg("-1"), Ok(-1));
        assert!(u32::from_arg("-1").is_err());
        for text in ["", "--1", "-+1", "+1", "1x", "0x", "0x-1"] {
            assert!(i64::from_arg(text).is_err(), "{text}");
        }
    }

    #[test]
    fn hosts_are_not_looked_up_when_they_are_read() {
        assert_eq!(Host::from_arg("::1"), Ok(Host::Address([0, 0, 0, 0, 0, 0, 0, 1].into())));
        for name in ["nowhere.invalid", "a", "a-b.c_d.example.", "0x1"] {
            assert_eq!(Host::from_arg(name), Ok(Host::Name(name.to_string())));
        }
        for text in ["", "1.2.3.256", "1.2.3", "a b", "a..b", "[::1]", &"a".repeat(64)] {
            assert!(Host::from_arg(text).is_err(), "{text}");
        }
        assert_eq!(
            Host::Address([127, 0, 0, 1].into()).resolve().unwrap(),
            IpAddr::from([127, 0, 0, 1])
        );
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(Duration::from_arg("10ms"), Ok(Duration::from_millis(10)));
        assert_eq!(Duration::from_arg("1.5"), Ok(Duration::from_millis(1500)));
        assert!(Duration::from_arg("ten").is_err());
        assert!(Duration::from_arg("1 parsec").is_err());
    }
}
