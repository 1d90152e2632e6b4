//! HELLO, REGISTER, cookies and leases, sentence by sentence.

use super::*;
use crate::table::cookie::SLOT;

fn registered(answer: Result<Message, Count>) -> Registered {
    match answer {
        Ok(Message::Registered(registered)) => registered,
        other => panic!("not REGISTERED: {other:?}"),
    }
}

fn with(cookie: Cookie, nonce: u64) -> Message {
    Message::Register(Register { nonce, cookie, ..REGISTER })
}

#[test]
fn hello_leaves_no_state() {
    let mut bed = Bed::new();
    let first = bed.hello(at("10.0.0.1:1"), Port::Control, 5);
    let again = bed.hello(at("10.0.0.1:1"), Port::Control, 5);
    assert_eq!(first, again);
    assert!(bed.table.is_empty() && bed.table.clients.is_empty());
}

#[test]
fn a_challenge_is_smaller_than_what_it_answers() {
    let mut answer = Vec::new();
    Message::Challenge { nonce: 0, cookie: [0; 16] }.emit(0, &mut answer);
    let mut asked = Vec::new();
    with([0; 16], 1).emit(0, &mut asked);
    assert!(answer.len() < asked.len());
    asked.clear();
    Message::Bind { token: 0, seq: 0, cookie: [0; 16] }.emit(0, &mut asked);
    assert!(answer.len() < asked.len());
}

#[test]
fn a_bad_or_expired_cookie_gets_a_fresh_challenge() {
    let mut bed = Bed::new();
    let peer = at("10.0.0.1:1");
    let cookie = bed.hello(peer, Port::Control, 5);
    let mut wrong = cookie;
    wrong[15] ^= 1;
    for (what, from, port, message) in [
        ("a wrong octet", "10.0.0.1:1", Port::Control, with(wrong, 5)),
        ("another nonce", "10.0.0.1:1", Port::Control, with(cookie, 6)),
        ("another address", "10.0.0.2:1", Port::Control, with(cookie, 5)),
        ("another UDP port", "10.0.0.1:2", Port::Control, with(cookie, 5)),
        ("the switch's other port", "10.0.0.1:1", Port::Media, with(cookie, 5)),
    ] {
        assert!(is_challenge(&bed.send(at(from), port, 0, &message)), "{what}");
    }
    bed.now = 2 * SLOT;
    let answer = bed.send(peer, Port::Control, 0, &with(cookie, 5));
    assert!(is_challenge(&answer), "expired");
    let Ok(Message::Challenge { nonce, cookie }) = answer else { unreachable!() };
    assert_eq!(nonce, 5);
    assert!(bed.table.is_empty());
    registered(bed.send(peer, Port::Control, 0, &with(cookie, 5)));
    assert_eq!(bed.table.len(), 1);
}

#[test]
fn a_cookie_is_good_in_its_slot_and_the_next() {
    for (now, good) in [(SLOT - 1, true), (2 * SLOT - 1, true), (2 * SLOT, false)] {
        let mut bed = Bed::new();
        bed.now = 0;
        let cookie = bed.hello(at("10.0.0.1:1"), Port::Control, 5);
        bed.now = now;
        let answer = bed.send(at("10.0.0.1:1"), Port::Control, 0, &with(cookie, 5));
        assert_eq!(matches!(answer, Ok(Message::Registered(_))), good, "at {now}");
    }
}

#[test]
fn a_repeated_register_gets_the_same_answer_and_changes_nothing() {
    let mut bed = Bed::new();
    let peer = at("10.0.0.1:1");
    let cookie = bed.hello(peer, Port::Control, 5);
    let first = bed.send(peer, Port::Control, 0, &with(cookie, 5));
    bed.join("10.0.0.2:1");
    bed.advance(3 * SECOND);
    let deadline = bed.table.client(0).deadline();
    assert_eq!(bed.send(peer, Port::Control, 0, &with(cookie, 5)), first);
    assert_eq!(bed.table.client(0).deadline(), deadline);
    assert_eq!((bed.table.len(), bed.table.version()), (2, 2));
}

