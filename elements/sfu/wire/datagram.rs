//! A control datagram, parsed whole before anything in it acts
//! (docs/wire.md, "A datagram is parsed whole").

use super::message::{HELLO_MIN, Message};
use super::octets::u32_at;
use super::rtcp::{BYE, PSFB, RR, RTPFB, RtcpPacket, SR};
use super::{Concerned, Malformed};

/// What a datagram of RTCP holds for the switch or for a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Datagram {
    /// Our messages in their order, without AUTH. At most one wants an answer.
    pub messages: Vec<Envelope>,
    /// The SSRCs that BYEs name.
    pub byes: Vec<u32>,
    /// Whom the other packets concern.
    pub concerned: Concerned,
    /// The AUTH at the end.
    pub tag: Option<Tag>,
    /// Whether a packet is ours, be its subtype known or not. If none is, the
    /// datagram belongs to an RTP tool.
    pub ours: bool,
    /// Whether what follows the first packet cannot be read: encrypted RTCP
    /// (SRTCP, RFC 3711 §3.4). Never with `ours`.
    pub opaque: bool,
}

/// A message and who sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// To the switch, the client's SSID; from the switch, the switch's own
    /// identifier.
    pub ssrc: u32,
    /// What it says.
    pub message: Message,
}

/// An AUTH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The tag as received.
    pub octets: [u8; 16],
    /// How many octets of the datagram, from its start, it covers.
    pub signed: usize,
}

impl Datagram {
    /// The one message that wants an answer.
    pub fn request(&self) -> Option<&Envelope> {
        self.messages.iter().find(|envelope| envelope.message.wants_answer())
    }
}

/// Parses a datagram that arrived on the control port, or on the media port
/// and was [`Rtcp`](super::Classified::Rtcp).
///
/// # Errors
/// [`Malformed`] if a packet is not RTCP of version 2 with a type of 192 to
/// 223, if their lengths do not end exactly at the end, if there is padding
/// before the last packet or on one of ours, if a body of ours has not
/// exactly its size, if a report or BYE is shorter than what it counts or a
/// feedback packet than its header, if a HELLO is in less than [`HELLO_MIN`] octets, if two
/// messages want an answer, or if an AUTH is not last.
///
/// Encrypted RTCP cannot be told from garbage with certainty. What starts
/// with one whole report or feedback packet, cannot be read beyond, and shows
/// no packet of ours up to there is taken for it, and is no error.
pub fn parse_datagram(octets: &[u8]) -> Result<Datagram, Malformed> {
    let mut datagram = Datagram::default();
    let mut rest = octets;
    while !rest.is_empty() || octets.is_empty() {
        match RtcpPacket::split(rest) {
            Ok((packet, tail)) => {
                datagram.add(&packet, octets.len(), tail.is_empty())?;
                rest = tail;
            }
            Err(Malformed) if !datagram.ours && is_encrypted(octets, rest) => {
                return Ok(Datagram { opaque: true, ..Datagram::default() });
            }
            Err(Malformed) => return Err(Malformed),
        }
    }
    Ok(datagram)
}

impl Datagram {
    fn add(&mut self, packet: &RtcpPacket<'_>, total: usize, last: bool) -> Result<(), Malformed> {
        if packet.packet_type() == BYE {
            let named = 4 * usize::from(packet.count());
            let ssrcs = packet.body().get(..named).ok_or(Malformed)?;
            self.byes.extend(ssrcs.chunks_exact(4).map(|ssrc| u32_at(ssrc, 0)));
        }
        self.concerned.note(packet)?;
        if !Message::is_ours(packet) {
            return Ok(());
        }
        self.ours = true;
        let Some(message) = Message::parse(packet)? else { return Ok(()) };
        match message {
            Message::Auth { .. } if !last => return Err(Malformed),
            Message::Auth { tag } => {
                self.tag = Some(Tag { octets: tag, signed: total - tag.len() });
                return Ok(());
            }
            Message::Hello { .. } if total < HELLO_MIN => return Err(Malformed),
            _ if message.wants_answer() && self.request().is_some() => return Err(Malformed),
            _ => {}
        }
        self.messages.push(Envelope { ssrc: Message::ssrc(packet), message });
        Ok(())
    }
}

/// Whether `octets`, readable up to `rest`, look like encrypted RTCP.
fn is_encrypted(octets: &[u8], rest: &[u8]) -> bool {
    let first_is_whole = rest.len() < octets.len();
    let first_is_media = matches!(octets.get(1), Some(&(SR | RR | RTPFB | PSFB)));
    let rest_is_ours = rest.get(8..12) == Some(&super::NAME);
    first_is_whole && first_is_media && !rest_is_ours
}

#[cfg(test)]
#[path = "datagram_tests.rs"]
mod tests;
