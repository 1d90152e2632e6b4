//! How much of a stream has arrived, by its sequence numbers.

/// The numbers of one stream so far (RFC 3550 §A.1 and §A.3, without the
/// probation: the source is known).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    /// Packets since the numbers began.
    packets: u64,
    first: u64,
    highest: u64,
    /// What was lost before the source began its numbers anew.
    lost_before: u64,
}

/// A step of more than this, to either side, is a source that began anew
/// (`MAX_DROPOUT` of RFC 3550 §A.1).
const DROPOUT: u16 = 3000;

impl Sequence {
    /// A packet with this number has arrived.
    #[inline]
    pub fn arrived(&mut self, number: u16) {
        let step = number.wrapping_sub(self.highest as u16) as i16;
        if self.packets > 0 && step.unsigned_abs() <= DROPOUT {
            if step > 0 {
                self.highest += step as u64;
            }
            self.packets += 1;
        } else {
            // One round up, so that a number below the first one is one too.
            let number = u64::from(number) + (1 << 16);
            let lost_before = self.lost();
            *self = Sequence { packets: 1, first: number, highest: number, lost_before };
        }
    }

    /// Packets that have not arrived: those expected less those that came, so
    /// that a packet that came twice hides one that did not come.
    pub fn lost(&self) -> u64 {
        let expected = if self.packets > 0 { self.highest - self.first + 1 } else { 0 };
        self.lost_before + expected.saturating_sub(self.packets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_lost() {
        for (numbers, lost) in [
            (&[][..], 0),
            (&[7], 0),
            (&[7, 8, 10], 1),
            (&[7, 10, 8, 9], 0),
            (&[65534, 65535, 0, 2], 1),
            (&[0, 65535, 1], 0),
            // Another source's numbers: what was lost stays lost.
            (&[5, 7, 40000, 40001, 40003], 2),
        ] {
            let mut sequence = Sequence::default();
            numbers.iter().for_each(|number| sequence.arrived(*number));
            assert_eq!(sequence.lost(), lost, "{numbers:?}");
        }
    }
}
