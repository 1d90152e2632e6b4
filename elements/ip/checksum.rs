//! The Internet checksum (RFC 1071).

/// The sum of `data` in one's complement, in 16-bit words, on top of `sum`. A
/// last odd octet counts as if a zero followed.
///
/// The sum of words in any order of octets is the sum in that order (§2 (B)),
/// and of several words at once it is the same (§2 (C)).
#[inline]
pub fn add(sum: u32, data: &[u8]) -> u32 {
    let (words, rest) = data.as_chunks::<4>();
    let mut native: u64 = words.iter().map(|word| u64::from(u32::from_ne_bytes(*word))).sum();
    let (halves, last) = rest.as_chunks::<2>();
    if let [half] = halves {
        native += u64::from(u16::from_ne_bytes(*half));
    }
    if let [octet] = last {
        native += u64::from(u16::from_ne_bytes([*octet, 0]));
    }
    // At most 2^14 words of a packet: two folds leave it below 2^17.
    let native = (native & 0xffff_ffff) + (native >> 32);
    let native = (native & 0xffff) + ((native >> 16) & 0xffff) + (native >> 32);
    let native = (native & 0xffff) + (native >> 16);
    sum + u32::from(u16::from_be((native as u16) + (native >> 16) as u16))
}

/// The checksum for a sum: its complement, folded to 16 bits. 0 when the sum
/// was over octets that hold their right checksum.
#[inline]
pub fn finish(sum: u32) -> u16 {
    let sum = (sum & 0xffff) + (sum >> 16);
    let sum = (sum & 0xffff) + (sum >> 16);
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The octets as one large number, modulo 2^16 − 1: another way to the
    /// same sum, since 2^16 is 1 modulo that.
    fn by_remainder(data: &[u8]) -> u16 {
        let padded = data.iter().copied().chain((!data.len().is_multiple_of(2)).then_some(0));
        let remainder = padded.fold(0u64, |r, octet| (r * 256 + u64::from(octet)) % 0xffff);
        // One's complement has two zeros; a sum is the negative one unless all
        // octets are 0.
        let sum = if remainder == 0 && data.iter().any(|o| *o != 0) { 0xffff } else { remainder };
        !(sum as u16)
    }

    #[test]
    fn the_example_of_rfc_1071() {
        let data = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!(finish(add(0, &data)), !0xddf2);
    }

    proptest! {
        #[test]
        fn sums_agree(data in prop::collection::vec(any::<u8>(), 0..2000), at in 0..1000usize) {
            prop_assert_eq!(finish(add(0, &data)), by_remainder(&data));
            let (head, tail) = data.split_at((at * 2).min(data.len()));
            prop_assert_eq!(finish(add(add(0, head), tail)), by_remainder(&data));
        }
    }

    #[test]
    fn the_largest_sum_does_not_overflow() {
        let data = vec![0xff; 65_535];
        assert_eq!(finish(add(0, &data)), by_remainder(&data));
    }
}
