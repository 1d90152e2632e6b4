//! An Ethernet address.

use pkgraph::runtime::FromArg;
use std::fmt;

/// An Ethernet (MAC) address, written `1:2:3:a:b:c` or `01-02-03-0A-0B-0C`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EtherAddress(pub [u8; 6]);

impl FromArg for EtherAddress {
    const TYPE: &'static str = "Ethernet address";

    fn from_arg(text: &str) -> Result<Self, String> {
        let bad = || format!("expected an {} such as 1:2:3:a:b:c, not '{text}'", Self::TYPE);
        let mut octets = [0; 6];
        let mut parts = text.split(if text.contains('-') { '-' } else { ':' });
        for octet in &mut octets {
            let part = parts.next().filter(|part| (1..=2).contains(&part.len()));
            let digits = part.filter(|part| part.bytes().all(|b| b.is_ascii_hexdigit()));
            *octet = u8::from_str_radix(digits.ok_or_else(bad)?, 16).map_err(|_| bad())?;
        }
        if parts.next().is_some() { Err(bad()) } else { Ok(EtherAddress(octets)) }
    }
}

impl pkgraph::runtime::HandlerValue for EtherAddress {
    const KIND: pkgraph::runtime::Kind = pkgraph::runtime::Kind::Text;

    fn value(&self) -> pkgraph::runtime::Value {
        pkgraph::runtime::Value::Text(self.to_string())
    }
}

impl fmt::Display for EtherAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02X}-{b:02X}-{c:02X}-{d:02X}-{e:02X}-{g:02X}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for (text, octets) in [
            ("1:2:3:a:b:C", Some([1, 2, 3, 10, 11, 12])),
            ("00-ff-00-FF-00-ff", Some([0, 255, 0, 255, 0, 255])),
            ("1:2:3:4:5", None),
            ("1:2:3:4:5:6:7", None),
            ("1:2:3:4:5:100", None),
            ("1:2:3:4:5:+6", None),
            ("1:2:3:4:5:", None),
            ("", None),
        ] {
            assert_eq!(EtherAddress::from_arg(text).ok(), octets.map(EtherAddress), "{text}");
        }
        let address = EtherAddress([0, 1, 2, 0xa, 0xb, 0xff]);
        assert_eq!(address.to_string(), "00-01-02-0A-0B-FF");
        assert_eq!(EtherAddress::from_arg(&address.to_string()), Ok(address));
    }
}
