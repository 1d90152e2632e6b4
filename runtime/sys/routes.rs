//! Which interface and which station lead to an IP address, as the host knows
//! it.

use crate::netlink::{Netlink, attribute, u16_at};
use std::net::IpAddr;

// `linux/rtnetlink.h` and `linux/neighbour.h`: octets of the structs `rtmsg`,
// `ifinfomsg` and `ndmsg`, and attributes.
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

impl Netlink {
    /// The number of the interface that leads to `ip`, and the IP address of
    /// the next host on the way.
    pub fn route(&self, ip: IpAddr) -> Option<(u32, IpAddr)> {
        let (family, octets) = family(ip);
        let mut body = vec![family, octets.len() as u8 * 8];
        body.resize(ROUTE, 0);
        let answer = self.ask(libc::RTM_GETROUTE, &body, Some((RTA_DST, &octets))).ok()??;
        let attributes = answer.get(ROUTE..)?;
        let interface = attribute(attributes, RTA_OIF)?.try_into().ok()?;
        let hop = match attribute(attributes, RTA_GATEWAY) {
            Some(gateway) => address(gateway)?,
            None => ip,
        };
        Some((u32::from_ne_bytes(interface), hop))
    }

    /// The hardware address of an interface: six octets, if it is Ethernet.
    pub fn link_address(&self, interface: u32) -> Option<Vec<u8>> {
        // Family, padding and type; interface; flags and their mask.
        let mut body = vec![0; 4];
        body.extend(interface.to_ne_bytes());
        body.resize(LINK, 0);
        let answer = self.ask(libc::RTM_GETLINK, &body, None).ok()??;
        attribute(answer.get(LINK..)?, IFLA_ADDRESS).map(<[u8]>::to_vec)
    }

    /// The hardware address of a host next to an interface, if it is known.
    pub fn neighbour(&self, interface: u32, host: IpAddr) -> Option<Vec<u8>> {
        let (family, octets) = family(host);
        // Family, three octets of padding, interface, state, flags and type.
        let mut body = vec![family, 0, 0, 0];
        body.extend(interface.to_ne_bytes());
        body.resize(NEIGHBOUR, 0);
        let answer = self.ask(libc::RTM_GETNEIGH, &body, Some((NDA_DST, &octets))).ok()??;
        if u16_at(&answer, 8)? & HAS_ADDRESS == 0 {
            return None;
        }
        attribute(answer.get(NEIGHBOUR..)?, NDA_LLADDR).map(<[u8]>::to_vec)
    }
}

fn family(ip: IpAddr) -> (u8, Vec<u8>) {
    match ip {
        IpAddr::V4(ip) => (libc::AF_INET as u8, ip.octets().to_vec()),
        IpAddr::V6(ip) => (libc::AF_INET6 as u8, ip.octets().to_vec()),
    }
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    match octets.len() {
        4 => octets.first_chunk::<4>().map(|octets| (*octets).into()),
        16 => octets.first_chunk::<16>().map(|octets| (*octets).into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Device;
    use std::net::Ipv4Addr;

    #[test]
    fn loopback_leads_to_itself() {
        let netlink = Netlink::open().unwrap();
        let (interface, hop) = netlink.route(Ipv4Addr::LOCALHOST.into()).unwrap();
        assert_eq!(hop, Ipv4Addr::LOCALHOST);
        assert_eq!(interface, Device::find("lo").unwrap().index);
        assert_eq!(netlink.link_address(interface).unwrap(), [0; 6]);
        assert_eq!(netlink.neighbour(interface, [127, 1, 2, 3].into()), None);
    }
}
