//! `CheckIPHeader`.

use super::addresses::{AddressList, Interfaces};
use super::checksum;
use pkgraph::elements::{Declare, Element, pull_until};
use pkgraph::runtime::{ArgError, Edges, Packet, say};
use std::fmt::Write;
use std::net::Ipv4Addr;
use tracing::info;

/// Lets packets with a valid IPv4 header pass.
///
/// It checks the version, both lengths, the checksum and, if BADSRC or
/// INTERFACES says which are bad, the source address (RFC 1812 §5.3.7). A
/// valid packet is cut to the length that its header says, is given the
/// network header annotation, and leaves by output 0. Any other leaves by
/// output 1 where that is connected, and is else dropped; both are counted.
///
/// The first packet that is not valid is reported on standard error.
///
/// Unlike in Click, the destination annotation is not set: here it is a UDP
/// endpoint, which this header alone does not tell.
#[derive(Declare)]
#[element(
    subject = "ip",
    ports = "1/1-2",
    processing = "a/ah",
    input_docs("Packets with an IPv4 header OFFSET octets in."),
    output_docs("Valid packets, without what follows the datagram.", "All other packets, as they came."),
    validate = CheckIPHeader::add_interfaces,
    writes(Network),
    example = "InfiniteSource(LIMIT 5, STOP true)
    -> UDPIPEncap(10.0.0.1, 5004, 10.0.0.2, 5004) -> c :: CheckIPHeader;
c[0] -> Discard;
c[1] -> Print(bad) -> Discard",
    read_handler(drop_details = CheckIPHeader::details, "A line per reason: how many packets, why.")
)]
pub struct CheckIPHeader {
    /// Where the IP header starts, in octets from the start of the packet.
    #[arg(position, default = "0")]
    offset: usize,
    /// Source addresses that are not valid.
    #[arg(keyword, default = "")]
    badsrc: AddressList,
    /// Destination addresses to which packets from any source are valid.
    #[arg(keyword, default = "")]
    gooddst: AddressList,
    /// The router's interfaces: their addresses are added to GOODDST, the
    /// broadcast addresses of their networks to BADSRC.
    #[arg(keyword)]
    interfaces: Option<Interfaces>,
    /// Whether the header checksum is checked.
    #[arg(keyword, default = "true")]
    checksum: bool,
    /// Whether every packet that is not valid is reported, not only the first.
    #[arg(keyword, default = "false")]
    verbose: bool,
    /// Taken, since Click has it; the reasons are always counted.
    #[arg(keyword, default = "false")]
    #[allow(dead_code)]
    details: bool,
    /// Packets that were not valid.
    #[handler(unit = "packets", grows)]
    drops: u64,
    reasons: [u64; REASONS.len()],
}

const REASONS: [&str; 7] = [
    "shorter than an IP header",
    "not IP version 4",
    "bad header length",
    "bad length",
    "bad checksum",
    "bad source address",
    "no buffer for the annotation",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    Short,
    Version,
    HeaderLength,
    Length,
    Checksum,
    Source,
    NoBuffer,
}

impl CheckIPHeader {
    fn add_interfaces(&mut self) -> Result<(), ArgError> {
        if let Some(interfaces) = &self.interfaces {
            self.badsrc.0.extend(&interfaces.broadcast);
            self.gooddst.0.extend(&interfaces.own);
        }
        Ok(())
    }

    fn details(&self) -> String {
        let mut text = String::new();
        for (count, reason) in self.reasons.iter().zip(REASONS) {
            // Writing to a String does not fail.
            let _ = writeln!(text, "{count}\t{reason}");
        }
        text
    }

    /// The length of the IP packet that starts with `octets`.
    #[inline]
    fn check(&self, octets: &[u8]) -> Result<usize, Reason> {
        let Some(fixed) = octets.first_chunk::<20>() else { return Err(Reason::Short) };
        if fixed[0] >> 4 != 4 {
            return Err(Reason::Version);
        }
        let header = usize::from(fixed[0] & 0xf) * 4;
        if header < 20 {
            return Err(Reason::HeaderLength);
        }
        let length = usize::from(u16::from_be_bytes([fixed[2], fixed[3]]));
        if length > octets.len() || length < header {
            return Err(Reason::Length);
        }
        if self.checksum && checksum::finish(checksum::add(0, &octets[..header])) != 0 {
            return Err(Reason::Checksum);
        }
        let address =
            |at: usize| Ipv4Addr::new(fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]);
        if self.badsrc.0.contains(&address(12)) && !self.gooddst.0.contains(&address(16)) {
            return Err(Reason::Source);
        }
        Ok(length)
    }

    /// The packet, if it is valid; else it goes to output 1.
    #[inline]
    fn sort<E: Edges>(&mut self, mut packet: Packet, edges: &mut E) -> Option<Packet> {
        let octets = packet.data().get(self.offset..).unwrap_or(&[]);
        let checked = self.check(octets).and_then(|length| {
            packet.set_network_header(self.offset).map_err(|_| Reason::NoBuffer)?;
            packet.truncate(self.offset + length);
            Ok(())
        });
        match checked {
            Ok(()) => Some(packet),
            Err(reason) => {
                self.refuse(reason);
                if edges.outputs() > 1 {
                    edges.push(1, packet);
                }
                None
            }
        }
    }

    #[cold]
    fn refuse(&mut self, reason: Reason) {
        let why = REASONS[reason as usize];
        if self.verbose {
            // A line for each packet is what the element was asked to print: no event.
            say!("CheckIPHeader: {why}");
        } else if self.drops == 0 {
            info!("CheckIPHeader: {why}");
        }
        self.drops += 1;
        self.reasons[reason as usize] += 1;
    }
}

impl Element for CheckIPHeader {
    #[inline]
    fn push<E: Edges>(&mut self, _: usize, packet: Packet, edges: &mut E) {
        if let Some(packet) = self.sort(packet, edges) {
            edges.push(0, packet);
        }
    }

    #[inline]
    fn pull<E: Edges>(&mut self, _: usize, edges: &mut E) -> Option<Packet> {
        pull_until(0, edges, |packet, edges| self.sort(packet, edges))
    }
}
