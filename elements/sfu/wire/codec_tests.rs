//! Tests of the messages: their octets as docs/wire.md draws them, and that
//! decoding and encoding undo each other.

use super::super::{Cookie, Envelope, HELLO_MIN, StreamType, parse_datagram};
use super::*;
use proptest::prelude::*;

fn mask() -> impl Strategy<Value = TypeMask> {
    (0u32..8).prop_map(|bits| TypeMask::new(bits).unwrap())
}

fn ssid() -> impl Strategy<Value = Ssid> {
    (1u32..1 << 28).prop_map(|high| Ssid::new(high << 4).unwrap())
}

/// Any message that can be alone in a datagram.
fn message() -> impl Strategy<Value = Message> {
    let entry = any::<(u32, u32)>().prop_map(|(source, mask)| Entry { source, mask });
    let member = (ssid(), mask()).prop_map(|(ssid, seen)| Member { ssid, seen });
    prop_oneof![
        (any::<u64>(), 11u16..400)
            .prop_map(|(nonce, zero_words)| Message::Hello { nonce, zero_words }),
        any::<(u64, Cookie)>().prop_map(|(nonce, cookie)| Message::Challenge { nonce, cookie }),
        (any::<(u64, Cookie, bool, u32)>(), mask()).prop_map(
            |((nonce, cookie, echo, lease), wants)| {
                Message::Register(Register { nonce, cookie, echo, wants, lease })
            }
        ),
        (any::<(u64, u32, u64, u32)>(), ssid()).prop_map(
            |((nonce, lease, token, version), ssid)| {
                Message::Registered(Registered { nonce, ssid, lease, token, version })
            }
        ),
        any::<(u64, u32, Cookie)>().prop_map(|(token, seq, cookie)| Message::Bind {
            token,
            seq,
            cookie
        }),
        (any::<(u64, u32, bool)>(), prop::collection::vec(entry, 0..200)).prop_map(
            |((token, seq, add), entries)| Message::Subscribe { token, seq, add, entries }
        ),
        any::<(u64, u32)>().prop_map(|(token, seq)| Message::Keepalive { token, seq }),
        any::<(u64, u32)>().prop_map(|(token, seq)| Message::Leave { token, seq }),
        any::<(u64, u32, u32)>().prop_map(|(token, seq, first)| Message::List {
            token,
            seq,
            first
        }),
        any::<(u32, u32, u32)>().prop_map(|(seq, status, version)| {
            Message::Ack { seq, status: Status(status), version }
        }),
        (any::<(u32, u32, u32, u32)>(), prop::collection::vec(member, 0..=128)).prop_map(
            |((seq, version, first, total), members)| {
                Message::Roster { seq, version, first, total, members }
            }
        ),
        any::<(u64, u32)>().prop_map(|(nonce, code)| Message::Error { nonce, code: Code(code) }),
        any::<u32>().prop_map(|version| Message::Changed { version }),
        any::<[u8; 16]>().prop_map(|tag| Message::Auth { tag }),
    ]
}

fn emitted(message: &Message, ssrc: u32) -> Vec<u8> {
    let mut octets = Vec::new();
    message.emit(ssrc, &mut octets);
    octets
}

/// The one packet in `octets`, parsed.
fn parsed(octets: &[u8]) -> Result<Option<Message>, Malformed> {
    let (packet, rest) = RtcpPacket::split(octets).unwrap();
    assert!(rest.is_empty() && Message::is_ours(&packet));
    Message::parse(&packet)
}

proptest! {
    #[test]
    fn decode_after_encode_is_the_identity(message in message(), ssrc: u32) {
        let octets = emitted(&message, ssrc);
        prop_assert_eq!(parsed(&octets), Ok(Some(message.clone())));
        let datagram = parse_datagram(&octets).unwrap();
        match message {
            Message::Auth { tag } => prop_assert_eq!(datagram.tag.unwrap().octets, tag),
            message => prop_assert_eq!(datagram.messages, vec![Envelope { ssrc, message }]),
        }
    }

    /// Any body of any size under any of our subtypes: what parses is emitted
    /// as the same octets.
    #[test]
    fn encode_after_decode_is_the_identity(
        subtype in 0u8..32,
        ssrc: u32,
        mut body in prop::collection::vec(prop_oneof![Just(0u8), Just(1), any::<u8>()], 0..160),
    ) {
        body.truncate(body.len() / 4 * 4);
        let mut octets = vec![0x80 | subtype, APP, 0, 2 + (body.len() / 4) as u8];
        octets.extend(ssrc.to_be_bytes());
        octets.extend(NAME);
        octets.extend(body);
        if let Ok(Some(message)) = parsed(&octets) {
            prop_assert_eq!(message.subtype(), subtype);
            prop_assert_eq!(emitted(&message, ssrc), octets);
        }
    }
}

