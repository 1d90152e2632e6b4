//! Lists of IPv4 addresses, as arguments of elements.

use pkgraph::runtime::FromArg;
use std::net::Ipv4Addr;

/// IPv4 addresses with spaces between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressList(pub Vec<Ipv4Addr>);

impl FromArg for AddressList {
    const TYPE: &'static str = "space-separated list of IPv4 addresses";

    fn from_arg(text: &str) -> Result<Self, String> {
        text.split_whitespace().map(Ipv4Addr::from_arg).collect::<Result<_, _>>().map(AddressList)
    }
}

/// The addresses of a router's interfaces and the broadcast addresses of their
/// networks, written `10.0.0.1/24 10.0.1.1/24`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interfaces {
    /// Each interface's own address.
    pub own: Vec<Ipv4Addr>,
    /// Addresses that no packet may come from: the broadcast address of each
    /// network, and those of all networks.
    pub broadcast: Vec<Ipv4Addr>,
}

impl FromArg for Interfaces {
    const TYPE: &'static str = "space-separated list of IPv4 addresses with prefix lengths";

    fn from_arg(text: &str) -> Result<Self, String> {
        let mut interfaces = Interfaces {
            own: Vec::new(),
            broadcast: vec![Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST],
        };
        for word in text.split_whitespace() {
            let bad = || format!("expected an address such as 10.0.0.1/24, not '{word}'");
            let (address, length) = word.split_once('/').ok_or_else(bad)?;
            let address = Ipv4Addr::from_arg(address)?;
            let length = length.parse().ok().filter(|n: &u32| *n <= 32).ok_or_else(bad)?;
            let hosts = u32::MAX.checked_shr(length).unwrap_or(0);
            interfaces.own.push(address);
            interfaces.broadcast.push((address.to_bits() | hosts).into());
        }
        Ok(interfaces)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_have_broadcast_addresses() {
        for (text, broadcast) in [
            ("18.26.4.9/24", Some("18.26.4.255")),
            ("18.32.9.44/28", Some("18.32.9.47")),
            ("10.1.2.3/0", Some("255.255.255.255")),
            ("10.1.2.3/32", Some("10.1.2.3")),
            ("10.1.2.3", None),
            ("10.1.2.3/33", None),
            ("10.1.2/8", None),
        ] {
            let found = Interfaces::from_arg(text).ok();
            let last = found.map(|found| found.broadcast.last().unwrap().to_string());
            assert_eq!(last.as_deref(), broadcast, "{text}");
        }
    }

    #[test]
    fn lists() {
        let both = AddressList(vec![[1, 2, 3, 4].into(), [5, 6, 7, 8].into()]);
        assert_eq!(AddressList::from_arg(" 1.2.3.4  5.6.7.8"), Ok(both));
        assert_eq!(AddressList::from_arg(""), Ok(AddressList::default()));
        assert!(AddressList::from_arg("1.2.3.4,5.6.7.8").is_err());
    }
}
