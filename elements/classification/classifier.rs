//! `Classifier`.

use super::pattern::Pattern;
use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::{ArgError, Args, Edges, Packet, PortInfo, Ports, Processing};
use pkgraph_ip::UdpFrame;

/// Sends a packet to the output of the first pattern that it matches.
///
/// A pattern is a list of clauses `offset/value` or `offset/value%mask`: a
/// decimal offset, hexadecimal octets in which `?` stands for any digit, and
/// the bits to compare. `!` before a clause negates it; `-` matches every
/// packet. A clause that asks for octets past the end of the packet does not
/// match. Each pattern has an output; a packet that matches no pattern is
/// dropped.
///
/// Without patterns it is the switch's split, with the outputs `media` (0),
/// `control` (1) and `host` (2): UDP packets to the port MEDIA, to the port
/// CONTROL, and all others. It reads the destination annotation, or, on a raw
/// Ethernet frame, the headers (with one VLAN tag at most, IPv4 options, but no
/// IPv6 extension headers), and then notes the addresses and where the headers
/// and the payload start, and cuts off padding. Fragments go to `host`, and so do
/// frames for a group of stations and those whose lengths or checksums are wrong.
#[derive(Declare)]
#[element(
    subject = "standard",
    ports = "1/1-",
    processing = "h/h",
    input_docs("Packets to sort."),
    output_docs("Packets whose first matching pattern is the one of this number."),
    ports_with = Classifier::ports,
    validate = Classifier::check,
    example = "InfiniteSource(LIMIT 5, STOP true) -> c :: Classifier(12/0806, -);
c[0] -> Discard;
c[1] -> Discard",
    reads(Destination),
    writes(Source, Destination, Payload, Ethernet)
)]
pub struct Classifier {
    /// The patterns, one for each output.
    #[arg(rest)]
    pattern: Vec<Pattern>,
    /// UDP port of media packets; only without patterns.
    #[arg(keyword, default = "5004")]
    media: u16,
    /// UDP port of control packets; only without patterns.
    #[arg(keyword, default = "5005")]
    control: u16,
    /// Packets that matched no pattern.
    #[handler(unit = "packets", grows)]
    drops: u64,
}

/// The bit of an Ethernet address's first octet that says that it is a
/// group's (IEEE 802).
const GROUP: u8 = 1;
const MEDIA: usize = 0;
const CONTROL: usize = 1;
const HOST: usize = 2;

impl Classifier {
    fn ports(declared: Ports, args: &Args) -> Ports {
        let patterns = args.all("PATTERN").count();
        let outputs = match patterns {
            0 => PortInfo {
                min: 1,
                max: 3,
                names: &["media", "control", "host"],
                optional_from: CONTROL,
                processing: &[Processing::Push],
                docs: &[
                    "UDP packets to the port MEDIA.",
                    "UDP packets to the port CONTROL.",
                    "All other packets.",
                ],
            },
            n => declared.outputs.exactly(n),
        };
        Ports { outputs, ..declared }
    }

    fn check(&mut self) -> Result<(), ArgError> {
        if self.pattern.is_empty() && self.media == self.control {
            let message = "media and control need a UDP port each";
            return Err(ArgError::argument("CONTROL", message));
        }
        Ok(())
    }

    /// The output of the switch's split.
    #[inline]
    fn split(&self, packet: &mut Packet) -> usize {
        let udp_port = match packet.annotations().destination() {
            Some(destination) => Some(destination.udp_port()),
            None => self.read(packet),
        };
        match udp_port {
            Some(udp_port) if udp_port == self.media => MEDIA,
            Some(udp_port) if udp_port == self.control => CONTROL,
            _ => HOST,
        }
    }

    /// The UDP port that a frame for the switch goes to, whose headers are then
    /// noted. `None` for all others.
    fn read(&self, packet: &mut Packet) -> Option<u16> {
        let frame = UdpFrame::parse(packet.data())?;
        let udp_port = frame.destination.udp_port();
        // Only what is for the switch is noted, and so perhaps copied.
        let is_ours = [self.media, self.control].contains(&udp_port)
            && packet.data()[0] & GROUP == 0
            && frame.is_intact(packet.data());
        (is_ours && frame.annotate(packet).is_ok()).then_some(udp_port)
    }
}

impl Element for Classifier {
    #[inline]
    fn push<E: Edges>(&mut self, _: usize, mut packet: Packet, edges: &mut E) {
        if self.pattern.is_empty() {
            let port = self.split(&mut packet);
            return edges.push(port, packet);
        }
        match self.pattern.iter().position(|pattern| pattern.matches(packet.data())) {
            Some(port) => edges.push(port, packet),
            None => self.drops += 1,
        }
    }
}
