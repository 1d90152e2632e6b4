//! Numbers in network byte order, read at an offset.
//!
//! The callers have checked the length of what they read from, once for a
//! whole packet.

/// `N` octets at `at`.
#[inline]
pub fn array_at<const N: usize>(octets: &[u8], at: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&octets[at..at + N]);
    array
}

/// The 16-bit number at `at`.
#[inline]
pub fn u16_at(octets: &[u8], at: usize) -> u16 {
    u16::from_be_bytes(array_at(octets, at))
}

/// The 32-bit number at `at`.
#[inline]
pub fn u32_at(octets: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(array_at(octets, at))
}

/// The 64-bit number at `at`.
#[inline]
pub fn u64_at(octets: &[u8], at: usize) -> u64 {
    u64::from_be_bytes(array_at(octets, at))
}
