//! What the host knows of its neighbours: the Ethernet address that leads to
//! an IP address, asked by netlink (rtnetlink(7)), which needs no privilege.

use pkgraph_ethernet::EtherAddress;
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr, UdpSocket};

/// A way to ask the host.
pub struct Neighbours {
    netlink: Socket,
}

/// The way to an IP address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hop {
    /// The Ethernet address of its host, or of the router before it.
    Known(EtherAddress),
    /// The host would have to find it out.
    Unknown,
    /// Not by this interface, or there is none.
    Elsewhere,
}

// `linux/netlink.h`, `linux/rtnetlink.h` and `linux/neighbour.h`.
const HEADER: usize = 16;
const ROUTE: usize = 12;
const LINK: usize = 16;
const NEIGHBOUR: usize = 12;
const RTA_DST: u16 = 1;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const IFLA_ADDRESS: u16 = 1;
const NDA_DST: u16 = 1;
const NDA_LLADDR: u16 = 2;
/// The states of an entry that has an address: REACHABLE, STALE, DELAY, PROBE,
/// NOARP and PERMANENT.
const HAS_ADDRESS: u16 = 0x02 | 0x04 | 0x08 | 0x10 | 0x40 | 0x80;
/// The UDP port that throws away what it gets (RFC 863).
const DISCARD: u16 = 9;

impl Neighbours {
    /// Opens a socket to ask by.
    pub fn open() -> io::Result<Neighbours> {
        let netlink = Socket::new(
            Domain::from(libc::AF_NETLINK),
            Type::RAW,
            Some(Protocol::from(libc::NETLINK_ROUTE)),
        )?;
        netlink.set_nonblocking(true)?;
        Ok(Neighbours { netlink })
    }

    /// Where frames to `ip` go from the interface that has the address `own`.
    pub fn find(&self, ip: IpAddr, own: EtherAddress) -> Hop {
        let Some((interface, hop)) = self.route(ip).filter(|(at, _)| self.has(*at, own)) else {
            return Hop::Elsewhere;
        };
        self.neighbour(interface, family(ip).0, &hop).map_or(Hop::Unknown, Hop::Known)
    }

    /// The interface that leads to `ip`, and the next host's IP address.
    fn route(&self, ip: IpAddr) -> Option<([u8; 4], Vec<u8>)> {
        let (family, octets) = family(ip);
        let mut body = vec![family, octets.len() as u8 * 8];
        body.resize(ROUTE, 0);
        let answer = self.ask(libc::RTM_GETROUTE, &body, Some((RTA_DST, &octets)))?;
        let attributes = answer.get(HEADER + ROUTE..)?;
        let interface = attribute(attributes, RTA_OIF)?.try_into().ok()?;
        let hop = attribute(attributes, RTA_GATEWAY).map(<[u8]>::to_vec);
        Some((interface, hop.unwrap_or(octets)))
    }

    /// Whether the interface has this address.
    fn has(&self, interface: [u8; 4], own: EtherAddress) -> bool {
        // Family, padding and type; interface; flags and their mask.
        let mut body = vec![0; 4];
        body.extend(interface);
        body.resize(LINK, 0);
        let answer = self.ask(libc::RTM_GETLINK, &body, None);
        let attributes = answer.as_ref().and_then(|answer| answer.get(HEADER + LINK..));
        attributes.and_then(|list| attribute(list, IFLA_ADDRESS)) == Some(&own.0)
    }

    fn neighbour(&self, interface: [u8; 4], family: u8, hop: &[u8]) -> Option<EtherAddress> {
        // Family, three octets of padding, interface, state, flags and type.
        let mut body = vec![family, 0, 0, 0];
        body.extend(interface);
        body.resize(NEIGHBOUR, 0);
        let answer = self.ask(libc::RTM_GETNEIGH, &body, Some((NDA_DST, hop)))?;
        let state = answer.get(HEADER + 8..HEADER + 10)?;
        if u16::from_ne_bytes(state.try_into().ok()?) & HAS_ADDRESS == 0 {
            return None;
        }
        let address = attribute(answer.get(HEADER + NEIGHBOUR..)?, NDA_LLADDR)?;
        address.try_into().ok().map(EtherAddress)
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

    /// The one answer to a request with one attribute or none.
    fn ask(&self, kind: u16, body: &[u8], of: Option<(u16, &[u8])>) -> Option<Vec<u8>> {
        const NLM_F_REQUEST: u16 = 1;
        let mut request = vec![0; 4];
        request.extend(kind.to_ne_bytes());
        request.extend(NLM_F_REQUEST.to_ne_bytes());
        // Number and sender: there is one request at a time.
        request.extend([0; 8]);
        request.extend(body);
        if let Some((name, value)) = of {
            request.extend((4 + value.len() as u16).to_ne_bytes());
            request.extend(name.to_ne_bytes());
            request.extend(value);
        }
        let length = request.len() as u32;
        request[..4].copy_from_slice(&length.to_ne_bytes());
        self.netlink.send(&request).ok()?;
        let mut answer = vec![0; 32 << 10];
        let read = (&self.netlink).read(&mut answer).ok()?;
        answer.truncate(read);
        // The kinds come in groups of new, delete and get (RTM_NEWLINK is 16);
        // what the kernel refuses is answered with an error.
        let expected = kind - 2;
        (answer.get(4..6)? == expected.to_ne_bytes()).then_some(answer)
    }
}

fn family(ip: IpAddr) -> (u8, Vec<u8>) {
    match ip {
        IpAddr::V4(ip) => (libc::AF_INET as u8, ip.octets().to_vec()),
        IpAddr::V6(ip) => (libc::AF_INET6 as u8, ip.octets().to_vec()),
    }
}

/// The value of an attribute.
fn attribute(mut attributes: &[u8], name: u16) -> Option<&[u8]> {
    loop {
        let number = |at: usize| Some(u16::from_ne_bytes(*attributes.get(at..)?.first_chunk()?));
        let length = usize::from(number(0)?);
        let value = attributes.get(4..length)?;
        if number(2)? == name {
            return Some(value);
        }
        attributes = attributes.get(length.next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv6Addr;

    #[test]
    fn attributes_are_found_one_after_the_other() {
        let one = |name: u16, value: &[u8]| {
            let mut octets = (4 + value.len() as u16).to_ne_bytes().to_vec();
            octets.extend(name.to_ne_bytes());
            octets.extend(value);
            octets.resize(octets.len().next_multiple_of(4), 0);
            octets
        };
        let all = [one(3, &[1, 2, 3, 4, 5, 6]), one(1, &[]), one(7, &[9])].concat();
        assert_eq!(attribute(&all, 3), Some(&[1, 2, 3, 4, 5, 6][..]));
        assert_eq!(attribute(&all, 1), Some(&[][..]));
        assert_eq!(attribute(&all, 7), Some(&[9][..]));
        assert_eq!(attribute(&all, 2), None);
        for len in 0..all.len() {
            let _ = attribute(&all[..len], 2);
        }
        assert_eq!(attribute(&[2, 0, 2, 0], 2), None);
    }

    #[test]
    fn the_way_must_be_by_the_interface_that_media_comes_by() {
        let neighbours = Neighbours::open().unwrap();
        for ip in [IpAddr::from([127, 0, 0, 1]), Ipv6Addr::LOCALHOST.into()] {
            assert_eq!(neighbours.find(ip, EtherAddress([2; 6])), Hop::Elsewhere);
        }
    }
}
