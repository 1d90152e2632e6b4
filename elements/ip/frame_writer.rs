//! The headers of a UDP datagram in an Ethernet frame, written anew.

use super::checksum;
use super::udp_frame::{ETHERTYPE_IPV4, ETHERTYPE_IPV6, PROTOCOL_UDP};
use crate::ethernet::Link;
use pkgraph_runtime::{Address, Packet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// `IPDEFTTL` (RFC 1122 §3.2.1.7 asks for a default; 64 is the usual one).
const TTL: u8 = 64;
const UDP_HEADER: usize = 8;
const IPV4_HEADER: usize = 20;
const IPV6_HEADER: usize = 40;

/// What all copies of one payload have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameWriter {
    /// The sum of the payload, for checksums over it; `None` for UDP checksums
    /// of 0 on IPv4, which say that there is none (RFC 768).
    sum: Option<u32>,
}

impl FrameWriter {
    /// For frames with this payload, with or without a UDP checksum on IPv4.
    /// On IPv6 there always is one (RFC 8200 §8.1).
    #[inline]
    pub fn new(payload: &[u8], has_checksum: bool) -> FrameWriter {
        FrameWriter { sum: has_checksum.then(|| checksum::add(0, payload)) }
    }

    /// Puts Ethernet, IP and UDP headers before the payload of `packet`, in
    /// place of what is there: from `from` to `to` over `link`, with `dscp`.
    ///
    /// `None`, and the packet is not to be sent, when the two are not of one
    /// family, it is too long, or there is no room for the headers.
    #[inline]
    pub fn write(
        self,
        packet: &mut Packet,
        link: &Link,
        ends: (Address, Address),
        dscp: u8,
    ) -> Option<()> {
        packet.pull_front(packet.len() - packet.payload().len());
        let headers = FrameWriter::headers(link, ends)?;
        self.fill(packet.prepend(headers)?, link, ends, dscp)
    }

    /// Octets of the headers; `None` when the two ends are not of one family.
    #[inline]
    pub fn headers(link: &Link, (from, to): (Address, Address)) -> Option<usize> {
        match (from.ip(), to.ip()) {
            (IpAddr::V4(_), IpAddr::V4(_)) => Some(link.header_len() + IPV4_HEADER + UDP_HEADER),
            (IpAddr::V6(_), IpAddr::V6(_)) => Some(link.header_len() + IPV6_HEADER + UDP_HEADER),
            _ => None,
        }
    }

    /// Writes headers of [that length](FrameWriter::headers) at the start of
    /// `frame`, before the payload. `None` as for [`write`](FrameWriter::write).
    // Sums are made of values, not of octets written just before: those would
    // still be on their way to the cache.
    #[inline]
    pub fn fill(
        self,
        frame: &mut [u8],
        link: &Link,
        (from, to): (Address, Address),
        dscp: u8,
    ) -> Option<()> {
        let at = link.header_len();
        let length = u16::try_from(frame.len() - at).ok()?;
        match (from.ip(), to.ip()) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                link.write(frame, ETHERTYPE_IPV4);
                let (ip, udp) = frame[at..].split_first_chunk_mut()?;
                let addresses = halves(source) + halves(destination);
                write_ipv4(ip, length, dscp, source, destination, addresses);
                let length = length - IPV4_HEADER as u16;
                write_udp(udp.first_chunk_mut()?, length, [from, to], addresses, self.sum);
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                link.write(frame, ETHERTYPE_IPV6);
                let (ip, udp) = frame[at..].split_first_chunk_mut()?;
                let length = length - IPV6_HEADER as u16;
                write_ipv6(ip, length, dscp, source, destination);
                let (header, payload) = udp.split_first_chunk_mut()?;
                let sum = self.sum.unwrap_or_else(|| checksum::add(0, payload));
                let addresses = checksum::add(0, &source.octets());
                let addresses = checksum::add(addresses, &destination.octets());
                write_udp(header, length, [from, to], addresses, Some(sum));
            }
            _ => return None,
        }
        Some(())
    }
}

/// The sum of an address's words.
#[inline]
fn halves(ip: Ipv4Addr) -> u32 {
    (ip.to_bits() >> 16) + (ip.to_bits() & 0xffff)
}

/// RFC 791 §3.1: no options, not to be fragmented, and so no identification
/// (RFC 6864 §4.1). `addresses` is the sum of both.
#[inline]
fn write_ipv4(
    header: &mut [u8; IPV4_HEADER],
    length: u16,
    dscp: u8,
    from: Ipv4Addr,
    to: Ipv4Addr,
    addresses: u32,
) {
    const DO_NOT_FRAGMENT: u16 = 0x4000;
    let first = 0x4500 | u16::from(dscp) << 2;
    let ttl = u16::from_be_bytes([TTL, PROTOCOL_UDP]);
    let sum = [first, length, DO_NOT_FRAGMENT, ttl].map(u32::from).iter().sum::<u32>();
    header[..2].copy_from_slice(&first.to_be_bytes());
    header[2..4].copy_from_slice(&length.to_be_bytes());
    header[4..6].fill(0);
    header[6..8].copy_from_slice(&DO_NOT_FRAGMENT.to_be_bytes());
    header[8..10].copy_from_slice(&ttl.to_be_bytes());
    header[10..12].copy_from_slice(&checksum::finish(sum + addresses).to_be_bytes());
    header[12..16].copy_from_slice(&from.octets());
    header[16..20].copy_from_slice(&to.octets());
}

