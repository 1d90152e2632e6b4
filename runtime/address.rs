//! A UDP endpoint, in the one form in which two endpoints can be compared.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// Family, IP, UDP port and IPv6 scope.
///
/// IPv4-mapped IPv6 (RFC 4291 §2.5.5.2) is stored as IPv4 and the flow label
/// is dropped, so that `==` is the equality of the switch's protocol: one peer
/// has one address however its socket reports it.
// 24 octets in whole words, since packets carry two: a `SocketAddr` is copied in
// pieces, and reading them together right after waits for the cache.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    family: Family,
    /// The IPv6 address; an IPv4 address is the low 32 bits.
    high: u64,
    low: u64,
    udp_port: u16,
    scope: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Family {
    Ipv4,
    Ipv6,
}

const _: () = assert!(size_of::<Address>() == 24 && size_of::<Option<Address>>() == 24);

impl Address {
    /// IPv4 0.0.0.0, UDP port 0: no endpoint at all.
    pub const UNSPECIFIED: Address = Address::ipv4(Ipv4Addr::UNSPECIFIED, 0);

    /// The endpoint of an IPv4 address and a UDP port.
    #[inline]
    pub const fn ipv4(ip: Ipv4Addr, udp_port: u16) -> Address {
        let low = ip.to_bits() as u64;
        Address { family: Family::Ipv4, high: 0, low, udp_port, scope: 0 }
    }

    /// The endpoint of an IPv6 address, which may be IPv4-mapped, and a UDP port.
    /// `scope` says by which link a link-local address is meant, or is 0.
    #[inline]
    pub fn ipv6(ip: Ipv6Addr, udp_port: u16, scope: u32) -> Address {
        if let Some(ip) = ip.to_ipv4_mapped() {
            return Address::ipv4(ip, udp_port);
        }
        let bits = ip.to_bits();
        let (high, low) = ((bits >> 64) as u64, bits as u64);
        Address { family: Family::Ipv6, high, low, udp_port, scope }
    }

    /// The canonical IP address.
    #[inline]
    pub fn ip(&self) -> IpAddr {
        match self.family {
            Family::Ipv4 => Ipv4Addr::from_bits(self.low as u32).into(),
            Family::Ipv6 => {
                Ipv6Addr::from_bits(u128::from(self.high) << 64 | u128::from(self.low)).into()
            }
        }
    }

    /// Whether the canonical IP address is of IPv4.
    #[inline]
    pub fn is_ipv4(&self) -> bool {
        self.family == Family::Ipv4
    }

    /// The UDP port, in host byte order.
    #[inline]
    pub fn udp_port(&self) -> u16 {
        self.udp_port
    }

    /// The same host at another UDP port.
    #[inline]
    pub fn with_udp_port(self, udp_port: u16) -> Address {
        Address { udp_port, ..self }
    }

    /// The canonical socket address (never IPv4-mapped, flow label 0).
    #[inline]
    pub fn socket_addr(&self) -> SocketAddr {
        match self.ip() {
            IpAddr::V4(ip) => SocketAddrV4::new(ip, self.udp_port).into(),
            IpAddr::V6(ip) => SocketAddrV6::new(ip, self.udp_port, 0, self.scope).into(),
        }
    }
}

impl From<SocketAddr> for Address {
    #[inline]
    fn from(address: SocketAddr) -> Address {
        match address {
            SocketAddr::V4(v4) => Address::ipv4(*v4.ip(), v4.port()),
            SocketAddr::V6(v6) => Address::ipv6(*v6.ip(), v6.port(), v6.scope_id()),
        }
    }
}

impl crate::HandlerValue for Address {
    const KIND: crate::Kind = crate::Kind::Text;

    fn value(&self) -> crate::Value {
        crate::Value::Text(self.to_string())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.socket_addr().fmt(f)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.socket_addr().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapped_ipv6_and_flow_labels_are_one_address() {
        let of = |text: &str| Address::from(text.parse::<SocketAddr>().unwrap());
        assert_eq!(of("[::ffff:10.0.0.1]:5004"), of("10.0.0.1:5004"));
        assert_ne!(of("[fe80::1%1]:5004"), of("[fe80::1%2]:5004"));
        for text in ["10.0.0.1:5004", "[2001:db8::1]:1", "[fe80::1%1]:5004", "0.0.0.0:0"] {
            assert_eq!(of(text).to_string(), text);
        }
        let flow = SocketAddrV6::new("2001:db8::1".parse().unwrap(), 1, 77, 0);
        assert_eq!(Address::from(SocketAddr::V6(flow)), of("[2001:db8::1]:1"));
    }
}
