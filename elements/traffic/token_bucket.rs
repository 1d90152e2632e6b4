//! A token bucket: so many packets per second, and so many at once when late.

use pkgraph::runtime::Nanos;

/// Tokens are counted in billionths, so that a rate times nanoseconds is a
/// number of them without rounding.
const TOKEN: u64 = 1_000_000_000;

/// Gains `rate` tokens per second, holds at most `burst`.
#[derive(Debug, Default)]
pub struct TokenBucket {
    rate: u64,
    burst: u64,
    billionths: u64,
    /// The time of the last refill.
    at: Nanos,
}

impl TokenBucket {
    /// A bucket for `rate` packets per second. It holds what 10 ms bring, and
    /// never less than 2 packets.
    pub fn new(rate: u32) -> TokenBucket {
        let mut bucket = TokenBucket::default();
        bucket.set_rate(rate);
        bucket
    }

    /// Changes the rate. Tokens past the new size are lost.
    pub fn set_rate(&mut self, rate: u32) {
        self.rate = u64::from(rate);
        self.burst = (self.rate / 100).max(2);
        self.billionths = self.billionths.min(self.burst * TOKEN);
    }

    /// The rate.
    pub fn rate(&self) -> u64 {
        self.rate
    }

    /// Sets the tokens to one, from time `now` on.
    pub fn start(&mut self, now: Nanos) {
        (self.billionths, self.at) = (TOKEN, now);
    }

    /// Gains what has come since the last time.
    #[inline]
    pub fn refill(&mut self, now: Nanos) {
        let gained = now.saturating_sub(self.at).saturating_mul(self.rate);
        self.billionths = self.billionths.saturating_add(gained).min(self.burst * TOKEN);
        self.at = self.at.max(now);
    }

    /// Whether there is a token.
    #[inline]
    pub fn has_one(&self) -> bool {
        self.billionths >= TOKEN
    }

    /// Takes a token that is there.
    #[inline]
    pub fn take(&mut self) {
        self.billionths = self.billionths.saturating_sub(TOKEN);
    }

    /// When there will be a token; `None` at rate 0.
    pub fn next(&self) -> Option<Nanos> {
        let missing = TOKEN.saturating_sub(self.billionths);
        (self.rate > 0).then(|| self.at.saturating_add(missing.div_ceil(self.rate)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Nanos = 1_000_000_000;

    /// Packets sent until `end` by a source that sleeps until the next token.
    fn sent(rate: u32, end: Nanos) -> u64 {
        let mut bucket = TokenBucket::new(rate);
        bucket.start(0);
        let (mut now, mut sent) = (0, 0);
        while now < end {
            bucket.refill(now);
            while bucket.has_one() {
                bucket.take();
                sent += 1;
            }
            now = bucket.next().unwrap();
        }
        sent
    }

    #[test]
    fn rates_hold_without_drift() {
        for rate in [1, 3, 7, 10, 999, 1_000_003] {
            assert_eq!(sent(rate, 10 * SECOND), u64::from(rate) * 10, "{rate} per second");
        }
    }

    #[test]
    fn a_late_one_catches_up_within_its_bounds() {
        for (rate, late, burst) in
            [(10, SECOND, 2), (1000, 5_000_000, 5), (1000, SECOND, 10), (0, SECOND, 0)]
        {
            let mut bucket = TokenBucket::new(rate);
            bucket.start(0);
            bucket.take();
            bucket.refill(late);
            let mut tokens = 0;
            while bucket.has_one() {
                bucket.take();
                tokens += 1;
            }
            assert_eq!(tokens, burst, "{rate} per second");
        }
        assert_eq!(TokenBucket::new(0).next(), None);
    }
}
