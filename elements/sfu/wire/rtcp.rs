//! The packets of an RTCP compound, checked one after the other (RFC 3550
//! §6.1 and §6.4, without the rule that an SR or RR comes first: RFC 5506).

use super::Malformed;
use super::octets::u16_at;

mod field {
    pub const FIRST: usize = 0;
    pub const TYPE: usize = 1;
    pub const LENGTH: usize = 2;
    /// Octets of the header that all RTCP packets share.
    pub const HEADER: usize = 4;
}

/// Sender report.
pub const SR: u8 = 200;
/// Receiver report.
pub const RR: u8 = 201;
/// Goodbye.
pub const BYE: u8 = 203;
/// Application-defined.
pub const APP: u8 = 204;
/// Transport-layer feedback (RFC 4585).
pub const RTPFB: u8 = 205;
/// Payload-specific feedback (RFC 4585).
pub const PSFB: u8 = 206;

/// One RTCP packet of a compound, whole, padding included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtcpPacket<'a>(&'a [u8]);

impl<'a> RtcpPacket<'a> {
    /// Takes the first packet off `octets`, which are the rest of a datagram.
    ///
    /// # Errors
    /// [`Malformed`] if V is not 2, the packet type is not in 192 to 223, the
    /// length leaves the datagram, or there is padding that is not at the end
    /// of the datagram or not a positive multiple of four within the packet.
    pub fn split(octets: &'a [u8]) -> Result<(RtcpPacket<'a>, &'a [u8]), Malformed> {
        if octets.len() < field::HEADER
            || octets[field::FIRST] >> 6 != 2
            || !(192..=223).contains(&octets[field::TYPE])
        {
            return Err(Malformed);
        }
        let len = 4 * (usize::from(u16_at(octets, field::LENGTH)) + 1);
        if len > octets.len() {
            return Err(Malformed);
        }
        let (packet, rest) = octets.split_at(len);
        let packet = RtcpPacket(packet);
        if packet.is_padded() {
            let padding = usize::from(packet.0[len - 1]);
            let good = padding > 0 && padding % 4 == 0 && padding <= len - field::HEADER;
            if !rest.is_empty() || !good {
                return Err(Malformed);
            }
        }
        Ok((packet, rest))
    }

    /// The packet type, 192 to 223.
    pub fn packet_type(&self) -> u8 {
        self.0[field::TYPE]
    }

    /// The five bits after the padding bit: a count, a format or a subtype.
    pub fn count(&self) -> u8 {
        self.0[field::FIRST] & 0x1f
    }

    /// Whether the padding bit is set.
    pub fn is_padded(&self) -> bool {
        self.0[field::FIRST] & 0x20 != 0
    }

    /// All octets of the packet.
    pub fn octets(&self) -> &'a [u8] {
        self.0
    }

    /// The octets between header and padding.
    pub fn body(&self) -> &'a [u8] {
        let padding = if self.is_padded() { usize::from(self.0[self.0.len() - 1]) } else { 0 };
        &self.0[field::HEADER..self.0.len() - padding]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_checked() {
        let good = [0x80, 201, 0, 1, 1, 2, 3, 4];
        let (packet, rest) = RtcpPacket::split(&good).unwrap();
        assert_eq!((packet.packet_type(), packet.count(), rest.len()), (201, 0, 0));
        assert_eq!(packet.body(), [1, 2, 3, 4]);
        for (what, at, octet) in [
            ("V = 1", 0, 0x40),
            ("V = 3", 0, 0xc0),
            ("PT 191", 1, 191),
            ("PT 224", 1, 224),
            ("one word too long", 3, 2),
            ("64 KiB too long", 2, 1),
        ] {
            let mut bad = good;
            bad[at] = octet;
            assert_eq!(RtcpPacket::split(&bad), Err(Malformed), "{what}");
        }
        assert_eq!(RtcpPacket::split(&good[..3]), Err(Malformed));
        assert_eq!(RtcpPacket::split(&good[..7]), Err(Malformed));
        // What follows is left for the next call.
        let mut two = good.to_vec();
        two.extend(good);
        assert_eq!(RtcpPacket::split(&two).unwrap().1, good);
    }

    #[test]
    fn padding_is_last_and_counted() {
        let padded = |count| [0xa0, 201, 0, 2, 1, 2, 3, 4, 0, 0, 0, count];
        assert_eq!(RtcpPacket::split(&padded(4)).unwrap().0.body(), [1, 2, 3, 4]);
        assert!(RtcpPacket::split(&padded(8)).unwrap().0.body().is_empty());
        for count in [0, 1, 2, 3, 5, 12, 255] {
            assert_eq!(RtcpPacket::split(&padded(count)), Err(Malformed), "{count}");
        }
        let mut followed = padded(4).to_vec();
        followed.extend([0x80, 201, 0, 0]);
        assert_eq!(RtcpPacket::split(&followed), Err(Malformed));
    }
}
