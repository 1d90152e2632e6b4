//! What one of our RTCP APP packets says: all fourteen subtypes as plain
//! values (docs/wire.md, "Control"). Their octets are in `codec.rs`.

use super::{Ssid, TypeMask};

/// The name of our APP packets: "PKSW".
pub const NAME: [u8; 4] = *b"PKSW";

/// Octets that a datagram with a HELLO has at least.
pub const HELLO_MIN: usize = 64;

/// A keyed MAC that only the switch can make: proof that its holder receives
/// at an address.
pub type Cookie = [u8; 16];

/// A control message. The SSRC of its packet is beside it in [`Envelope`]
/// and an argument of [`emit`](Message::emit).
///
/// [`Envelope`]: super::Envelope
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// 1, client: asks for a cookie.
    Hello {
        /// Any number; it comes back with the cookie and binds it.
        nonce: u64,
        /// 32-bit words of zeros after the nonce, to make the datagram
        /// [`HELLO_MIN`] octets long.
        zero_words: u16,
    },
    /// 2, switch: the cookie for the nonce of a HELLO, REGISTER or BIND.
    Challenge {
        /// The nonce, for a BIND its seq and SSID ([`Message::bind_nonce`]).
        nonce: u64,
        /// Good in its slot of 30 s and in the next.
        cookie: Cookie,
    },
    /// 3, client: becomes a client, or starts anew as the same one.
    Register(Register),
    /// 4, switch: the answer to a REGISTER.
    Registered(Registered),
    /// 5, client, from its media socket to the media port.
    Bind {
        /// From REGISTERED.
        token: u64,
        /// Rising number.
        seq: u32,
        /// Zeros, or the cookie of the CHALLENGE that answered the first try.
        cookie: Cookie,
    },
    /// 6, client: what it wants to receive.
    Subscribe {
        /// From REGISTERED.
        token: u64,
        /// Rising number.
        seq: u32,
        /// Whether the entries are added to the subscription or replace it.
        add: bool,
        /// Unchecked: a bad entry is answered with a status.
        entries: Vec<Entry>,
    },
    /// 7, client: renews the lease.
    Keepalive {
        /// From REGISTERED.
        token: u64,
        /// Rising number.
        seq: u32,
    },
    /// 8, client: ends the registration.
    Leave {
        /// From REGISTERED.
        token: u64,
        /// Rising number.
        seq: u32,
    },
    /// 9, client: asks for a page of the roster.
    List {
        /// From REGISTERED.
        token: u64,
        /// Rising number.
        seq: u32,
        /// Index of the first member wanted, from 0.
        first: u32,
    },
    /// 10, switch: the answer to BIND, SUBSCRIBE, KEEPALIVE and LEAVE.
    Ack {
        /// The seq that is answered.
        seq: u32,
        /// What came of it.
        status: Status,
        /// The roster's version.
        version: u32,
    },
    /// 11, switch: the answer to LIST.
    Roster {
        /// The seq that is answered.
        seq: u32,
        /// The roster's version.
        version: u32,
        /// Index of the first member given.
        first: u32,
        /// Members in all.
        total: u32,
        /// At most [`Message::ROSTER_PAGE`], in the order of joining.
        members: Vec<Member>,
    },
    /// 12, switch: the answer to a REGISTER that had a good cookie and failed.
    Error {
        /// The nonce of the REGISTER.
        nonce: u64,
        /// Why.
        code: Code,
    },
    /// 13, switch: the roster has changed.
    Changed {
        /// The roster's version.
        version: u32,
    },
    /// 14, client: authenticates its datagram, whose last packet it is.
    Auth {
        /// HMAC-SHA-256 over all octets of the datagram before the tag, cut
        /// to 16.
        tag: [u8; 16],
    },
}

