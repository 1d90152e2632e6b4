//! Tests of "A datagram is parsed whole", rule by rule.

use super::super::{Register, TypeMask};
use super::*;
use proptest::prelude::*;

/// Our messages and raw packets, one after the other.
enum Part<'a> {
    Ours(Message),
    Raw(&'a [u8]),
}
use Part::{Ours, Raw};

fn compound(parts: &[Part<'_>]) -> Vec<u8> {
    let mut octets = Vec::new();
    for part in parts {
        match part {
            Ours(message) => message.emit(0x70, &mut octets),
            Raw(raw) => octets.extend(*raw),
        }
    }
    octets
}

fn parse(parts: &[Part<'_>]) -> Result<Datagram, Malformed> {
    parse_datagram(&compound(parts))
}

const KEEPALIVE: Message = Message::Keepalive { token: 1, seq: 2 };
const AUTH: Message = Message::Auth { tag: [7; 16] };
const EMPTY_RR: &[u8] = &[0x80, RR, 0, 1, 0, 0, 0, 0x70];
const SDES: &[u8] = &[0x81, 202, 0, 2, 0, 0, 0, 0x70, 0, 0, 0, 0];
const OTHER_APP: &[u8] = &[0x87, 204, 0, 2, 0, 0, 0, 0x70, b'q', b't', b's', b'i'];
const UNKNOWN_SUBTYPE: &[u8] = &[0x8f, 204, 0, 2, 0, 0, 0, 0x70, b'P', b'K', b'S', b'W'];
const BYE_TWO: &[u8] = &[0x82, BYE, 0, 2, 0, 0, 0, 0x71, 0, 0, 0, 0x72];

#[test]
fn a_message_stands_alone_or_in_a_compound() {
    let alone = parse(&[Ours(KEEPALIVE)]).unwrap();
    assert_eq!(alone.request(), Some(&Envelope { ssrc: 0x70, message: KEEPALIVE }));
    let parts = [Raw(EMPTY_RR), Raw(SDES), Raw(OTHER_APP), Raw(UNKNOWN_SUBTYPE), Ours(KEEPALIVE)];
    assert_eq!(parse(&parts).unwrap(), alone, "SDES, other APPs and subtypes are skipped");
}

#[test]
fn what_is_not_well_formed_as_a_whole_is_malformed() {
    let rejected = |what: &str, octets: &[u8]| {
        assert_eq!(parse_datagram(octets), Err(Malformed), "{what}");
    };
    rejected("nothing", &[]);
    let good = compound(&[Ours(KEEPALIVE), Raw(SDES)]);
    assert!(parse_datagram(&good).is_ok());
    for cut in 1..good.len() {
        if cut != 24 {
            rejected("cut short", &good[..cut]);
        }
    }
    for extra in 1..4 {
        let mut long = good.clone();
        long.resize(good.len() + extra, 0);
        rejected("octets after the end", &long);
    }
    for (at, octet) in [(0, 0x47), (24, 0x41), (25, 191), (25, 224), (3, 4), (3, 6), (27, 1)] {
        let mut bad = good.clone();
        bad[at] = octet;
        rejected("a header changed", &bad);
    }
}

#[test]
fn padding_is_on_the_last_packet_and_never_on_ours() {
    let padded_rr = [0xa0, RR, 0, 2, 0, 0, 0, 0x70, 0, 0, 0, 4];
    assert!(parse(&[Ours(KEEPALIVE), Raw(&padded_rr)]).is_ok());
    assert_eq!(parse(&[Raw(&padded_rr), Ours(KEEPALIVE)]), Err(Malformed));
    let mut padded = compound(&[Ours(KEEPALIVE)]);
    padded.extend([0, 0, 0, 4]);
    padded[0] |= 0x20;
    padded[3] += 1;
    assert_eq!(parse_datagram(&padded), Err(Malformed));
    let mut unknown = UNKNOWN_SUBTYPE.to_vec();
    unknown.extend([0, 0, 0, 4]);
    unknown[0] |= 0x20;
    unknown[3] += 1;
    assert_eq!(parse_datagram(&unknown), Err(Malformed), "of an unknown subtype neither");
}

#[test]
fn hello_needs_64_octets_of_datagram() {
    let short = || Ours(Message::Hello { nonce: 1, zero_words: 9 });
    assert_eq!(parse(&[short()]), Err(Malformed));
    assert!(parse(&[Ours(Message::hello(1))]).is_ok());
    assert!(parse(&[Ours(Message::Hello { nonce: 1, zero_words: 300 })]).is_ok());
    // It is the whole datagram that counts.
    assert!(parse(&[Raw(EMPTY_RR), short()]).is_ok());
}

#[test]
fn one_message_that_wants_an_answer() {
    let requests = [
        Message::hello(1),
        Message::Register(Register {
            nonce: 1,
            cookie: [0; 16],
            echo: false,
            wants: TypeMask::ALL,
            lease: 0,
        }),
        Message::Bind { token: 1, seq: 1, cookie: [0; 16] },
        Message::Subscribe { token: 1, seq: 1, add: false, entries: vec![] },
        KEEPALIVE,
        Message::Leave { token: 1, seq: 1 },
        Message::List { token: 1, seq: 1, first: 0 },
    ];
    for a in &requests {
        assert!(parse(&[Ours(a.clone())]).is_ok());
        for b in &requests {
            assert_eq!(parse(&[Ours(a.clone()), Ours(b.clone())]), Err(Malformed), "{a:?} {b:?}");
        }
        // What the switch sends wants none.
        let changed = Message::Changed { version: 1 };
        let both = parse(&[Ours(changed), Ours(a.clone())]).unwrap();
        assert_eq!(both.request().unwrap().message, *a);
    }
}

#[test]
fn auth_is_the_last_packet() {
    let signed = parse(&[Ours(KEEPALIVE), Ours(AUTH)]).unwrap();
    assert_eq!(signed.tag, Some(Tag { octets: [7; 16], signed: 24 + 12 }));
    assert_eq!(signed.messages.len(), 1);
    assert_eq!(parse(&[Ours(AUTH), Ours(KEEPALIVE)]), Err(Malformed));
    assert_eq!(parse(&[Ours(KEEPALIVE), Ours(AUTH), Raw(SDES)]), Err(Malformed));
    assert_eq!(parse(&[Ours(KEEPALIVE), Ours(AUTH), Ours(AUTH)]), Err(Malformed));
}

#[test]
fn byes_are_noted() {
    let datagram = parse(&[Raw(EMPTY_RR), Raw(BYE_TWO)]).unwrap();
    assert_eq!(datagram.byes, [0x71, 0x72]);
    assert!(!datagram.ours);
    let short = [0x82, BYE, 0, 1, 0, 0, 0, 0x71];
    assert_eq!(parse(&[Raw(&short)]), Err(Malformed), "two named, one there");
    let reason = [0x81, BYE, 0, 2, 0, 0, 0, 0x71, 3, b'e', b'n', b'd'];
    assert_eq!(parse(&[Raw(&reason)]).unwrap().byes, [0x71]);
}

#[test]
fn rtcp_of_rtp_tools_is_told_from_ours() {
    assert!(!parse(&[Raw(EMPTY_RR), Raw(SDES), Raw(OTHER_APP)]).unwrap().ours);
    assert!(parse(&[Raw(EMPTY_RR), Raw(UNKNOWN_SUBTYPE)]).unwrap().ours);
    // Encrypted: a readable first header, then anything, a tag at the end.
    let mut encrypted = EMPTY_RR.to_vec();
    encrypted.extend([0xe5; 14]);
    let opaque = Datagram { opaque: true, ..Datagram::default() };
    assert_eq!(parse_datagram(&encrypted), Ok(opaque));
    // But not if a packet of ours is in sight.
    let mut ours = compound(&[Raw(EMPTY_RR), Ours(KEEPALIVE)]);
    ours.push(0);
    assert_eq!(parse_datagram(&ours), Err(Malformed));
    ours.truncate(EMPTY_RR.len() + 20);
    assert_eq!(parse_datagram(&ours), Err(Malformed));
}

proptest! {
    #[test]
    fn no_octets_panic(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_datagram(&octets);
        let _ = super::super::classify(&octets);
    }

    #[test]
    fn no_damage_panics(
        at in prop::collection::vec((0usize..200, any::<u8>()), 0..8),
        cut in 0usize..200,
    ) {
        let parts = [Raw(EMPTY_RR), Raw(BYE_TWO), Ours(Message::hello(1)), Raw(SDES), Ours(AUTH)];
        let mut octets = compound(&parts);
        for (at, octet) in at {
            let len = octets.len();
            octets[at % len] = octet;
        }
        octets.truncate(octets.len().max(cut) - cut / 4);
        if let Ok(datagram) = parse_datagram(&octets) {
            let requests = datagram.messages.iter().filter(|e| e.message.wants_answer());
            prop_assert!(requests.count() <= 1);
        }
    }
}
