//! What the elements of this crate count.

/// Counts since the start. Each element declares those it has as handlers, and
/// says there what they mean for it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counters {
    /// Packets received or sent.
    pub count: u64,
    /// Their octets.
    pub byte_count: u64,
    /// Packets dropped because they are longer than a buffer.
    pub too_long: u64,
    /// Packets dropped for other reasons.
    pub drops: u64,
    /// Calls that failed.
    pub errors: u64,
    /// How often there was no room to go on.
    pub stalls: u64,
    /// System calls that receive or send.
    pub calls: u64,
}

impl Counters {
    /// Counts `packets` packets with `octets` octets in all.
    #[inline]
    pub fn add(&mut self, packets: usize, octets: usize) {
        self.count += packets as u64;
        self.byte_count += octets as u64;
    }
}
