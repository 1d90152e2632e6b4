//! Random numbers that nobody outside can foresee: SSIDs, tokens, the key of
//! the cookies.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use thiserror::Error;

/// The system has no random numbers to give: why.
#[derive(Debug, Error)]
#[error("no random numbers from the system: {0}")]
pub struct NoRandomNumbers(pub std::io::Error);

/// A generator keyed once: HMAC-SHA-256 in counter mode, so that numbers that
/// clients see tell nothing about the next ones and no system call is made
/// per number.
pub struct Random {
    mac: Hmac<Sha256>,
    counter: u64,
}

impl Random {
    /// A generator whose numbers follow from `seed`: for tests only, since
    /// whoever knows the seed knows every token.
    pub fn from_seed(seed: u64) -> Random {
        Random::from_key(&seed.to_be_bytes())
    }

    /// A generator with this key, which nobody else knows.
    pub fn from_key(key: &[u8]) -> Random {
        let mac = Hmac::new_from_slice(key).expect("HMAC takes keys of any length");
        Random { mac, counter: 0 }
    }

    /// 32 random octets.
    pub fn octets(&mut self) -> [u8; 32] {
        let mut mac = self.mac.clone();
        mac.update(&self.counter.to_be_bytes());
        self.counter += 1;
        mac.finalize().into_bytes().into()
    }

    /// 64 random bits.
    pub fn number(&mut self) -> u64 {
        let octets = self.octets();
        u64::from_be_bytes(octets[..8].try_into().expect("8 octets"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides() {
        let draw = |mut random: Random| [random.number(), random.number()];
        assert_eq!(draw(Random::from_seed(1)), draw(Random::from_seed(1)));
        assert_ne!(draw(Random::from_seed(1)), draw(Random::from_seed(2)));
        let [a, b] = draw(Random::from_key(&[7; 32]));
        assert_ne!(a, b);
    }
}
