//! Ethernet, IP and UDP headers for what goes from one UDP endpoint to another.

use super::checksum;
use super::udp_frame::{ETHERTYPE_IPV4, ETHERTYPE_IPV6, PROTOCOL_UDP};
use pkgraph::runtime::{Address, Packet};
use pkgraph_ethernet::Link;
use std::net::IpAddr;

/// `IPDEFTTL` (RFC 1122 §3.2.1.7 asks for a default; 64 is the usual one).
const TTL: u8 = 64;
const UDP_HEADER: usize = 8;
const IPV4_HEADER: usize = 20;
const IPV6_HEADER: usize = 40;
/// IPv4 or IPv6 behind Ethernet, without and with a tag.
const IPV4: usize = 14 + IPV4_HEADER + UDP_HEADER;
const TAGGED_IPV4: usize = 4 + IPV4;
const IPV6: usize = 14 + IPV6_HEADER + UDP_HEADER;
const TAGGED_IPV6: usize = 4 + IPV6;

/// The headers of all datagrams that go from one endpoint to another: made
/// once, and for each datagram completed by what depends on its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UdpHeaders {
    /// The headers, with lengths, DSCP and checksums of 0.
    octets: [u8; TAGGED_IPV6],
    /// How many octets they are, which tells what they are.
    len: u8,
    /// The sum of IPv4's header as it is above.
    ip_sum: u32,
    /// The sum of UDP's pseudo-header and header, both without lengths.
    udp_sum: u32,
}

