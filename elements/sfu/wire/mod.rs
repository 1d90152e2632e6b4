//! The switch's wire format (docs/wire.md) as types: pure, without I/O, and
//! for both directions, so that the switch and its clients share it.
//!
//! [`classify`] tells RTP from RTCP on the media port, [`RtpPacket`] is a
//! checked view of the former, [`parse_datagram`] reads the latter whole, and
//! [`Message`] is what our own RTCP packets say, and a [`Key`] signs them. Nothing
//! here knows a client, a lease or an address.

mod auth;
mod codec;
mod concerned;
mod datagram;
mod media;
mod message;
mod octets;
mod rtcp;
mod ssid;

pub use auth::{BadKey, Key};
pub use concerned::Concerned;
pub use datagram::{Datagram, Envelope, Tag, parse_datagram};
pub use media::{Classified, RtpPacket, classify};
pub use message::{
    Code, Cookie, Entry, HELLO_MIN, Member, Message, NAME, Register, Registered, Status,
};
pub use ssid::{Ssid, StreamType, TypeMask};

/// Octets that are not what docs/wire.md says. They are dropped without an
/// answer and counted `malformed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not a datagram of the switch's wire format")
    }
}

impl std::error::Error for Malformed {}
