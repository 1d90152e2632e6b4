//! The octets of our messages: parsed from one RTCP packet, and emitted as one
//! (the table in docs/wire.md, "Control"; offsets are from the packet's start).

use super::message::{Code, Entry, Member, Message, NAME, Register, Registered, Status};
use super::octets::{array_at, u32_at, u64_at};
use super::rtcp::{APP, RtcpPacket};
use super::{Malformed, Ssid, TypeMask};

mod field {
    use std::ops::Range;

    pub const SSRC: usize = 4;
    pub const NAME: Range<usize> = 8..12;
    pub const BODY: usize = 12;
    // HELLO, CHALLENGE, REGISTER, REGISTERED and ERROR start alike.
    pub const NONCE: usize = 12;
    pub const COOKIE: usize = 20;
    pub const FLAGS: usize = 36;
    pub const WANTS: usize = 40;
    pub const LEASE: usize = 44;
    pub const SSID: usize = 20;
    pub const GRANTED: usize = 24;
    pub const NEW_TOKEN: usize = 28;
    pub const NEW_VERSION: usize = 36;
    pub const CODE: usize = 20;
    // BIND, SUBSCRIBE, KEEPALIVE, LEAVE and LIST start alike.
    pub const TOKEN: usize = 12;
    pub const SEQ: usize = 20;
    pub const BIND_COOKIE: usize = 24;
    pub const COUNT: usize = 24;
    pub const ENTRIES: usize = 28;
    pub const FIRST: usize = 24;
    // ACK and ROSTER start alike.
    pub const ANSWERED: usize = 12;
    pub const STATUS: usize = 16;
    pub const ACK_VERSION: usize = 20;
    pub const ROSTER_VERSION: usize = 16;
    pub const ROSTER_FIRST: usize = 20;
    pub const TOTAL: usize = 24;
    pub const MEMBERS: usize = 28;
    pub const CHANGED_VERSION: usize = 12;
    pub const TAG: usize = 12;
}

/// REGISTER's flag for the echo of a client's own packets.
const FLAG_ECHO: u32 = 1;
/// SUBSCRIBE's bit of the count: add to the current subscription.
const COUNT_ADD: u32 = 1 << 31;
/// Octets of an entry and of a roster's member.
const PAIR: usize = 8;

impl Message {
    /// Whether `packet` is one of ours, by its type and name.
    pub(super) fn is_ours(packet: &RtcpPacket<'_>) -> bool {
        packet.packet_type() == APP && packet.octets().get(field::NAME) == Some(&NAME)
    }

    /// The SSRC of one of our packets.
    pub(super) fn ssrc(packet: &RtcpPacket<'_>) -> u32 {
        u32_at(packet.octets(), field::SSRC)
    }

    /// Parses one of our packets; `None` for a subtype that is not ours.
    ///
    /// # Errors
    /// [`Malformed`] if it is padded, if its body has not exactly the size of
    /// its subtype, or if a field holds what it cannot.
    pub(super) fn parse(packet: &RtcpPacket<'_>) -> Result<Option<Message>, Malformed> {
        let p = packet.octets();
        if packet.is_padded() {
            return Err(Malformed);
        }
        let exactly = |end: usize| if p.len() == end { Ok(()) } else { Err(Malformed) };
        let token = || u64_at(p, field::TOKEN);
        let seq = || u32_at(p, field::SEQ);
        let nonce = || u64_at(p, field::NONCE);
        Ok(Some(match packet.count() {
            1 => {
                let zeros = p.get(field::NONCE + 8..).ok_or(Malformed)?;
                if zeros.iter().any(|octet| *octet != 0) {
                    return Err(Malformed);
                }
                Message::Hello { nonce: nonce(), zero_words: (zeros.len() / 4) as u16 }
            }
            2 => {
                exactly(field::COOKIE + 16)?;
                Message::Challenge { nonce: nonce(), cookie: array_at(p, field::COOKIE) }
            }
            3 => {
                exactly(field::LEASE + 4)?;
                let flags = u32_at(p, field::FLAGS);
                if flags & !FLAG_ECHO != 0 {
                    return Err(Malformed);
                }
                Message::Register(Register {
                    nonce: nonce(),
                    cookie: array_at(p, field::COOKIE),
                    echo: flags & FLAG_ECHO != 0,
                    wants: TypeMask::new(u32_at(p, field::WANTS)).ok_or(Malformed)?,
                    lease: u32_at(p, field::LEASE),
                })
            }
            4 => {
                exactly(field::NEW_VERSION + 4)?;
                Message::Registered(Registered {
                    nonce: nonce(),
                    ssid: Ssid::new(u32_at(p, field::SSID)).ok_or(Malformed)?,
                    lease: u32_at(p, field::GRANTED),
                    token: u64_at(p, field::NEW_TOKEN),
                    version: u32_at(p, field::NEW_VERSION),
                })
            }
            5 => {
                exactly(field::BIND_COOKIE + 16)?;
                let cookie = array_at(p, field::BIND_COOKIE);
                Message::Bind { token: token(), seq: seq(), cookie }
            }
            6 => {
                if p.len() < field::ENTRIES {
                    return Err(Malformed);
                }
                let count = u32_at(p, field::COUNT);
                let entries = &p[field::ENTRIES..];
                if entries.len() as u64 != PAIR as u64 * u64::from(count & !COUNT_ADD) {
                    return Err(Malformed);
                }
                let entry = |pair| Entry { source: u32_at(pair, 0), mask: u32_at(pair, 4) };
                Message::Subscribe {
                    token: token(),
                    seq: seq(),
                    add: count & COUNT_ADD != 0,
                    entries: entries.chunks_exact(PAIR).map(entry).collect(),
                }
            }
            7 => {
                exactly(field::SEQ + 4)?;
                Message::Keepalive { token: token(), seq: seq() }
            }
            8 => {
                exactly(field::SEQ + 4)?;
                Message::Leave { token: token(), seq: seq() }
            }
            9 => {
                exactly(field::FIRST + 4)?;
                Message::List { token: token(), seq: seq(), first: u32_at(p, field::FIRST) }
            }
            10 => {
                exactly(field::ACK_VERSION + 4)?;
                Message::Ack {
                    seq: u32_at(p, field::ANSWERED),
                    status: Status(u32_at(p, field::STATUS)),
                    version: u32_at(p, field::ACK_VERSION),
                }
            }
            11 => {
                let members = p.get(field::MEMBERS..).ok_or(Malformed)?;
                if members.len() % PAIR != 0 || members.len() > PAIR * Message::ROSTER_PAGE {
                    return Err(Malformed);
                }
                let member = |pair| {
                    let ssid = Ssid::new(u32_at(pair, 0)).ok_or(Malformed)?;
                    let seen = TypeMask::new(u32_at(pair, 4)).ok_or(Malformed)?;
                    Ok(Member { ssid, seen })
                };
                Message::Roster {
                    seq: u32_at(p, field::ANSWERED),
                    version: u32_at(p, field::ROSTER_VERSION),
                    first: u32_at(p, field::ROSTER_FIRST),
                    total: u32_at(p, field::TOTAL),
                    members: members.chunks_exact(PAIR).map(member).collect::<Result<_, _>>()?,
                }
            }
            12 => {
                exactly(field::CODE + 4)?;
                Message::Error { nonce: nonce(), code: Code(u32_at(p, field::CODE)) }
            }
            13 => {
                exactly(field::CHANGED_VERSION + 4)?;
                Message::Changed { version: u32_at(p, field::CHANGED_VERSION) }
            }
            14 => {
                exactly(field::TAG + 16)?;
                Message::Auth { tag: array_at(p, field::TAG) }
            }
            _ => return Ok(None),
        }))
    }