/// RFC 8200 §3.
#[inline]
fn write_ipv6(header: &mut [u8; IPV6_HEADER], length: u16, dscp: u8, from: Ipv6Addr, to: Ipv6Addr) {
    header[..4].copy_from_slice(&(6 << 28 | u32::from(dscp) << 22).to_be_bytes());
    header[4..6].copy_from_slice(&length.to_be_bytes());
    header[6] = PROTOCOL_UDP;
    header[7] = TTL;
    header[8..24].copy_from_slice(&from.octets());
    header[24..40].copy_from_slice(&to.octets());
}

/// RFC 768; `addresses` is the sum of both, `sum` is the payload's, or there
/// is no checksum.
#[inline]
fn write_udp(
    header: &mut [u8; UDP_HEADER],
    length: u16,
    [from, to]: [Address; 2],
    addresses: u32,
    sum: Option<u32>,
) {
    let (from, to) = (from.udp_port(), to.udp_port());
    // A checksum that comes out as 0 is sent as its other form.
    let checksum = sum.map_or(0, |sum| {
        let ours = [from, to, length, length].map(u32::from).iter().sum::<u32>();
        let sum = ours + u32::from(PROTOCOL_UDP) + fold(addresses) + fold(sum);
        match checksum::finish(sum) {
            0 => 0xffff,
            sum => sum,
        }
    });
    header[..2].copy_from_slice(&from.to_be_bytes());
    header[2..4].copy_from_slice(&to.to_be_bytes());
    header[4..6].copy_from_slice(&length.to_be_bytes());
    header[6..8].copy_from_slice(&checksum.to_be_bytes());
}

/// The sum of the pseudo-header of UDP (RFC 768, RFC 8200 §8.1).
#[inline]
pub(super) fn pseudo_header(source: &[u8], destination: &[u8], length: u16) -> u32 {
    let sum = checksum::add(u32::from(PROTOCOL_UDP) + u32::from(length), source);
    fold(checksum::add(sum, destination))
}

/// The same sum below 2^17, so that a few can be added.
#[inline]
fn fold(sum: u32) -> u32 {
    (sum & 0xffff) + (sum >> 16)
}

#[cfg(test)]
mod tests {
    use super::super::UdpFrame;
    use super::*;
    use crate::ethernet::EtherAddress;
    use pkgraph_runtime::Region;
    use std::net::SocketAddr;

    fn at(text: &str) -> Address {
        text.parse::<SocketAddr>().unwrap().into()
    }

    #[test]
    fn what_is_written_is_read_and_its_checksums_are_right() {
        let region = Region::new(4, 2048);
        let peer = EtherAddress([2, 0, 0, 0, 0, 1]);
        let own = EtherAddress([2, 0, 0, 0, 0, 2]);
        let hosts = [
            ("10.0.0.1:5004", "10.0.0.2:4001", 0x45, "10.0.0.1:5004"),
            ("[fd00::1]:5004", "[fd00::2]:4001", 0x6b, "[fd00::1]:5004"),
        ];
        for (from, to, first, _) in hosts {
            for tag in [None, Some(7)] {
                for payload in [&b""[..], b"odd", b"even", &[0xff; 1400]] {
                    let mut packet = region.packet(&[&[9; 50], payload].concat()).unwrap();
                    packet.set_payload(50).unwrap();
                    let link = Link { peer, own, tag };
                    let writer = FrameWriter::new(packet.payload(), true);
                    writer.write(&mut packet, &link, (at(from), at(to)), 46).unwrap();
                    assert_eq!(packet.payload(), payload);
                    let frame = UdpFrame::parse(packet.data()).unwrap();
                    assert_eq!((frame.source, frame.destination), (at(from), at(to)));
                    assert_eq!(&packet.data()[frame.payload..], payload);
                    assert!(frame.is_intact(packet.data()));
                    assert_eq!(packet.data()[link.header_len()], first);
                    assert_eq!(Link::of(packet.data()).unwrap().peer, own);
                }
            }
        }
    }

    #[test]
    fn without_a_checksum_ipv4_says_so_and_ipv6_has_one() {
        let region = Region::new(1, 2048);
        let station = EtherAddress([2; 6]);
        let link = Link { peer: station, own: station, tag: None };
        for (host, checksum) in [("10.0.0.1:1", false), ("[fd00::1]:1", true)] {
            let mut packet = region.packet(b"payload").unwrap();
            let writer = FrameWriter::new(b"payload", false);
            writer.write(&mut packet, &link, (at(host), at(host)), 0).unwrap();
            let frame = UdpFrame::parse(packet.data()).unwrap();
            assert_eq!(packet.data()[frame.payload - 2..][..2] != [0, 0], checksum);
            assert!(frame.is_intact(packet.data()));
        }
        let mut packet = region.packet(b"").unwrap();
        let mixed = (at("10.0.0.1:1"), at("[fd00::1]:1"));
        assert_eq!(FrameWriter::new(b"", true).write(&mut packet, &link, mixed, 0), None);
    }
}
