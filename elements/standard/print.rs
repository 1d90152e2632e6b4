//! `Print`.

use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::{FromArg, Packet, say};
use std::fmt::Write;

/// Prints packets on standard error, one line each.
///
/// A line is `LABEL: length | octets`, the octets in hexadecimal, four in a
/// group.
#[derive(Declare)]
#[element(
    subject = "standard",
    ports = "1/1",
    processing = "a/a",
    input_docs("Packets to print."),
    output_docs("The same packets."),
    reads(Timestamp, Paint),
    example = "InfiniteSource(DATA \\<0800>, LIMIT 1, STOP true) -> Print(hello) -> Discard"
)]
pub struct Print {
    /// What the line starts with.
    #[arg(position)]
    label: Option<String>,
    /// Octets printed of each packet at most; negative for all.
    #[arg(position, default = "24")]
    maxlength: i32,
    /// How octets are printed: NONE, HEX or ASCII.
    #[arg(keyword, default = "HEX")]
    contents: Contents,
    /// Whether the timestamp annotation is printed, in seconds of the
    /// engine's clock.
    #[arg(keyword, default = "false")]
    timestamp: bool,
    /// Whether the paint annotation is printed.
    #[arg(keyword, default = "false")]
    printanno: bool,
    /// Whether it prints.
    #[arg(keyword, default = "true")]
    #[handler(write)]
    active: bool,
}

/// How Print shows octets.
#[derive(Clone, Copy, PartialEq)]
enum Contents {
    None,
    Hex,
    Ascii,
}

impl FromArg for Contents {
    const TYPE: &'static str = "NONE, HEX or ASCII";

    fn from_arg(text: &str) -> Result<Self, String> {
        match text {
            "NONE" | "false" => Ok(Contents::None),
            "HEX" | "true" => Ok(Contents::Hex),
            "ASCII" => Ok(Contents::Ascii),
            _ => Err(format!("expected {}, not '{text}'", Self::TYPE)),
        }
    }
}

impl Print {
    fn line(&self, packet: &Packet) -> String {
        let mut line = String::new();
        // Writing to a String does not fail.
        if let Some(label) = &self.label {
            let _ = write!(line, "{label}: ");
        }
        if self.timestamp {
            let at = packet.annotations().timestamp().unwrap_or(0);
            let _ = write!(line, "{}.{:09}: ", at / 1_000_000_000, at % 1_000_000_000);
        }
        let _ = write!(line, "{:4}", packet.len());
        if self.printanno {
            let _ = write!(line, " | paint {}", packet.annotations().paint().unwrap_or(0));
        }
        let most = usize::try_from(self.maxlength).unwrap_or(usize::MAX);
        let octets = &packet.data()[..packet.len().min(most)];
        if self.contents == Contents::None || octets.is_empty() {
            return line;
        }
        line.push_str(" |");
        for (i, octet) in octets.iter().enumerate() {
            let group = if self.contents == Contents::Hex { 4 } else { 8 };
            if i % group == 0 {
                line.push(' ');
            }
            match self.contents {
                Contents::Hex => {
                    let _ = write!(line, "{octet:02x}");
                }
                _ if octet.is_ascii_graphic() || *octet == b' ' => line.push(*octet as char),
                _ => line.push('.'),
            }
        }
        line
    }
}

impl Element for Print {
    fn simple_action(&mut self, packet: Packet) -> Option<Packet> {
        if self.active {
            say!("{}", self.line(&packet));
        }
        Some(packet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pkgraph::runtime::{Args, Region};

    fn line(args: &[(&str, &str)], data: &[u8]) -> String {
        let mut bound = Args::default();
        for (name, value) in args {
            bound.add(*name, *value);
        }
        let packet = Region::new(1, 256).packet(data).unwrap();
        Print::declare(&bound).unwrap().line(&packet)
    }

    #[test]
    fn lines() {
        assert_eq!(line(&[], b"\x08\x00ab\xff"), "   5 | 08006162 ff");
        assert_eq!(line(&[("LABEL", "x"), ("MAXLENGTH", "1")], b"\x08\x00"), "x:    2 | 08");
        assert_eq!(line(&[("CONTENTS", "ASCII")], b"a\0bcdefghi"), "  10 | a.bcdefg hi");
        assert_eq!(line(&[("CONTENTS", "NONE"), ("PRINTANNO", "true")], b"a"), "   1 | paint 0");
    }
}
