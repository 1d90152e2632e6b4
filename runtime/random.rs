//! Random numbers that follow from a seed.

use crate::Context;

/// SplitMix64 (Steele, Lea and Flood, 2014): the same seed gives the same
/// numbers, on every machine and in every version.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// A generator with this seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The generator of the element that is being started: with its argument
    /// SEED, or without one from the element's number in the graph.
    pub fn of(seed: Option<u64>, context: &Context) -> Random {
        Random::new(seed.unwrap_or(context.node() as u64))
    }

    /// The next number, any of 64 bits.
    #[inline]
    #[expect(clippy::should_implement_trait, reason = "a generator has no end")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers that the authors' program prints for this seed.
    #[test]
    fn the_sequence_is_splitmix64() {
        let mut random = Random::new(1234567);
        let expected = [
            6457827717110365317,
            3203168211198807973,
            9817491932198370423,
            4593380528125082431,
            16408922859458223821,
        ];
        assert_eq!(expected.map(|_| random.next()), expected);
    }
}
