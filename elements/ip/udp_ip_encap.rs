//! `UDPIPEncap`.

use super::checksum;
use pkgraph::elements::{Declare, Element, pull_until};
use pkgraph::runtime::{Edges, FromArg, Packet};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Puts an IPv4 and a UDP header before packets.
///
/// The header's identification counts up from 0 and its time to live is 250.
/// The annotations say the same as the headers: source, destination, where the
/// network header is and where the payload.
///
/// A packet that shares its buffer is copied first, and one without 28 octets
/// of headroom is moved within its buffer; where neither is possible, and
/// where DST_ANNO finds no IPv4 address, it is dropped and counted.
#[derive(Declare)]
#[element(
    subject = "ip",
    ports = "1/1",
    processing = "a/a",
    input_docs("UDP payloads."),
    output_docs("IPv4 packets."),
    reads(Destination),
    writes(Source, Destination, Network, Payload),
    example = "InfiniteSource(LIMIT 5, STOP true)
    -> UDPIPEncap(10.0.0.1, 5004, 10.0.0.2, 5004) -> Discard"
)]
pub struct UDPIPEncap {
    /// The source address.
    #[arg(position)]
    #[handler(write)]
    src: Ipv4Addr,
    /// The source UDP port.
    #[arg(position)]
    #[handler(write)]
    sport: u16,
    /// The destination address; DST_ANNO for that of the destination
    /// annotation.
    #[arg(position)]
    #[handler(write)]
    dst: Target,
    /// The destination UDP port.
    #[arg(position)]
    #[handler(write)]
    dport: u16,
    /// Whether the UDP checksum is computed; else it is 0, for none.
    #[arg(position, default = "true")]
    checksum: bool,
    /// Packets dropped for want of a buffer, of room in it, or of an address.
    #[handler(unit = "packets", grows)]
    drops: u64,
    id: u16,
}

/// Where packets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Annotation,
    Address(Ipv4Addr),
}

impl FromArg for Target {
    const TYPE: &'static str = "IPv4 address or DST_ANNO";

    fn from_arg(text: &str) -> Result<Self, String> {
        match text {
            "DST_ANNO" => Ok(Target::Annotation),
            _ => text
                .parse()
                .map(Target::Address)
                .map_err(|_| format!("expected an {}, not '{text}'", Self::TYPE)),
        }
    }
}

impl pkgraph::runtime::HandlerValue for Target {
    const KIND: pkgraph::runtime::Kind = pkgraph::runtime::Kind::Text;

    fn value(&self) -> pkgraph::runtime::Value {
        pkgraph::runtime::Value::Text(self.to_string())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Annotation => f.write_str("DST_ANNO"),
            Target::Address(address) => address.fmt(f),
        }
    }
}

const IP_HEADER: usize = 20;
const UDP_HEADER: usize = 8;
const PROTOCOL_UDP: u8 = 17;
const TTL: u8 = 250;

impl UDPIPEncap {
    #[inline]
    fn encapsulate(&mut self, packet: &mut Packet) -> Option<()> {
        let dst = match self.dst {
            Target::Address(address) => address,
            Target::Annotation => match packet.annotations().destination()?.ip() {
                IpAddr::V4(address) => address,
                IpAddr::V6(_) => return None,
            },
        };
        let datagram = packet.prepend(IP_HEADER + UDP_HEADER)?;
        let length = u16::try_from(datagram.len()).ok()?;
        self.write_ip(&mut datagram[..IP_HEADER], length, dst);
        self.write_udp(&mut datagram[IP_HEADER..], length - IP_HEADER as u16, dst);
        packet.set_network_header(0).ok()?;
        packet.set_payload(IP_HEADER + UDP_HEADER).ok()?;
        let annotations = packet.annotations_mut().ok()?;
        annotations.set_source(SocketAddr::from((self.src, self.sport)).into());
        annotations.set_destination(SocketAddr::from((dst, self.dport)).into());
        Some(())
    }

    /// RFC 791 §3.1. No options, no fragments.
    #[inline]
    fn write_ip(&mut self, header: &mut [u8], length: u16, dst: Ipv4Addr) {
        header[0] = 0x45;
        header[1] = 0;
        header[2..4].copy_from_slice(&length.to_be_bytes());
        header[4..6].copy_from_slice(&self.id.to_be_bytes());
        header[6..8].fill(0);
        header[8] = TTL;
        header[9] = PROTOCOL_UDP;
        header[10..12].fill(0);
        header[12..16].copy_from_slice(&self.src.octets());
        header[16..20].copy_from_slice(&dst.octets());
        let sum = checksum::finish(checksum::add(0, header));
        header[10..12].copy_from_slice(&sum.to_be_bytes());
        self.id = self.id.wrapping_add(1);
    }

    /// RFC 768: the checksum covers the addresses, protocol and length too,
    /// and one that comes out as 0 is sent as its other form.
    #[inline]
    fn write_udp(&self, datagram: &mut [u8], length: u16, dst: Ipv4Addr) {
        datagram[..2].copy_from_slice(&self.sport.to_be_bytes());
        datagram[2..4].copy_from_slice(&self.dport.to_be_bytes());
        datagram[4..6].copy_from_slice(&length.to_be_bytes());
        datagram[6..8].fill(0);
        if self.checksum {
            let sum = checksum::add(0, &self.src.octets());
            let sum = checksum::add(sum, &dst.octets());
            let sum = sum + u32::from(PROTOCOL_UDP) + u32::from(length);
            let sum = match checksum::finish(checksum::add(sum, datagram)) {
                0 => 0xffff,
                sum => sum,
            };
            datagram[6..8].copy_from_slice(&sum.to_be_bytes());
        }
    }
}

impl Element for UDPIPEncap {
    #[inline]
    fn simple_action(&mut self, mut packet: Packet) -> Option<Packet> {
        if self.encapsulate(&mut packet).is_none() {
            self.drops += 1;
            return None;
        }
        Some(packet)
    }

    #[inline]
    fn pull<E: Edges>(&mut self, port: usize, edges: &mut E) -> Option<Packet> {
        pull_until(port, edges, |packet, _| self.simple_action(packet))
    }
}