#[test]
fn a_cookie_registers_once() {
    let mut bed = Bed::new();
    let peer = at("10.0.0.1:1");
    // After LEAVE.
    let cookie = bed.hello(peer, Port::Control, 5);
    let answer = registered(bed.send(peer, Port::Control, 0, &with(cookie, 5)));
    let mut me = Peer { control: peer, ssid: answer.ssid, token: answer.token, seq: 0 };
    bed.leave(&mut me).unwrap();
    assert!(is_challenge(&bed.send(peer, Port::Control, 0, &with(cookie, 5))));
    assert!(bed.table.is_empty());
    // After expiry.
    let cookie = bed.hello(peer, Port::Control, 6);
    let short = Message::Register(Register { nonce: 6, cookie, lease: 5, ..REGISTER });
    registered(bed.send(peer, Port::Control, 0, &short));
    bed.advance(5 * SECOND);
    assert!(is_challenge(&bed.send(peer, Port::Control, 0, &short)));
    assert!(bed.table.is_empty());
    // After another REGISTER of the same client.
    let (old, new) = (bed.hello(peer, Port::Control, 7), bed.hello(peer, Port::Control, 8));
    registered(bed.send(peer, Port::Control, 0, &with(old, 7)));
    let current = registered(bed.send(peer, Port::Control, 0, &with(new, 8)));
    assert!(is_challenge(&bed.send(peer, Port::Control, 0, &with(old, 7))));
    assert_eq!(registered(bed.send(peer, Port::Control, 0, &with(new, 8))), current);
}

#[test]
fn a_new_nonce_makes_all_new_but_the_ssid() {
    let mut bed = Bed::new();
    let mut me = bed.member("10.0.0.1:1");
    let other = bed.member("10.0.0.2:1");
    assert_eq!(bed.subscribe(&mut me, true, &[(other.ssid.get(), 0)]), Status::DONE);
    let version = bed.table.version();
    let register = Register { nonce: 99, echo: true, wants: asq(), lease: 300, ..REGISTER };
    let again = registered(bed.register("10.0.0.1:1", register));
    assert_eq!((again.ssid, again.lease, again.version), (me.ssid, 300, version));
    assert_ne!(again.token, me.token);
    assert_eq!(bed.table.version(), version, "neither a join nor a leave");
    assert_eq!(bed.keepalive(&mut me), Err(Count::Refused), "the old token");
    assert_eq!(bed.audio(&me), Err(Count::Spoofed), "the media address is forgotten");
    assert!(bed.audio(&other).unwrap().is_empty());
    let mut me = Peer { token: again.token, seq: 0, ..me };
    let media = me.media();
    assert_eq!(bed.bind(&mut me, media), Status::DONE, "any first seq");
    assert_eq!(bed.audio(&other).unwrap(), [me.media()], "the subscription is forgotten");
    assert_eq!(bed.rtp(other.media(), other.ssid.ssrc(StreamType::Vsq)).unwrap(), []);
    assert_eq!(bed.audio(&me).unwrap(), [other.media(), me.media()], "the echo is new");
    bed.advance(31 * SECOND);
    assert_eq!(bed.table.clients(bed.now).0.text.lines().count(), 2);
    bed.table.expire(bed.now);
    assert_eq!(bed.table.len(), 1, "its lease is new");
}

#[test]
fn leases_are_granted_and_end_at_their_deadline() {
    for (asked, granted) in [(0, 30), (1, 5), (40, 40), (9999, 300)] {
        let mut bed = Bed::new();
        let answer = registered(bed.register("10.0.0.1:1", Register { lease: asked, ..REGISTER }));
        assert_eq!(answer.lease, granted);
        let mut me =
            Peer { control: at("10.0.0.1:1"), ssid: answer.ssid, token: answer.token, seq: 0 };
        let media = me.media();
        bed.advance(SECOND);
        assert_eq!(bed.bind(&mut me, media), Status::DONE);
        bed.advance(u64::from(granted) * SECOND - 1);
        if granted < 120 {
            assert!(bed.audio(&me).is_ok(), "BIND renewed the lease");
        }
        bed.advance(1);
        // At its deadline it is unregistered, for media and for control.
        assert_eq!(bed.keepalive(&mut me), Err(Count::Refused));
        assert_eq!(bed.audio(&me), Err(Count::UnknownSource));
        assert!(bed.table.is_empty());
        assert_eq!(bed.count(Count::Expired), 1);
    }
}

