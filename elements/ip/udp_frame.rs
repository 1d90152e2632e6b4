//! A UDP datagram in an Ethernet frame.

use super::checksum;
use super::udp_headers::pseudo_header;
use pkgraph::runtime::{Address, Packet, PoolEmpty};
use pkgraph_ethernet::ETHERTYPE_VLAN;
use std::net::Ipv6Addr;

/// Where a UDP datagram is in an Ethernet frame (Ethernet II, at most one
/// IEEE 802.1Q tag, IPv4 with options or IPv6 without extension headers).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UdpFrame {
    /// Source IP and UDP port.
    pub source: Address,
    /// Destination IP and UDP port.
    pub destination: Address,
    /// Offset of the UDP payload in the frame, in octets.
    pub payload: usize,
    /// Length of the UDP payload in octets; padding of the frame may follow.
    pub payload_len: usize,
}

pub(super) const ETHERTYPE_IPV4: u16 = 0x0800;
pub(super) const ETHERTYPE_IPV6: u16 = 0x86dd;
pub(super) const PROTOCOL_UDP: u8 = 17;

impl UdpFrame {
    /// Finds the datagram. `None` for anything else, for a fragment, and for
    /// a frame whose lengths disagree.
    #[inline]
    pub fn parse(frame: &[u8]) -> Option<UdpFrame> {
        let mut at = 14;
        let mut ethertype = u16_at(frame, 12)?;
        if ethertype == ETHERTYPE_VLAN {
            ethertype = u16_at(frame, 16)?;
            at = 18;
        }
        match ethertype {
            ETHERTYPE_IPV4 => ipv4(frame, at),
            ETHERTYPE_IPV6 => ipv6(frame, at),
            _ => None,
        }
    }

    /// Whether the checksums of `frame`, in which this was found, are right.
    ///
    /// A UDP checksum of 0 on IPv4 says that there is none. One that is the sum
    /// of the pseudo-header alone is right too: a sender on this machine leaves
    /// the rest to hardware that there is not.
    #[inline]
    pub fn is_intact(&self, frame: &[u8]) -> bool {
        let at = if u16_at(frame, 12) == Some(ETHERTYPE_VLAN) { 18 } else { 14 };
        let Some(ip) = frame.get(at..self.payload - UDP_HEADER) else { return false };
        let Some(udp) = frame.get(self.payload - UDP_HEADER..self.payload + self.payload_len)
        else {
            return false;
        };
        let is_ipv4 = self.source.is_ipv4();
        if is_ipv4 && checksum::finish(checksum::add(0, ip)) != 0 {
            return false;
        }
        let (source, destination) =
            if is_ipv4 { (&ip[12..16], &ip[16..20]) } else { (&ip[8..24], &ip[24..40]) };
        let pseudo = pseudo_header(source, destination, udp.len() as u16);
        let field = u16_at(udp, 6).unwrap_or(0);
        (field == 0 && is_ipv4)
            || field == !checksum::finish(pseudo)
            || checksum::finish(checksum::add(pseudo, udp)) == 0
    }

    /// Notes addresses, header and payload on the packet whose data is this frame, and
    /// cuts padding off behind the datagram.
    #[inline]
    pub fn annotate(&self, packet: &mut Packet) -> Result<(), PoolEmpty> {
        packet.set_payload(self.payload)?;
        packet.set_ethernet_header(0)?;
        let annotations = packet.annotations_mut()?;
        annotations.set_source(self.source);
        annotations.set_destination(self.destination);
        packet.truncate(self.payload + self.payload_len);
        Ok(())
    }
}

const UDP_HEADER: usize = 8;

/// RFC 791 §3.1.
#[inline]
fn ipv4(frame: &[u8], at: usize) -> Option<UdpFrame> {
    let ip: &[u8; 20] = frame.get(at..)?.first_chunk()?;
    let header = usize::from(ip[0] & 0xf) * 4;
    let fragment = u16::from_be_bytes([ip[6], ip[7]]) & 0x3fff;
    if ip[0] >> 4 != 4 || header < 20 || fragment != 0 || ip[9] != PROTOCOL_UDP {
        return None;
    }
    let length = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
    let [source, destination] = [[12, 13, 14, 15], [16, 17, 18, 19]].map(|at| at.map(|at| ip[at]));
    udp(frame, at + header, length.checked_sub(header)?, |[from, to]| {
        [Address::ipv4(source.into(), from), Address::ipv4(destination.into(), to)]
    })
}

