//! Whom the RTCP of RTP tools concerns: who reports as a sender, and which
//! sources reports and feedback name (RFC 3550 §6.4, RFC 4585 §6.1).

use super::Malformed;
use super::octets::u32_at;
use super::rtcp::{PSFB, RR, RTPFB, RtcpPacket, SR};

mod field {
    // Offsets in a body, which starts with the SSRC of who sends the packet.
    pub const SR_BLOCKS: usize = 24;
    pub const RR_BLOCKS: usize = 4;
    pub const MEDIA_SOURCE: usize = 4;
    pub const FCI: usize = 8;
    /// In an AFB: "REMB", a count, 24 bits of bit rate, then SSRCs.
    pub const REMB_COUNT: usize = 4;
    pub const REMB_SSRCS: usize = 8;
}

/// Octets of a report block; its first four are the SSRC it reports on.
const BLOCK: usize = 24;

/// Formats whose FCI is a list of SSRC and four octets: of RTPFB, TMMBR and
/// TMMBN (RFC 5104 §4.2); of PSFB, FIR, TSTR and TSTN (§4.3).
const RTPFB_LISTS: std::ops::RangeInclusive<u8> = 3..=4;
const PSFB_LISTS: std::ops::RangeInclusive<u8> = 4..=6;
/// Application layer feedback: REMB (draft-alvestrand-rmcat-remb §2.2).
const PSFB_AFB: u8 = 15;

/// SSRCs of a datagram's RTCP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Concerned {
    /// Whose sender reports it holds.
    pub senders: Vec<u32>,
    /// Whom report blocks and feedback name, be it as the media source or in
    /// the feedback's own list.
    pub named: Vec<u32>,
}

impl Concerned {
    /// Notes what `packet` says.
    ///
    /// # Errors
    /// [`Malformed`] if a report is shorter than its blocks, or a feedback
    /// packet than its header.
    pub(super) fn note(&mut self, packet: &RtcpPacket<'_>) -> Result<(), Malformed> {
        let body = packet.body();
        match packet.packet_type() {
            SR => {
                self.blocks(packet, field::SR_BLOCKS)?;
                self.senders.push(u32_at(body, 0));
            }
            RR => self.blocks(packet, field::RR_BLOCKS)?,
            RTPFB | PSFB => {
                let fci = body.get(field::FCI..).ok_or(Malformed)?;
                self.named.push(u32_at(body, field::MEDIA_SOURCE));
                self.fci(packet, fci);
            }
            _ => {}
        }
        Ok(())
    }

    fn blocks(&mut self, packet: &RtcpPacket<'_>, at: usize) -> Result<(), Malformed> {
        let end = at + BLOCK * usize::from(packet.count());
        let blocks = packet.body().get(at..end).ok_or(Malformed)?;
        self.named.extend(blocks.chunks_exact(BLOCK).map(|block| u32_at(block, 0)));
        Ok(())
    }

    fn fci(&mut self, packet: &RtcpPacket<'_>, fci: &[u8]) {
        let format = packet.count();
        match packet.packet_type() {
            RTPFB if RTPFB_LISTS.contains(&format) => self.list(fci),
            PSFB if PSFB_LISTS.contains(&format) => self.list(fci),
            PSFB if format == PSFB_AFB && fci.starts_with(b"REMB") => {
                let count = fci.get(field::REMB_COUNT).copied().unwrap_or(0);
                let ssrcs = fci.get(field::REMB_SSRCS..).unwrap_or_default();
                let ssrcs = ssrcs.chunks_exact(4).take(usize::from(count));
                self.named.extend(ssrcs.map(|ssrc| u32_at(ssrc, 0)));
            }
            _ => {}
        }
    }

    fn list(&mut self, fci: &[u8]) {
        self.named.extend(fci.chunks_exact(8).map(|entry| u32_at(entry, 0)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A packet of this count and type with these 32-bit words behind its
    /// header.
    fn noted(count: u8, kind: u8, words: &[u32]) -> Result<Concerned, Malformed> {
        let mut octets = vec![0x80 | count, kind, 0, words.len() as u8];
        words.iter().for_each(|word| octets.extend(word.to_be_bytes()));
        let (packet, _) = RtcpPacket::split(&octets).unwrap();
        let mut concerned = Concerned::default();
        concerned.note(&packet).map(|()| concerned)
    }

    fn named(count: u8, kind: u8, words: &[u32]) -> Vec<u32> {
        noted(count, kind, words).unwrap().named
    }

    #[test]
    fn reports_name_whom_they_report_on() {
        let block = |ssrc| [ssrc, 0, 0, 0, 0, 0];
        let blocks = [block(0x21), block(0x31)].concat();
        let report = |head: &[u32]| [head, &blocks].concat();
        assert_eq!(named(2, RR, &report(&[0x11])), [0x21, 0x31]);
        let sender = noted(2, SR, &report(&[0x11, 0, 0, 0, 0, 0])).unwrap();
        assert_eq!((sender.senders, sender.named), (vec![0x11], vec![0x21, 0x31]));
        // Profile-specific extensions may follow.
        assert_eq!(named(1, RR, &report(&[0x11])), [0x21]);
        assert!(named(0, RR, &[0x11]).is_empty());
        assert_eq!(noted(3, RR, &report(&[0x11])), Err(Malformed));
        assert_eq!(noted(0, RR, &[]), Err(Malformed));
        assert_eq!(noted(0, SR, &[0x11, 0, 0, 0, 0]), Err(Malformed));
    }

    #[test]
    fn feedback_names_its_media_source_and_whom_its_fci_lists() {
        const REMB: u32 = u32::from_be_bytes(*b"REMB");
        type Case = (&'static str, u8, u8, &'static [u32], &'static [u32]);
        let cases: [Case; 9] = [
            ("NACK", 1, RTPFB, &[1, 0x21, 0x0031_0001], &[0x21]),
            ("TMMBR", 3, RTPFB, &[1, 0, 0x21, 9, 0x31, 9], &[0, 0x21, 0x31]),
            ("transport-cc", 15, RTPFB, &[1, 0x21, 0x31, 0x41], &[0x21]),
            ("PLI", 1, PSFB, &[1, 0x21], &[0x21]),
            ("FIR", 4, PSFB, &[1, 0, 0x21, 0x0100_0000], &[0, 0x21]),
            ("FIR of nobody, cut short", 4, PSFB, &[1, 0, 0x21], &[0]),
            ("REMB", 15, PSFB, &[1, 0, REMB, 0x0200_0000, 0x21, 0x31], &[0, 0x21, 0x31]),
            ("REMB with one too many", 15, PSFB, &[1, 0, REMB, 0x0100_0000, 0x21, 7], &[0, 0x21]),
            ("another AFB", 15, PSFB, &[1, 0x21, 0x3131_3131, 2 << 24, 3], &[0x21]),
        ];
        for (what, format, kind, words, expected) in cases {
            assert_eq!(named(format, kind, words), expected, "{what}");
        }
        assert_eq!(named(15, PSFB, &[1, 0x21, REMB]), [0x21]);
        assert_eq!(noted(1, PSFB, &[1]), Err(Malformed));
    }

    #[test]
    fn others_name_nobody() {
        for kind in [202, 203, 204, 207] {
            assert_eq!(noted(1, kind, &[0x11, 0x21, 0x31]), Ok(Concerned::default()), "{kind}");
        }
    }
}