#[test]
fn accepted_control_renews_the_lease_and_nothing_else_does() {
    let mut bed = Bed::new();
    let mut me = bed.member("10.0.0.1:1");
    let deadline = |bed: &Bed| bed.table.client(0).deadline() - bed.now;
    let full = 30 * SECOND;
    type Step = fn(&mut Bed, &mut Peer);
    let renewing: [(&str, Step); 4] = [
        ("KEEPALIVE", |bed, me| drop(bed.keepalive(me).unwrap())),
        ("SUBSCRIBE", |bed, me| assert_eq!(bed.subscribe(me, false, &[]), Status::DONE)),
        ("LIST", |bed, me| drop(bed.list(me, 0))),
        ("BIND", |bed, me| assert_eq!(bed.bind(me, me.media()), Status::DONE)),
    ];
    let others: [(&str, Step); 7] = [
        ("RTP", |bed, me| drop(bed.audio(me).unwrap())),
        ("a repeat", |bed, me| {
            me.seq -= 1;
            bed.keepalive(me).unwrap();
        }),
        ("a wrong token", |bed, me| {
            me.token ^= 1;
            bed.keepalive(me).unwrap_err();
            me.token ^= 1;
        }),
        ("a stale seq", |bed, me| {
            let seq = me.seq;
            me.seq -= 5;
            assert_eq!(bed.keepalive(me), Err(Count::Stale));
            me.seq = seq;
        }),
        ("a status", |bed, me| assert_eq!(bed.subscribe(me, true, &[(1, 1)]).0, 4)),
        ("a CHALLENGE", |bed, me| {
            me.seq += 1;
            bed.bind_cookie(me, me.media());
        }),
        ("HELLO", |bed, me| {
            bed.hello(me.control, Port::Control, 1);
        }),
    ];
    for (what, step) in renewing {
        bed.advance(SECOND);
        step(&mut bed, &mut me);
        assert_eq!(deadline(&bed), full, "{what}");
    }
    for (what, step) in others {
        let before = bed.table.client(0).deadline();
        bed.advance(SECOND);
        step(&mut bed, &mut me);
        assert_eq!(bed.table.client(0).deadline(), before, "{what}");
    }
}

#[test]
fn register_may_come_by_either_port_and_its_port_is_remembered() {
    let mut bed = Bed::new();
    let peer = at("10.0.0.1:1");
    let cookie = bed.hello(peer, Port::Media, 5);
    let answer = registered(bed.send(peer, Port::Media, 0, &with(cookie, 5)));
    // Later messages may come by either, too.
    let me = Peer { control: peer, ssid: answer.ssid, token: answer.token, seq: 0 };
    for (seq, port) in [(1, Port::Control), (2, Port::Media)] {
        let message = Message::Keepalive { token: me.token, seq };
        assert_eq!(status(bed.send(peer, port, me.ssid.get(), &message)), Status::DONE);
    }
    let changed = bed.table.next_changed(bed.now).unwrap();
    assert_eq!((changed.peer, changed.own), (peer, at(MEDIA)));
}

#[test]
fn ssids_are_no_ones_twice_and_never_the_switch() {
    let mut bed = Bed::new();
    let mut seen = vec![bed.table.identifier()];
    for port in 1..60 {
        let me = bed.join(&format!("10.0.0.1:{port}"));
        assert!(!seen.contains(&me.ssid));
        seen.push(me.ssid);
    }
}
