//! What the packets of a dump start with.

use pkgraph::runtime::FromArg;
use std::fmt;

/// A LINKTYPE_ value, as dumps have it in their header
/// (<https://www.tcpdump.org/linktypes.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkType(pub u16);

/// The values that have a name in graphs.
const NAMES: [(&str, u16); 13] = [
    ("ETHER", 1),
    ("IP", 101),
    ("NULL", 0),
    ("SLL", 113),
    ("802_11", 105),
    ("PRISM", 119),
    ("AIRONET", 120),
    ("PPP", 9),
    ("PPP_HDLC", 50),
    ("HDLC", 104),
    ("FDDI", 10),
    ("ATM", 100),
    ("SUNATM", 123),
];

impl FromArg for LinkType {
    const TYPE: &'static str = "ETHER, IP, NULL, SLL, 802_11, PRISM, AIRONET, PPP, PPP_HDLC, \
                                HDLC, FDDI, ATM, SUNATM or a LINKTYPE number";

    fn from_arg(text: &str) -> Result<Self, String> {
        let named = NAMES.iter().find(|(name, _)| *name == text).map(|(_, number)| *number);
        let number = named.or_else(|| text.parse().ok());
        number.map(LinkType).ok_or_else(|| format!("expected {}, not '{text}'", Self::TYPE))
    }
}

impl fmt::Display for LinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.iter().find(|(_, number)| *number == self.0) {
            Some((name, _)) => f.write_str(name),
            None => self.0.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        for (name, number) in NAMES {
            assert_eq!(LinkType::from_arg(name), Ok(LinkType(number)));
            assert_eq!(LinkType(number).to_string(), name);
            assert!(LinkType::TYPE.contains(name), "{name}");
        }
        assert_eq!(LinkType::from_arg("276").map(|l| l.to_string()).as_deref(), Ok("276"));
        assert!(LinkType::from_arg("ethernet").is_err());
    }
}
