//! "Authentication", sentence by sentence.

use super::super::super::wire::Code;
use super::*;

fn key() -> Key {
    Key::new(b"the session's key").unwrap()
}

/// A table with a key, and peers that have it.
fn keyed() -> Bed {
    let mut bed = Bed::with(Config { key: Some(key()), ..Config::default() });
    bed.key = Some(key());
    bed
}

/// What a message without a good tag, with another key's, and with an octet
/// changed looks like.
fn unsigned(ssrc: u32, message: &Message) -> [Vec<u8>; 4] {
    let mut bare = Vec::new();
    message.emit(ssrc, &mut bare);
    let mut other = bare.clone();
    Key::new(b"another session's").unwrap().sign(ssrc, &mut other);
    let mut damaged = bare.clone();
    key().sign(ssrc, &mut damaged);
    let mut longer = Vec::from([0x80, 201, 0, 1, 0, 0, 0, 1]);
    longer.extend(&damaged);
    *damaged.last_mut().unwrap() ^= 1;
    [bare, other, damaged, longer]
}

#[test]
fn who_has_the_key_is_served_and_hello_needs_none() {
    let mut bed = keyed();
    let mut me = bed.member("10.0.0.1:1");
    let other = bed.member("10.0.0.2:1");
    assert_eq!(bed.subscribe(&mut me, false, &[(other.ssid.get(), 1)]), Status::DONE);
    assert_eq!(bed.list(&mut me, 0).1, 2);
    assert_eq!(bed.audio(&other).unwrap(), [me.media()]);
    assert_eq!(status(bed.leave(&mut me)), Status::DONE);
    assert_eq!(bed.count(Count::Unauthenticated), 0);
}

#[test]
fn a_switch_without_a_key_takes_signed_messages_too() {
    let mut bed = Bed::new();
    bed.key = Some(key());
    let mut me = bed.member("10.0.0.1:1");
    assert_eq!(status(bed.leave(&mut me)), Status::DONE);
}

#[test]
fn register_gets_a_code_once_its_cookie_is_good() {
    let mut bed = keyed();
    let peer = at("10.0.0.1:1");
    let cookie = bed.hello(peer, Port::Control, 9);
    let refused = Ok(Message::Error { nonce: 9, code: Code::NOT_AUTHENTICATED });
    let register = |cookie| Message::Register(Register { nonce: 9, cookie, ..REGISTER });
    for octets in unsigned(0, &register(cookie)) {
        assert_eq!(bed.raw(peer, Port::Control, &octets), refused);
    }
    assert_eq!(bed.count(Count::Unauthenticated), 4);
    assert!(bed.table.is_empty());
    // The cookie comes first, and is not used up by failing.
    for octets in unsigned(0, &register([7; 16])) {
        assert!(is_challenge(&bed.raw(peer, Port::Control, &octets)));
    }
    let answer = bed.send(peer, Port::Control, 0, &register(cookie));
    assert!(matches!(answer, Ok(Message::Registered(_))), "{answer:?}");
    // A repeat is a datagram as any other.
    for octets in unsigned(0, &register(cookie)) {
        assert_eq!(bed.raw(peer, Port::Control, &octets), refused);
    }
    assert_eq!(bed.send(peer, Port::Control, 0, &register(cookie)), answer);
}

#[test]
fn register_without_the_key_counts_for_its_hosts_rate() {
    let mut bed = Bed::with(Config { key: Some(key()), register_rate: 3, ..Config::default() });
    for n in 0..3 {
        let answer = bed.register("10.0.0.1:1", Register { nonce: n, ..REGISTER });
        assert!(matches!(answer, Ok(Message::Error { .. })));
    }
    let answer = bed.register("10.0.0.1:1", Register { nonce: 3, ..REGISTER });
    assert_eq!(answer, Err(Count::Limited));
}

#[test]
fn the_others_get_silence_after_their_token_and_before_everything_else() {
    let mut bed = keyed();
    let mut me = bed.member("10.0.0.1:1");
    let (token, seq) = (me.token, 900);
    let messages = [
        (Port::Media, Message::Bind { token, seq, cookie: [0; 16] }),
        (Port::Control, Message::Subscribe { token, seq, add: false, entries: vec![] }),
        (Port::Control, Message::Keepalive { token, seq }),
        (Port::Control, Message::Leave { token, seq }),
        (Port::Control, Message::List { token, seq, first: 0 }),
    ];
    for (n, (port, message)) in (1..).zip(&messages) {
        let from = if *port == Port::Media { me.media() } else { me.control };
        for octets in unsigned(me.ssid.get(), message) {
            assert_eq!(bed.raw(from, *port, &octets), Err(Count::Unauthenticated), "{message:?}");
        }
        assert_eq!(bed.count(Count::Unauthenticated), 4 * n);
        let wrong = Message::Keepalive { token: !token, seq };
        for octets in unsigned(me.ssid.get(), &wrong) {
            assert_eq!(bed.raw(me.control, Port::Control, &octets), Err(Count::Refused));
        }
    }
    // Neither a repeat nor the rate is reached without the tag.
    me.seq = 901;
    bed.keepalive(&mut me).unwrap();
    let repeat = Message::Keepalive { token, seq: me.seq };
    for _ in 0..300 {
        let [bare, ..] = unsigned(me.ssid.get(), &repeat);
        assert_eq!(bed.raw(me.control, Port::Control, &bare), Err(Count::Unauthenticated));
    }
    assert!(bed.ask(&me, &repeat).is_ok());
    assert!(bed.audio(&me).is_ok());
}

#[test]
fn the_tag_is_bound_to_the_registration_by_its_token() {
    let mut bed = keyed();
    let me = bed.member("10.0.0.1:1");
    let mut signed = Vec::new();
    Message::Leave { token: me.token, seq: 900 }.emit(me.ssid.get(), &mut signed);
    key().sign(me.ssid.get(), &mut signed);
    bed.advance(1);
    let again = bed.join("10.0.0.1:1");
    assert_eq!((again.ssid, again.token == me.token), (me.ssid, false));
    assert_eq!(bed.raw(me.control, Port::Control, &signed), Err(Count::Refused));
}

#[test]
fn auth_anywhere_but_last_is_malformed() {
    let mut bed = keyed();
    let me = bed.member("10.0.0.1:1");
    let mut signed = Vec::new();
    Message::Keepalive { token: me.token, seq: 900 }.emit(me.ssid.get(), &mut signed);
    key().sign(me.ssid.get(), &mut signed);
    let followed = [&signed[..], &[0x80, 201, 0, 1, 0, 0, 0, 1]].concat();
    assert_eq!(bed.raw(me.control, Port::Control, &followed), Err(Count::Malformed));
    let first = [&signed[24..], &signed[..24]].concat();
    assert_eq!(bed.raw(me.control, Port::Control, &first), Err(Count::Malformed));
    assert!(bed.raw(me.control, Port::Control, &signed).is_ok());
}
