//! The session's key, and the tags that it makes (docs/wire.md,
//! "Authentication").

use super::Tag;
use super::message::Message;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;
use std::ops::RangeInclusive;
use subtle::ConstantTimeEq;

/// Octets of a tag: HMAC-SHA-256 is cut to so many.
const TAG: usize = 16;

/// A session key. Whoever has it is a member of the session; it does not tell
/// one member from another. It shows itself nowhere.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

/// Why a text is no session key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadKey {
    /// It has so many octets, not 16 to 64.
    Length(usize),
    /// What follows `0x` is not pairs of hexadecimal digits.
    Hexadecimal,
}

impl Key {
    /// How many octets a key has.
    pub const OCTETS: RangeInclusive<usize> = 16..=64;

    /// The key of these octets.
    ///
    /// # Errors
    /// [`BadKey::Length`].
    pub fn new(octets: &[u8]) -> Result<Key, BadKey> {
        if !Key::OCTETS.contains(&octets.len()) {
            return Err(BadKey::Length(octets.len()));
        }
        Ok(Key(Hmac::new_from_slice(octets).expect("HMAC takes keys of any length")))
    }

    /// The key that a text means: `0x` and hexadecimal digits, or the text's
    /// own octets.
    ///
    /// # Errors
    /// [`BadKey`].
    pub fn parse(text: &[u8]) -> Result<Key, BadKey> {
        let Some(digits) = text.strip_prefix(b"0x") else { return Key::new(text) };
        let digit = |octet: u8| char::from(octet).to_digit(16).ok_or(BadKey::Hexadecimal);
        let pair = |pair: &[u8]| match *pair {
            [high, low] => Ok((digit(high)? << 4 | digit(low)?) as u8),
            _ => Err(BadKey::Hexadecimal),
        };
        Key::new(&digits.chunks(2).map(pair).collect::<Result<Vec<u8>, _>>()?)
    }

    /// Signs `datagram`, a whole one with a message of subtypes 3 or 5 to 9:
    /// appends an AUTH with this SSRC.
    pub fn sign(&self, ssrc: u32, datagram: &mut Vec<u8>) {
        Message::Auth { tag: [0; TAG] }.emit(ssrc, datagram);
        let signed = datagram.len() - TAG;
        let tag = self.tag(&datagram[..signed]);
        datagram[signed..].copy_from_slice(&tag);
    }

    /// Whether `tag`, the one found in the datagram of these octets, is right.
    /// Takes the same time whichever octet of it is wrong.
    pub fn verify(&self, octets: &[u8], tag: Option<&Tag>) -> bool {
        let signed = tag.and_then(|tag| Some((octets.get(..tag.signed)?, tag)));
        signed.is_some_and(|(signed, tag)| self.tag(signed).ct_eq(&tag.octets).into())
    }

    fn tag(&self, signed: &[u8]) -> [u8; TAG] {
        let mut mac = self.0.clone();
        mac.update(signed);
        let mut tag = [0; TAG];
        tag.copy_from_slice(&mac.finalize().into_bytes()[..TAG]);
        tag
    }
}

/// Two keys are the same if they make the same tag.
impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.tag(&[]).ct_eq(&other.tag(&[])).into()
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl fmt::Display for BadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadKey::Length(octets) => write!(f, "a key has 16 to 64 octets, this one {octets}"),
            BadKey::Hexadecimal => f.write_str("0x is followed by pairs of hexadecimal digits"),
        }
    }
}

impl std::error::Error for BadKey {}

#[cfg(test)]
mod tests {
    use super::super::parse_datagram;
    use super::*;

    /// RFC 4231 §4.2.
    #[test]
    fn tags_are_hmac_sha_256_cut_to_16() {
        let key = Key::new(&[0x0b; 20]).unwrap();
        let expected = 0xb034_4c61_d8db_3853_5ca8_afce_af0b_f12b_u128;
        assert_eq!(u128::from_be_bytes(key.tag(b"Hi There")), expected);
    }

    #[test]
    fn a_signed_datagram_is_verified_and_no_other() {
        let key = Key::new(b"sixteen octets!!").unwrap();
        let mut signed = Vec::new();
        Message::Keepalive { token: 1, seq: 2 }.emit(0x70, &mut signed);
        key.sign(0x70, &mut signed);
        assert_eq!(signed.len(), 24 + 28);
        let verify = |key: &Key, octets: &[u8]| {
            let datagram = parse_datagram(octets).unwrap();
            key.verify(octets, datagram.tag.as_ref())
        };
        assert!(verify(&key, &signed));
        assert!(!verify(&Key::new(b"sixteen octets!?").unwrap(), &signed));
        assert!(!verify(&key, &signed[..24]), "no tag");
        // Token, seq, the SSRC of the AUTH, each octet of the tag.
        for at in (12..24).chain(28..32).chain(36..52) {
            let mut damaged = signed.clone();
            damaged[at] ^= 1;
            assert!(!verify(&key, &damaged), "octet {at}");
        }
        let tag = Tag { octets: [0; 16], signed: 1000 };
        assert!(!key.verify(&signed, Some(&tag)), "a tag of another datagram");
    }

    #[test]
    fn texts_are_hexadecimal_behind_0x_and_themselves_else() {
        let long = Key::new(&[0xab; 16]).unwrap();
        assert_eq!(Key::parse(&[&b"0x"[..], &b"aB".repeat(16)].concat()), Ok(long));
        assert_eq!(Key::parse(&[b'a'; 64]), Key::new(&[b'a'; 64]));
        for (text, expected) in [
            (&b"fifteen octets!"[..], BadKey::Length(15)),
            (&[b'a'; 65], BadKey::Length(65)),
            (b"0x00112233445566778899aabbccddee", BadKey::Length(15)),
            (b"0x00112233445566778899aabbccddeeff0", BadKey::Hexadecimal),
            (b"0x00112233445566778899aabbccddeefg", BadKey::Hexadecimal),
        ] {
            assert_eq!(Key::parse(text), Err(expected));
        }
    }

    #[test]
    fn a_key_does_not_show_itself() {
        assert_eq!(format!("{:?}", Key::new(&[b'k'; 16])), "Ok(Key(..))");
    }
}