impl UdpHeaders {
    /// For datagrams `from` one endpoint `to` another over `link`. `None` when
    /// the two are not of one family.
    pub fn new(link: &Link, from: &Address, to: &Address) -> Option<UdpHeaders> {
        let mut octets = [0; TAGGED_IPV6];
        let at = link.header_len();
        let ip = &mut octets[at..];
        let (header, sums) = match (from.ip(), to.ip()) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                // RFC 791 §3.1: no options, not to be fragmented, and so no
                // identification (RFC 6864 §4.1).
                ip[..10].copy_from_slice(&[0x45, 0, 0, 0, 0, 0, 0x40, 0, TTL, PROTOCOL_UDP]);
                ip[12..16].copy_from_slice(&from.octets());
                ip[16..20].copy_from_slice(&to.octets());
                (IPV4_HEADER, [&ip[..IPV4_HEADER], &ip[12..20]])
            }
            (IpAddr::V6(from), IpAddr::V6(to)) => {
                // RFC 8200 §3.
                ip[..8].copy_from_slice(&[0x60, 0, 0, 0, 0, 0, PROTOCOL_UDP, TTL]);
                ip[8..24].copy_from_slice(&from.octets());
                ip[24..40].copy_from_slice(&to.octets());
                (IPV6_HEADER, [&[], &ip[8..40]])
            }
            _ => return None,
        };
        let ports = [from.udp_port(), to.udp_port()];
        let ip_sum = checksum::add(0, sums[0]);
        let ours = u32::from(PROTOCOL_UDP) + ports.map(u32::from).iter().sum::<u32>();
        let udp_sum = fold(checksum::add(ours, sums[1]));
        ip[header..header + 2].copy_from_slice(&ports[0].to_be_bytes());
        ip[header + 2..header + 4].copy_from_slice(&ports[1].to_be_bytes());
        let is_ipv4 = header == IPV4_HEADER;
        link.write(&mut octets, if is_ipv4 { ETHERTYPE_IPV4 } else { ETHERTYPE_IPV6 });
        let len = (at + header + UDP_HEADER) as u8;
        Some(UdpHeaders { octets, len, ip_sum, udp_sum })
    }

    /// Octets of the headers.
    #[inline]
    pub fn octets(&self) -> usize {
        usize::from(self.len)
    }

    /// A frame with this payload, for what sends few: with a UDP checksum if
    /// `has_checksum`, and without DSCP. `None` when the payload is too long.
    pub fn frame(&self, payload: &[u8], has_checksum: bool) -> Option<Vec<u8>> {
        let mut frame = vec![0; self.octets()];
        frame.extend(payload);
        let sum = has_checksum.then(|| checksum::add(0, payload));
        self.fill(&mut frame, sum, 0)?;
        Some(frame)
    }

    /// Puts the headers before the payload of `packet`, in place of what is
    /// there; the rest is as for [`fill`](UdpHeaders::fill).
    #[inline]
    pub fn write(&self, packet: &mut Packet, sum: Option<u32>, dscp: u8) -> Option<()> {
        packet.pull_front(packet.len() - packet.payload().len());
        self.fill(packet.prepend(self.octets())?, sum, dscp)
    }

    /// Writes the headers at the start of `frame`, before a payload whose
    /// [sum](checksum::add) is `sum`, with `dscp`. Without a sum, a UDP
    /// checksum on IPv4 is 0, which says that there is none (RFC 768); on IPv6
    /// there always is one (RFC 8200 §8.1).
    ///
    /// `None`, and the frame is not to be sent, when it is too long or too short.
    #[inline]
    pub fn fill(&self, frame: &mut [u8], sum: Option<u32>, dscp: u8) -> Option<()> {
        match self.octets() {
            IPV4 => self.fill_ipv4::<IPV4>(frame, sum, dscp),
            _ => self.fill_other(frame, sum, dscp),
        }
    }

    /// The same for what is less common: out of line, for the sake of the code's size.
    #[inline(never)]
    fn fill_other(&self, frame: &mut [u8], sum: Option<u32>, dscp: u8) -> Option<()> {
        match self.octets() {
            TAGGED_IPV4 => self.fill_ipv4::<TAGGED_IPV4>(frame, sum, dscp),
            IPV6 => self.fill_ipv6::<IPV6>(frame, sum, dscp),
            _ => self.fill_ipv6::<TAGGED_IPV6>(frame, sum, dscp),
        }
    }

    #[inline]
    fn fill_ipv4<const HEADERS: usize>(
        &self,
        frame: &mut [u8],
        sum: Option<u32>,
        dscp: u8,
    ) -> Option<()> {
        let ip = HEADERS - UDP_HEADER - IPV4_HEADER;
        let length = u16::try_from(frame.len().checked_sub(ip)?).ok()?;
        let headers = self.start::<HEADERS>(frame)?;
        let dscp = dscp << 2;
        let ip_sum = self.ip_sum + u32::from(length) + u32::from(dscp);
        headers[ip + 1] = dscp;
        headers[ip + 2..ip + 4].copy_from_slice(&length.to_be_bytes());
        headers[ip + 10..ip + 12].copy_from_slice(&checksum::finish(ip_sum).to_be_bytes());
        self.end(headers, length - IPV4_HEADER as u16, sum);
        Some(())
    }

    #[inline]
    fn fill_ipv6<const HEADERS: usize>(
        &self,
        frame: &mut [u8],
        sum: Option<u32>,
        dscp: u8,
    ) -> Option<()> {
        let ip = HEADERS - UDP_HEADER - IPV6_HEADER;
        let length = u16::try_from(frame.len().checked_sub(ip + IPV6_HEADER)?).ok()?;
        let sum = match sum {
            Some(sum) => sum,
            None => checksum::add(0, frame.get(HEADERS..)?),
        };
        let headers = self.start::<HEADERS>(frame)?;
        let first = 6 << 12 | u16::from(dscp) << 6;
        headers[ip..ip + 2].copy_from_slice(&first.to_be_bytes());
        headers[ip + 4..ip + 6].copy_from_slice(&length.to_be_bytes());
        self.end(headers, length, Some(sum));
        Some(())
    }

    /// What does not depend on the payload.
    #[inline]
    fn start<'a, const HEADERS: usize>(
        &self,
        frame: &'a mut [u8],
    ) -> Option<&'a mut [u8; HEADERS]> {
        let headers = frame.first_chunk_mut::<HEADERS>()?;
        headers.copy_from_slice(self.octets.first_chunk::<HEADERS>()?);
        Some(headers)
    }

    /// Length and checksum of UDP (RFC 768), whose header is at the end.
    #[inline]
    fn end<const HEADERS: usize>(
        &self,
        headers: &mut [u8; HEADERS],
        length: u16,
        sum: Option<u32>,
    ) {
        // The length is in the pseudo-header too. A checksum that comes out as
        // 0 is sent as its other form.
        let checksum = sum.map_or(0, |sum| {
            match checksum::finish(self.udp_sum + 2 * u32::from(length) + fold(sum)) {
                0 => 0xffff,
                sum => sum,
            }
        });
        headers[HEADERS - 4..HEADERS - 2].copy_from_slice(&length.to_be_bytes());
        headers[HEADERS - 2..].copy_from_slice(&checksum.to_be_bytes());
    }
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
    use pkgraph::runtime::Region;
    use pkgraph_ethernet::EtherAddress;
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
                    let headers = UdpHeaders::new(&link, &at(from), &at(to)).unwrap();
                    let sum = Some(checksum::add(0, payload));
                    headers.write(&mut packet, sum, 46).unwrap();
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
            let headers = UdpHeaders::new(&link, &at(host), &at(host)).unwrap();
            headers.write(&mut packet, None, 0).unwrap();
            let frame = UdpFrame::parse(packet.data()).unwrap();
            assert_eq!(packet.data()[frame.payload - 2..][..2] != [0, 0], checksum);
            assert!(frame.is_intact(packet.data()));
        }
        assert_eq!(UdpHeaders::new(&link, &at("10.0.0.1:1"), &at("[fd00::1]:1")), None);
    }
}