/// The body of a REGISTER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    /// The nonce of the HELLO.
    pub nonce: u64,
    /// The cookie of the CHALLENGE.
    pub cookie: Cookie,
    /// Whether the client wants its own packets back.
    pub echo: bool,
    /// What it wants from every other client until a SUBSCRIBE says otherwise.
    pub wants: TypeMask,
    /// The lease asked for, in seconds; 0 leaves it to the switch.
    pub lease: u32,
}

/// The body of a REGISTERED.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The nonce of the REGISTER.
    pub nonce: u64,
    /// The client's SSID.
    pub ssid: Ssid,
    /// The lease granted, in seconds.
    pub lease: u32,
    /// What every later message carries.
    pub token: u64,
    /// The roster's version.
    pub version: u32,
}

/// An entry of a SUBSCRIBE, as it stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// An SSID, or 0 for every other client.
    pub source: u32,
    /// A [`TypeMask`].
    pub mask: u32,
}

impl Entry {
    /// The entry for one source, or with `None` for every other client.
    pub fn new(source: Option<Ssid>, wants: TypeMask) -> Entry {
        Entry { source: source.map_or(0, Ssid::get), mask: wants.bits() }
    }
}

/// A member of the roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The member's SSID.
    pub ssid: Ssid,
    /// The types of its streams that the switch has seen.
    pub seen: TypeMask,
}

/// What came of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Status(pub u32);

impl Status {
    /// Done.
    pub const DONE: Status = Status(0);
    /// An entry of a SUBSCRIBE is malformed.
    pub const MALFORMED_ENTRY: Status = Status(4);
    /// More than 128 entries in a SUBSCRIBE, or more than 1,024 in all.
    pub const TOO_MANY_ENTRIES: Status = Status(8);
    /// BIND from one of the switch's own addresses.
    pub const OWN_ADDRESS: Status = Status(9);
}

/// Why a REGISTER failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Code(pub u32);

impl Code {
    /// The table, the host or the network is at its limit.
    pub const NO_ROOM: Code = Code(5);
    /// The datagram's AUTH is missing or wrong.
    pub const NOT_AUTHENTICATED: Code = Code(7);
}

impl Message {
    /// Members in a ROSTER, at most.
    pub const ROSTER_PAGE: usize = 128;
    /// Entries in a SUBSCRIBE, at most; more are answered with a status.
    pub const SUBSCRIBE_MAX: usize = 128;

    /// Words of zeros that fill a HELLO's 12 octets of header and 8 of nonce
    /// up to [`HELLO_MIN`].
    const HELLO_ZERO_WORDS: u16 = ((HELLO_MIN - 20) / 4) as u16;

    /// A HELLO that makes a datagram of [`HELLO_MIN`] octets by itself.
    pub fn hello(nonce: u64) -> Message {
        Message::Hello { nonce, zero_words: Message::HELLO_ZERO_WORDS }
    }

    /// The nonce that the cookie of a BIND is made for.
    pub fn bind_nonce(seq: u32, ssid: Ssid) -> u64 {
        u64::from(seq) << 32 | u64::from(ssid.get())
    }

    /// The five bits that tell the messages apart.
    pub fn subtype(&self) -> u8 {
        match self {
            Message::Hello { .. } => 1,
            Message::Challenge { .. } => 2,
            Message::Register(_) => 3,
            Message::Registered(_) => 4,
            Message::Bind { .. } => 5,
            Message::Subscribe { .. } => 6,
            Message::Keepalive { .. } => 7,
            Message::Leave { .. } => 8,
            Message::List { .. } => 9,
            Message::Ack { .. } => 10,
            Message::Roster { .. } => 11,
            Message::Error { .. } => 12,
            Message::Changed { .. } => 13,
            Message::Auth { .. } => 14,
        }
    }

    /// Whether a client signs it in a session with a key.
    pub fn is_signed(&self) -> bool {
        matches!(self.subtype(), 3 | 5..=9)
    }

    /// Whether a client sends it and waits for the answer.
    pub fn wants_answer(&self) -> bool {
        matches!(self.subtype(), 1 | 3 | 5..=9)
    }
}
