//! The dummy media: an RTP packet whose payload says when, where and how it
//! was sent, so that every octet that arrives can be checked.
//!
//! ```text
//! RTP header (12): V=2, payload type 96 + stream type, sequence number, timestamp, SSRC
//! payload: 0 send time in ns (8) | 8 SSRC (4) | 12 sequence (2) | 14 payload octets (2) | 16 pattern
//! ```
//!
//! The pattern counts up from the low octet of the RTP timestamp. The send
//! time is of the sender's monotonic clock: it means something to the sender
//! alone, in its echo.

use pkgraph_runtime::Nanos;
use pkgraph_sfu::wire::StreamType;

/// Octets of the RTP header.
const HEADER: usize = 12;
/// Octets of a payload before its pattern: the least a payload can have.
pub const PAYLOAD_MIN: usize = 16;
/// Octets of a payload at most: RTP, UDP and IPv6 in 1,500 octets.
pub const PAYLOAD_MAX: usize = 1_440;

/// Counts 0 to 255 over and over, long enough for any payload at any start.
static PATTERN: [u8; PAYLOAD_MAX + 256] = {
    let mut pattern = [0; PAYLOAD_MAX + 256];
    let mut at = 0;
    while at < pattern.len() {
        pattern[at] = at as u8;
        at += 1;
    }
    pattern
};

fn pattern(timestamp: u8, payload: usize) -> &'static [u8] {
    &PATTERN[usize::from(timestamp)..][..payload - PAYLOAD_MIN]
}

/// Ticks a second of the RTP timestamp: the usual ones of audio (RFC 7587)
/// and video (RFC 3551 §5).
pub fn clock_rate(kind: StreamType) -> u64 {
    match kind {
        StreamType::Asq => 48_000,
        StreamType::Vsq | StreamType::Vhq => 90_000,
    }
}

/// Makes `packet` the packet of a stream at an RTP timestamp, all but what
/// [`stamp`] knows.
///
/// # Panics
/// If `payload` is not between [`PAYLOAD_MIN`] and [`PAYLOAD_MAX`].
pub fn fill(packet: &mut Vec<u8>, kind: StreamType, timestamp: u32, payload: usize) {
    assert!((PAYLOAD_MIN..=PAYLOAD_MAX).contains(&payload));
    packet.clear();
    packet.extend([0x80, 96 + kind as u8, 0, 0]);
    packet.extend(timestamp.to_be_bytes());
    packet.extend([0; 4 + 14]);
    packet.extend((payload as u16).to_be_bytes());
    packet.extend(pattern(timestamp as u8, payload));
}

/// Numbers a filled packet and writes the time at which it is sent.
pub fn stamp(packet: &mut [u8], ssrc: u32, sequence: u16, now: Nanos) {
    packet[2..4].copy_from_slice(&sequence.to_be_bytes());
    packet[8..12].copy_from_slice(&ssrc.to_be_bytes());
    packet[12..20].copy_from_slice(&now.to_be_bytes());
    packet[20..24].copy_from_slice(&ssrc.to_be_bytes());
    packet[24..26].copy_from_slice(&sequence.to_be_bytes());
}

/// An RTP packet that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// Whose stream.
    pub ssrc: u32,
    /// Which of its packets.
    pub sequence: u16,
    /// Octets after the RTP header.
    pub payload: usize,
    /// When it was sent, by its sender's clock; `None` if the packet is not,
    /// octet for octet, one of ours.
    pub sent_at: Option<Nanos>,
}

impl Arrived {
    /// Reads a packet that [`classify`] has found to be RTP.
    ///
    /// [`classify`]: pkgraph_sfu::wire::classify
    pub fn read(packet: &[u8]) -> Arrived {
        let mut header = HEADER + 4 * usize::from(packet[0] & 0x0f);
        if packet[0] & 0x10 != 0 {
            header += 4 + 4 * usize::from(u16_at(packet, header + 2));
        }
        Arrived {
            ssrc: u32_at(packet, 8),
            sequence: u16_at(packet, 2),
            payload: packet.len() - header,
            sent_at: check(packet),
        }
    }
}

/// The send time of one of our packets, if every octet is as it was sent.
fn check(packet: &[u8]) -> Option<Nanos> {
    let payload = packet.len().checked_sub(HEADER)?;
    if !(PAYLOAD_MIN..=PAYLOAD_MAX).contains(&payload) {
        return None;
    }
    let kind = StreamType::of_ssrc(u32_at(packet, 8))?;
    let good = packet[..2] == [0x80, 96 + kind as u8]
        && packet[20..24] == packet[8..12]
        && packet[24..26] == packet[2..4]
        && usize::from(u16_at(packet, 26)) == payload
        && packet[28..] == *pattern(packet[7], payload);
    let sent_at = packet[12..20].try_into().map(u64::from_be_bytes);
    if good { sent_at.ok() } else { None }
}

fn u16_at(octets: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([octets[at], octets[at + 1]])
}

fn u32_at(octets: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([octets[at], octets[at + 1], octets[at + 2], octets[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use pkgraph_sfu::wire::{Classified, classify};

    fn packet(payload: usize) -> Vec<u8> {
        let mut packet = Vec::new();
        fill(&mut packet, StreamType::Vsq, 0x1234_56f0, payload);
        stamp(&mut packet, 0xabcd_ef02, 65_535, 77);
        packet
    }

    #[test]
    fn what_is_sent_is_what_is_read() {
        for payload in [PAYLOAD_MIN, 80, 160, 320, PAYLOAD_MAX] {
            let packet = packet(payload);
            assert!(matches!(classify(&packet), Ok(Classified::Rtp(_))));
            let sent_at = Some(77);
            let expected = Arrived { ssrc: 0xabcd_ef02, sequence: 65_535, payload, sent_at };
            assert_eq!(Arrived::read(&packet), expected);
        }
    }

    /// The send time and the low 24 bits of a timestamp's upper octets are
    /// the sender's to choose; everything else is checked.
    #[test]
    fn any_other_octet_is_missed_when_it_changes() {
        let good = packet(80);
        for at in (0..good.len()).filter(|at| !(4..7).contains(at) && !(12..20).contains(at)) {
            for flip in [0x01, 0x80] {
                let mut bad = good.clone();
                bad[at] ^= flip;
                assert_eq!(check(&bad), None, "octet {at}, bits {flip:#x}");
            }
        }
        assert_eq!(check(&good[..good.len() - 1]), None);
        assert_eq!(check(&[&good[..], &[0]].concat()), None);
    }

    #[test]
    fn the_payload_of_other_tools_is_counted_behind_their_header() {
        let mut packet = vec![0x91, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0x11];
        packet.extend([0; 4]); // one CSRC
        packet.extend([0, 0, 0, 1, 9, 9, 9, 9]); // an extension of one word
        packet.extend([7; 50]);
        assert!(matches!(classify(&packet), Ok(Classified::Rtp(_))));
        let arrived = Arrived::read(&packet);
        assert_eq!((arrived.payload, arrived.sent_at), (50, None));
    }
}
