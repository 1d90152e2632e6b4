//! What arrives on the media port: RTP, checked as far as the switch must
//! look, or RTCP (docs/wire.md, "Media"; RFC 3550 §5.1, RFC 5761 §4).

use super::octets::{u16_at, u32_at};
use super::{Malformed, Ssid, StreamType};

mod field {
    use std::ops::Range;

    pub const FIRST: usize = 0;
    pub const SECOND: usize = 1;
    pub const SEQUENCE: usize = 2;
    pub const SSRC: usize = 8;
    pub const CSRC: usize = 12;
    /// Second octets that tell RTCP from RTP: the RTCP packet types.
    pub const RTCP: Range<u8> = 192..224;
}

/// Octets of the fixed RTP header.
const HEADER: usize = field::CSRC;
/// Octets before an extension's words: profile and length.
const EXTENSION_HEADER: usize = 4;

/// What a datagram on the media port is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Classified<'a> {
    /// An RTP packet with a whole header.
    Rtp(RtpPacket<'a>),
    /// RTCP, by its second octet; nothing else has been checked.
    Rtcp,
}

/// Tells RTP from RTCP and checks the former.
///
/// # Errors
/// [`Malformed`] if there are less than 2 octets, V is not 2, or it is RTP
/// and less than 12 octets long, or its CSRC list or extension leaves it.
#[inline]
pub fn classify(octets: &[u8]) -> Result<Classified<'_>, Malformed> {
    if octets.len() < 2 || octets[field::FIRST] >> 6 != 2 {
        return Err(Malformed);
    }
    if field::RTCP.contains(&octets[field::SECOND]) {
        return Ok(Classified::Rtcp);
    }
    RtpPacket::new(octets).map(Classified::Rtp)
}

/// An RTP packet whose header fits. Payload type, extension and payload are
/// opaque to the switch; padding is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtpPacket<'a>(&'a [u8]);

impl<'a> RtpPacket<'a> {
    #[inline]
    fn new(octets: &'a [u8]) -> Result<RtpPacket<'a>, Malformed> {
        if octets.len() < HEADER {
            return Err(Malformed);
        }
        let csrc_count = usize::from(octets[field::FIRST] & 0x0f);
        let has_extension = octets[field::FIRST] & 0x10 != 0;
        let mut end = HEADER + 4 * csrc_count;
        if has_extension {
            end += EXTENSION_HEADER;
            if octets.len() < end {
                return Err(Malformed);
            }
            end += 4 * usize::from(u16_at(octets, end - 2));
        }
        if octets.len() < end { Err(Malformed) } else { Ok(RtpPacket(octets)) }
    }

    /// The synchronisation source.
    #[inline]
    pub fn ssrc(&self) -> u32 {
        u32_at(self.0, field::SSRC)
    }

    /// The sequence number.
    #[inline]
    pub fn sequence(&self) -> u16 {
        u16_at(self.0, field::SEQUENCE)
    }

    /// The payload type (RFC 3550 §5.1), 0 to 127.
    #[inline]
    pub fn payload_type(&self) -> u8 {
        self.0[field::SECOND] & 0x7f
    }

    /// The stream type in the SSRC; `None` counts `unknown_type`.
    #[inline]
    pub fn stream_type(&self) -> Option<StreamType> {
        StreamType::of_ssrc(self.ssrc())
    }

    /// The SSID in the SSRC; `None`, an SSID of 0, is nobody's.
    #[inline]
    pub fn ssid(&self) -> Option<Ssid> {
        Ssid::of_ssrc(self.ssrc())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header with these first octets, zeros, and SSRC 0x123456f1.
    fn rtp(first: u8, second: u8, len: usize) -> Vec<u8> {
        let mut octets = vec![0; len.max(12)];
        octets[0] = first;
        octets[1] = second;
        octets[8..12].copy_from_slice(&0x1234_56f1_u32.to_be_bytes());
        octets.truncate(len);
        octets
    }

    #[test]
    fn checks_of_the_header() {
        let ok = |octets: &[u8]| classify(octets).is_ok();
        assert!(!ok(&[]));
        assert!(!ok(&[0x80]));
        for version in [0u8, 1, 3] {
            assert!(!ok(&rtp(version << 6, 96, 12)), "V = {version}");
            assert!(!ok(&rtp(version << 6, 200, 12)), "V = {version}");
        }
        assert!(!ok(&rtp(0x80, 96, 11)));
        assert!(ok(&rtp(0x80, 96, 12)));
        // CSRC lists.
        assert!(!ok(&rtp(0x8f, 96, 12 + 59)));
        assert!(ok(&rtp(0x8f, 96, 12 + 60)));
        // An extension of no words, and of three.
        assert!(!ok(&rtp(0x90, 96, 15)));
        assert!(ok(&rtp(0x90, 96, 16)));
        for (len, fits) in [(27, false), (28, true)] {
            let mut octets = rtp(0x90, 96, len);
            octets[15] = 3;
            assert_eq!(ok(&octets), fits);
        }
        // The padding count is the receiver's to check.
        assert!(ok(&rtp(0xa0, 96, 12)));
    }

    #[test]
    fn rtcp_is_told_by_the_second_octet_before_any_length() {
        for second in 0..=255u8 {
            let is_rtcp = (192..=223).contains(&second);
            assert_eq!(classify(&[0x80, second]).is_ok(), is_rtcp, "{second}");
            let long = rtp(0x80, second, 12);
            assert_eq!(classify(&long) == Ok(Classified::Rtcp), is_rtcp, "{second}");
        }
    }

    #[test]
    fn source_and_type_come_from_the_ssrc() {
        let octets = rtp(0x80, 96, 12);
        let Ok(Classified::Rtp(packet)) = classify(&octets) else { panic!("not RTP") };
        assert_eq!(packet.ssrc(), 0x1234_56f1);
        assert_eq!(packet.ssid(), Ssid::new(0x1234_56f0));
        assert_eq!(packet.stream_type(), Some(StreamType::Asq));
    }
}