/// The octets of the table in docs/wire.md, written out by hand.
#[test]
fn octets_are_where_the_table_says() {
    let cookie = *b"cookiecookiecook";
    let (nonce, token) = (0x0102_0304_0506_0708, 0x1112_1314_1516_1718);
    let ssid = Ssid::new(0xaabb_ccd0).unwrap();
    let nonce_octets = [1, 2, 3, 4, 5, 6, 7, 8];
    let token_octets = [0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18];
    let seq = 0x2122_2324;
    let seq_octets = [0x21, 0x22, 0x23, 0x24];
    let version = 0x3132_3334;
    let version_octets = [0x31, 0x32, 0x33, 0x34];
    let ssid_octets = [0xaa, 0xbb, 0xcc, 0xd0];
    let register =
        Register { nonce, cookie, echo: true, wants: TypeMask::new(5).unwrap(), lease: 0x28 };
    let registered = Registered { nonce, ssid, lease: 0x29, token, version };
    let entries =
        vec![Entry::new(None, TypeMask::ALL), Entry::new(Some(ssid), StreamType::Vsq.into())];
    let members = vec![Member { ssid, seen: StreamType::Vhq.into() }];
    let cases: Vec<(Message, u8, u8, Vec<&[u8]>)> = vec![
        (Message::hello(nonce), 1, 15, vec![&nonce_octets, &[0; 44]]),
        (Message::Challenge { nonce, cookie }, 2, 8, vec![&nonce_octets, &cookie]),
        (
            Message::Register(register),
            3,
            11,
            vec![&nonce_octets, &cookie, &[0, 0, 0, 1], &[0, 0, 0, 5], &[0, 0, 0, 0x28]],
        ),
        (
            Message::Registered(registered),
            4,
            9,
            vec![&nonce_octets, &ssid_octets, &[0, 0, 0, 0x29], &token_octets, &version_octets],
        ),
        (Message::Bind { token, seq, cookie }, 5, 9, vec![&token_octets, &seq_octets, &cookie]),
        (
            Message::Subscribe { token, seq, add: true, entries },
            6,
            10,
            vec![
                &token_octets,
                &seq_octets,
                &[0x80, 0, 0, 2],
                &[0, 0, 0, 0, 0, 0, 0, 7],
                &ssid_octets,
                &[0, 0, 0, 2],
            ],
        ),
        (Message::Keepalive { token, seq }, 7, 5, vec![&token_octets, &seq_octets]),
        (Message::Leave { token, seq }, 8, 5, vec![&token_octets, &seq_octets]),
        (
            Message::List { token, seq, first: 7 },
            9,
            6,
            vec![&token_octets, &seq_octets, &[0, 0, 0, 7]],
        ),
        (
            Message::Ack { seq, status: Status::OWN_ADDRESS, version },
            10,
            5,
            vec![&seq_octets, &[0, 0, 0, 9], &version_octets],
        ),
        (
            Message::Roster { seq, version, first: 1, total: 2, members },
            11,
            8,
            vec![
                &seq_octets,
                &version_octets,
                &[0, 0, 0, 1],
                &[0, 0, 0, 2],
                &ssid_octets,
                &[0, 0, 0, 4],
            ],
        ),
        (Message::Error { nonce, code: Code::NO_ROOM }, 12, 5, vec![&nonce_octets, &[0, 0, 0, 5]]),
        (Message::Changed { version }, 13, 3, vec![&version_octets]),
        (Message::Auth { tag: cookie }, 14, 6, vec![&cookie]),
    ];
    assert_eq!(cases.len(), 14);
    for (message, subtype, words, body) in cases {
        let mut expected = vec![0x80 | subtype, 204, 0, words, 9, 8, 7, 6];
        expected.extend(b"PKSW");
        expected.extend(body.concat());
        assert_eq!(emitted(&message, 0x0908_0706), expected, "{message:?}");
    }
    assert_eq!(Message::bind_nonce(seq, ssid), 0x2122_2324_aabb_ccd0);
    assert_eq!(emitted(&Message::hello(nonce), 0).len(), HELLO_MIN);
}

#[test]
fn bodies_have_exactly_their_size() {
    for subtype in 1..=14u8 {
        let sizes: Vec<usize> = (0..80)
            .filter(|words| {
                let mut octets = vec![0x80 | subtype, APP, 0, 2 + words, 0, 0, 0, 0];
                octets.extend(NAME);
                octets.resize(12 + 4 * usize::from(*words), 0);
                if subtype == 4 && octets.len() >= 24 {
                    octets[23] = 0x10;
                }
                if subtype == 11 {
                    octets.iter_mut().skip(31).step_by(8).for_each(|low| *low = 0x10);
                }
                parsed(&octets).is_ok()
            })
            .map(|words| 4 * usize::from(words))
            .collect();
        let expected = match subtype {
            1 => (2..80).map(|words| 4 * words).collect(),
            2 => vec![24],
            3 => vec![36],
            4 => vec![28],
            5 => vec![28],
            6 => vec![16],
            7 | 8 => vec![12],
            9 => vec![16],
            10 => vec![12],
            11 => (0..38).map(|n| 16 + 8 * n).collect(),
            12 => vec![12],
            13 => vec![4],
            _ => vec![16],
        };
        assert_eq!(sizes, expected, "subtype {subtype}");
    }
}

#[test]
fn fields_hold_only_what_they_can() {
    let register = Message::Register(Register {
        nonce: 0,
        cookie: [0; 16],
        echo: false,
        wants: TypeMask::NONE,
        lease: 0,
    });
    for (at, bit) in [(36, 0x80), (39, 2), (40, 1), (43, 8)] {
        let mut octets = emitted(&register, 0);
        octets[at] |= bit;
        assert_eq!(parsed(&octets), Err(Malformed), "REGISTER octet {at}");
    }
    let mut hello = emitted(&Message::hello(1), 0);
    hello[63] = 1;
    assert_eq!(parsed(&hello), Err(Malformed), "HELLO that does not end in zeros");
    // The entries of a SUBSCRIBE are not checked here: they have a status.
    let entries = vec![Entry { source: 0x0f, mask: u32::MAX }; 129];
    let subscribe = Message::Subscribe { token: 0, seq: 0, add: false, entries };
    assert_eq!(parsed(&emitted(&subscribe, 0)), Ok(Some(subscribe)));
    // A count that its entries do not bear out.
    let mut octets = emitted(&Message::List { token: 0, seq: 0, first: 0x4000_0000 }, 0);
    octets[0] = 0x86;
    assert_eq!(parsed(&octets), Err(Malformed), "SUBSCRIBE with 2^30 entries");
}
