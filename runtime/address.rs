//! A UDP endpoint, in the one form in which two endpoints can be compared.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV6};

/// Family, IP, UDP port and IPv6 scope.
///
/// IPv4-mapped IPv6 (RFC 4291 §2.5.5.2) is stored as IPv4 and the flow label
/// is dropped, so that `==` is the equality of the switch's protocol: one peer
/// has one address however its socket reports it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address(SocketAddr);

impl Address {
    /// IPv4 0.0.0.0, UDP port 0: no endpoint at all.
    pub const UNSPECIFIED: Address = Address(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0));

    /// The canonical IP address.
    #[inline]
    pub fn ip(&self) -> IpAddr {
        self.0.ip()
    }

    /// Whether the canonical IP address is of IPv4.
    #[inline]
    pub fn is_ipv4(&self) -> bool {
        self.0.is_ipv4()
    }

    /// The UDP port, in host byte order.
    #[inline]
    pub fn udp_port(&self) -> u16 {
        self.0.port()
    }

    /// The same host at another UDP port.
    #[inline]
    pub fn with_udp_port(self, udp_port: u16) -> Address {
        let mut address = self.0;
        address.set_port(udp_port);
        Address(address)
    }

    /// The canonical socket address (never IPv4-mapped, flow label 0).
    #[inline]
    pub fn socket_addr(&self) -> SocketAddr {
        self.0
    }
}

impl From<SocketAddr> for Address {
    #[inline]
    fn from(address: SocketAddr) -> Address {
        Address(match address {
            SocketAddr::V4(_) => address,
            SocketAddr::V6(v6) => match v6.ip().to_canonical() {
                IpAddr::V4(ip) => SocketAddr::new(IpAddr::V4(ip), v6.port()),
                IpAddr::V6(ip) => {
                    SocketAddr::V6(SocketAddrV6::new(ip, v6.port(), 0, v6.scope_id()))
                }
            },
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
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
        let flow = SocketAddrV6::new("2001:db8::1".parse().unwrap(), 1, 77, 0);
        assert_eq!(Address::from(SocketAddr::V6(flow)), of("[2001:db8::1]:1"));
    }
}
