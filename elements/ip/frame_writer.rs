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
        (from, to): (Address, Address),
        dscp: u8,
    ) -> Option<()> {
        packet.pull_front(packet.len() - packet.payload().len());
        let sum = self.sum;
        match (from.ip(), to.ip()) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let length = u16::try_from(IPV4_HEADER + UDP_HEADER + packet.len()).ok()?;
                let at = link.header_len();
                let frame = packet.prepend(at + IPV4_HEADER + UDP_HEADER)?;
                link.write(frame, ETHERTYPE_IPV4);
                let headers = frame[at..].first_chunk_mut().expect("so much was put before");
                let udp_ports = [from.udp_port(), to.udp_port()];
                write_ipv4(headers, length, dscp, (source, destination), udp_ports, sum);
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                let length = u16::try_from(UDP_HEADER + packet.len()).ok()?;
                let sum = sum.unwrap_or_else(|| checksum::add(0, packet.data()));
                let at = link.header_len();
                let frame = packet.prepend(at + IPV6_HEADER + UDP_HEADER)?;
                link.write(frame, ETHERTYPE_IPV6);
                let (ip, udp) = frame[at..].split_at_mut(IPV6_HEADER);
                write_ipv6(ip, length, dscp, source, destination);
                let addresses = (&source.octets()[..], &destination.octets()[..]);
                write_udp(udp, length, [from, to], addresses, sum);
            }
            _ => return None,
        }
        Some(())
    }
}

/// RFC 791 §3.1 and RFC 768: no options, not to be fragmented, and so no
/// identification (RFC 6864 §4.1). `sum` is the payload's, or UDP has no
/// checksum. What goes into a sum is known, so the header is not read for it.
#[inline]
fn write_ipv4(
    headers: &mut [u8; IPV4_HEADER + UDP_HEADER],
    length: u16,
    dscp: u8,
    (source, destination): (Ipv4Addr, Ipv4Addr),
    udp_ports: [u16; 2],
    sum: Option<u32>,
) {
    let (source, destination) = (source.to_bits(), destination.to_bits());
    let halves = |word: u32| (word >> 16) + (word & 0xffff);
    let addresses = halves(source) + halves(destination);
    let first = 0x4500_0000 | u32::from(dscp) << 18 | u32::from(length);
    let third = u32::from(TTL) << 24 | u32::from(PROTOCOL_UDP) << 16;
    let check = checksum::finish(halves(first) + 0x4000 + halves(third) + addresses);

    let udp_length = length - IPV4_HEADER as u16;
    let [from, to] = udp_ports.map(u32::from);
    let udp_check = sum.map_or(0, |sum| {
        // The length stands in the pseudo-header, too.
        let pseudo = addresses + u32::from(PROTOCOL_UDP) + u32::from(udp_length);
        // A checksum that comes out as 0 is sent as its other form.
        match checksum::finish(pseudo + from + to + u32::from(udp_length) + fold(sum)) {
            0 => 0xffff,
            sum => sum,
        }
    });
    let words = [
        first,
        0x4000,
        third | u32::from(check),
        source,
        destination,
        from << 16 | to,
        u32::from(udp_length) << 16 | u32::from(udp_check),
    ];
    for (octets, word) in headers.as_chunks_mut::<4>().0.iter_mut().zip(words) {
        *octets = word.to_be_bytes();
    }
}

/// RFC 8200 §3.
#[inline]
fn write_ipv6(header: &mut [u8], length: u16, dscp: u8, from: Ipv6Addr, to: Ipv6Addr) {
    header[..4].copy_from_slice(&(6 << 28 | u32::from(dscp) << 22).to_be_bytes());
    header[4..6].copy_from_slice(&length.to_be_bytes());
    header[6] = PROTOCOL_UDP;
    header[7] = TTL;
    header[8..24].copy_from_slice(&from.octets());
    header[24..40].copy_from_slice(&to.octets());
}

/// RFC 768 on IPv6; `sum` is the payload's.
#[inline]
fn write_udp(
    datagram: &mut [u8],
    length: u16,
    [from, to]: [Address; 2],
    (source, destination): (&[u8], &[u8]),
    sum: u32,
) {
    let header = &mut datagram[..UDP_HEADER];
    header[..2].copy_from_slice(&from.udp_port().to_be_bytes());
    header[2..4].copy_from_slice(&to.udp_port().to_be_bytes());
    header[4..6].copy_from_slice(&length.to_be_bytes());
    header[6..8].fill(0);
    let sum = checksum::add(pseudo_header(source, destination, length), header) + fold(sum);
    // A checksum that comes out as 0 is sent as its other form.
    let sum = match checksum::finish(sum) {
        0 => 0xffff,
        sum => sum,
    };
    header[6..8].copy_from_slice(&sum.to_be_bytes());
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