    /// Appends the message as one RTCP APP packet with this SSRC to `out`.
    ///
    /// # Panics
    /// If there are more entries or members than 16 bits of length can say,
    /// some 32,000; no datagram holds so many.
    pub fn emit(&self, ssrc: u32, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend([0x80 | self.subtype(), APP, 0, 0]);
        word(out, ssrc);
        out.extend(NAME);
        debug_assert_eq!(out.len() - start, field::BODY);
        self.emit_body(out);
        let words = u16::try_from((out.len() - start) / 4 - 1).expect("fits a datagram");
        out[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
    }

    fn emit_body(&self, out: &mut Vec<u8>) {
        match self {
            Message::Hello { nonce, zero_words } => {
                long(out, *nonce);
                out.resize(out.len() + 4 * usize::from(*zero_words), 0);
            }
            Message::Challenge { nonce, cookie } => {
                long(out, *nonce);
                out.extend(cookie);
            }
            Message::Register(register) => {
                long(out, register.nonce);
                out.extend(register.cookie);
                word(out, if register.echo { FLAG_ECHO } else { 0 });
                word(out, register.wants.bits());
                word(out, register.lease);
            }
            Message::Registered(registered) => {
                long(out, registered.nonce);
                word(out, registered.ssid.get());
                word(out, registered.lease);
                long(out, registered.token);
                word(out, registered.version);
            }
            Message::Bind { token, seq, cookie } => {
                long(out, *token);
                word(out, *seq);
                out.extend(cookie);
            }
            Message::Subscribe { token, seq, add, entries } => {
                long(out, *token);
                word(out, *seq);
                word(out, entries.len() as u32 | if *add { COUNT_ADD } else { 0 });
                for entry in entries {
                    word(out, entry.source);
                    word(out, entry.mask);
                }
            }
            Message::Keepalive { token, seq } | Message::Leave { token, seq } => {
                long(out, *token);
                word(out, *seq);
            }
            Message::List { token, seq, first } => {
                long(out, *token);
                word(out, *seq);
                word(out, *first);
            }
            Message::Ack { seq, status, version } => {
                word(out, *seq);
                word(out, status.0);
                word(out, *version);
            }
            Message::Roster { seq, version, first, total, members } => {
                for number in [*seq, *version, *first, *total] {
                    word(out, number);
                }
                for member in members {
                    word(out, member.ssid.get());
                    word(out, member.seen.bits());
                }
            }
            Message::Error { nonce, code } => {
                long(out, *nonce);
                word(out, code.0);
            }
            Message::Changed { version } => word(out, *version),
            Message::Auth { tag } => out.extend(tag),
        }
    }
}

fn word(out: &mut Vec<u8>, number: u32) {
    out.extend(number.to_be_bytes());
}

fn long(out: &mut Vec<u8>, number: u64) {
    out.extend(number.to_be_bytes());
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
