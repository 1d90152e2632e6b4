//! What the host knows of its neighbours: the Ethernet address that leads to
//! an IP address, asked by netlink (rtnetlink(7)), which needs no privilege.

use super::look_up::Hop;
use pkgraph::runtime::sys::Netlink;
use pkgraph_ethernet::EtherAddress;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

/// A way to ask the host.
pub struct Neighbours {
    netlink: Netlink,
}

/// The UDP port that throws away what it gets (RFC 863).
const DISCARD: u16 = 9;

impl Neighbours {
    /// Opens a socket to ask by.
    pub fn open() -> io::Result<Neighbours> {
        Ok(Neighbours { netlink: Netlink::open()? })
    }

    /// Where frames to `ip` go from the interface that has the address `own`.
    pub fn find(&self, ip: IpAddr, own: EtherAddress) -> Hop {
        let has_own = |interface| self.netlink.link_address(interface) == Some(own.0.to_vec());
        let Some((interface, hop)) = self.netlink.route(ip).filter(|(at, _)| has_own(*at)) else {
            return Hop::Elsewhere;
        };
        let address = self.netlink.neighbour(interface, hop);
        let address = address.and_then(|octets| octets.try_into().ok());
        address.map_or(Hop::Unknown, |octets| Hop::Known(EtherAddress(octets)))
    }

    /// Makes the host find it out, by an empty datagram to the host's UDP port
    /// that throws it away.
    pub fn resolve(&self, host: SocketAddr) {
        let any: IpAddr = if host.is_ipv4() { [0; 4].into() } else { [0; 16].into() };
        let mut to = host;
        to.set_port(DISCARD);
        // Where there is no way, there will be no entry.
        let _ = UdpSocket::bind((any, 0)).and_then(|socket| socket.send_to(&[], to));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv6Addr;

    #[test]
    fn the_way_must_be_by_the_interface_that_media_comes_by() {
        let neighbours = Neighbours::open().unwrap();
        for ip in [IpAddr::from([127, 0, 0, 1]), Ipv6Addr::LOCALHOST.into()] {
            assert_eq!(neighbours.find(ip, EtherAddress([2; 6])), Hop::Elsewhere);
        }
    }
}