/// RFC 8200 §3.
#[inline]
fn ipv6(frame: &[u8], at: usize) -> Option<UdpFrame> {
    let ip: &[u8; 40] = frame.get(at..)?.first_chunk()?;
    if ip[0] >> 4 != 6 || ip[6] != PROTOCOL_UDP {
        return None;
    }
    let length = usize::from(u16::from_be_bytes([ip[4], ip[5]]));
    let (source, destination): (&[u8; 16], &[u8; 16]) =
        (ip[8..].first_chunk()?, ip[24..].first_chunk()?);
    udp(frame, at + 40, length, |[from, to]| {
        [
            Address::ipv6(Ipv6Addr::from(*source), from, 0),
            Address::ipv6(Ipv6Addr::from(*destination), to, 0),
        ]
    })
}

/// RFC 768: `length` octets of datagram at `at`, in which UDP has to agree.
/// `addresses` makes endpoints of the source and the destination port.
#[inline]
fn udp(
    frame: &[u8],
    at: usize,
    length: usize,
    addresses: impl FnOnce([u16; 2]) -> [Address; 2],
) -> Option<UdpFrame> {
    let header: &[u8; UDP_HEADER] = frame.get(at..)?.first_chunk()?;
    let [from, to, own, _] = [0, 2, 4, 6].map(|n| u16::from_be_bytes([header[n], header[n + 1]]));
    if length < UDP_HEADER || usize::from(own) != length || at + length > frame.len() {
        return None;
    }
    let [source, destination] = addresses([from, to]);
    let payload_len = length - UDP_HEADER;
    Some(UdpFrame { source, destination, payload: at + UDP_HEADER, payload_len })
}

#[inline]
fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    data.get(at..at + 2)?.first_chunk().map(|octets| u16::from_be_bytes(*octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(vlan: bool, options: usize) -> Vec<u8> {
        let mut frame = vec![0; 12];
        if vlan {
            frame.extend([0x81, 0, 0, 7]);
        }
        frame.extend([8, 0, 0x45 + options as u8 / 4, 0, 0, (20 + options + 8 + 3) as u8]);
        frame.extend([0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        frame.extend(vec![0; options]);
        frame.extend([0x13, 0x8c, 0x13, 0x8d, 0, 11, 0, 0, b'a', b'b', b'c']);
        frame
    }

    #[test]
    fn datagrams_are_found_behind_tags_and_options() {
        for (vlan, options) in [(false, 0), (true, 0), (false, 8), (true, 40)] {
            let mut frame = frame(vlan, options);
            frame.extend([0; 9]);
            let found = UdpFrame::parse(&frame).unwrap();
            assert_eq!(found.source.to_string(), "10.0.0.1:5004");
            assert_eq!(found.destination.to_string(), "10.0.0.2:5005");
            assert_eq!(&frame[found.payload..][..found.payload_len], b"abc");
        }
    }

    #[test]
    fn ipv6() {
        let mut frame = vec![0; 12];
        frame.extend([0x86, 0xdd, 0x60, 0, 0, 0, 0, 10, 17, 64]);
        frame.extend([0; 15]);
        frame.push(1);
        frame.extend([0; 15]);
        frame.push(2);
        frame.extend([0, 5, 0, 6, 0, 10, 0, 0, b'h', b'i']);
        let found = UdpFrame::parse(&frame).unwrap();
        assert_eq!(found.source.to_string(), "[::1]:5");
        assert_eq!(found.destination.to_string(), "[::2]:6");
        assert_eq!(&frame[found.payload..], b"hi");
    }

    #[test]
    fn half_read_frames_are_none() {
        let good = frame(false, 0);
        for len in 0..good.len() {
            assert_eq!(UdpFrame::parse(&good[..len]), None, "{len} octets");
        }
        for (at, value, what) in [
            (20, 0x20, "more fragments"),
            (21, 1, "a later fragment"),
            (14, 0x44, "a short header"),
            (23, 6, "TCP"),
            (17, 30, "IP length below UDP's"),
            (39, 7, "UDP length below its header"),
            (39, 10, "UDP length below IP's"),
        ] {
            let mut bad = good.clone();
            bad[at] = value;
            assert_eq!(UdpFrame::parse(&bad), None, "{what}");
        }
    }
}
