//! Cookies replayed, forged, expired, and used from another address; tokens
//! guessed.

use super::*;

/// How long a slot of cookies lasts.
const SLOT: Nanos = 30 * SECOND;

/// An attacker who receives at this address.
const EVE: &str = "10.6.6.6:666";

#[test]
fn a_cookie_registers_once() {
    let mut session = Session::new();
    let eve = at(EVE);
    let cookie = session.hello(eve, CONTROL, 1);
    let Some(Message::Registered(Registered { ssid, token, .. })) =
        session.register(eve, 1, cookie)
    else {
        panic!("not REGISTERED")
    };
    let leave = Message::Leave { token, seq: 1 };
    assert!(session.send(eve, CONTROL, ssid.get(), &leave).is_some());
    for _ in 0..3 {
        assert!(is_challenge(&session.register(eve, 1, cookie)), "after LEAVE");
    }
    // And what the CHALLENGE repeats in this slot is the same used one.
    assert_eq!(session.hello(eve, CONTROL, 1), cookie);
    session.goes_on();
    assert_eq!(session.clients(), 3);
}

#[test]
fn a_cookie_dies_with_the_lease_it_gave() {
    let mut session = Session::new();
    let eve = at(EVE);
    let cookie = session.hello(eve, CONTROL, 1);
    let register = Register { nonce: 1, cookie, echo: false, wants: TypeMask::ALL, lease: 5 };
    let register = Message::Register(register);
    assert!(is_registered(&session.send(eve, CONTROL, 0, &register)));
    session.bench.clock.advance(6 * SECOND);
    session.bench.run();
    session.bench.sent();
    assert!(is_challenge(&session.send(eve, CONTROL, 0, &register)));
    assert_eq!(session.clients(), 3);
}

#[test]
fn forged_cookies_get_a_challenge_and_no_client() {
    let mut session = Session::new();
    let eve = at(EVE);
    let good = session.hello(eve, CONTROL, 1);
    for bit in 0..128 {
        let mut forged = good;
        forged[bit / 8] ^= 1 << (bit % 8);
        assert!(is_challenge(&session.register(eve, 1, forged)), "bit {bit}");
    }
    for forged in [[0; 16], [0xff; 16]] {
        assert!(is_challenge(&session.register(eve, 1, forged)));
    }
    assert!(is_challenge(&session.register(eve, 2, good)), "for another nonce");
    assert_eq!(session.clients(), 3);
    session.goes_on();
}

#[test]
fn an_expired_cookie_gets_a_challenge() {
    let mut session = Session::new();
    let eve = at(EVE);
    let cookie = session.hello(eve, CONTROL, 1);
    // Into the slot after the next.
    for _ in 0..6 {
        session.renew();
        session.bench.clock.advance(SLOT / 3);
    }
    session.renew();
    assert!(is_challenge(&session.register(eve, 1, cookie)));
    assert_eq!(session.clients(), 3);
    session.goes_on();
}

#[test]
fn a_cookie_is_good_at_its_address_and_port_alone() {
    let mut session = Session::new();
    let eve = at(EVE);
    let cookie = session.hello(eve, CONTROL, 1);
    let victim = session.peers[0];
    for from in [
        victim.control,
        victim.media,
        eve.with_udp_port(667),
        at("10.6.6.7:666"),
        at("[2001:db8::666]:666"),
    ] {
        assert!(is_challenge(&session.register(from, 1, cookie)), "{from}");
    }
    let register = Register { nonce: 1, cookie, echo: false, wants: TypeMask::ALL, lease: 0 };
    let on_media = session.send(eve, MEDIA, 0, &Message::Register(register));
    assert!(is_challenge(&on_media), "from the control port");
    assert_eq!(session.clients(), 3);
    session.goes_on();
    session.renew();
}

#[test]
fn the_cookie_of_a_bind_moves_nothing_else() {
    let mut session = Session::new();
    // Eve is a member, and may have her own cookies.
    let eve = session.bench.member("10.6.6.6", false);
    while session.bench.run() == Progress::Busy {}
    session.bench.sent();
    let bind = |seq, cookie| Message::Bind { token: eve.token, seq, cookie };
    let elsewhere = eve.media.with_udp_port(9);
    let challenge = session.send(elsewhere, MEDIA, eve.ssid.get(), &bind(50, [0; 16]));
    let cookie = Bench::cookie(challenge);
    let victim = session.peers[0];
    for (what, from, seq) in [
        ("a victim's media address", victim.media, 50),
        ("a victim's control address", victim.control, 50),
        ("with another seq", elsewhere, 51),
    ] {
        let answer = session.send(from, MEDIA, eve.ssid.get(), &bind(seq, cookie));
        assert!(is_challenge(&answer), "{what}");
    }
    // A cookie of HELLO is none of BIND, though its nonce is the same.
    let nonce = Message::bind_nonce(52, eve.ssid);
    let hello = session.hello(elsewhere, CONTROL, nonce);
    assert!(is_challenge(&session.send(elsewhere, MEDIA, eve.ssid.get(), &bind(52, hello))));
    let victims = session.bench.element.read_handler("clients").unwrap().to_string();
    assert!(victims.starts_with(&format!(
        "{} control={} media={} ",
        victim.ssid, victim.control, victim.media
    )));
}

#[test]
fn guessed_tokens_are_refused() {
    let mut session = Session::new();
    let victim = session.peers[0];
    let guesses = (0..64).map(|bit| victim.token ^ 1 << bit);
    let guesses = guesses.chain([0, u64::MAX, victim.token.swap_bytes(), session.peers[1].token]);
    let mut refused = 0;
    for token in guesses {
        // As if she could write in the victim's name.
        for message in [
            Message::Leave { token, seq: 900 },
            Message::Keepalive { token, seq: 900 },
            Message::List { token, seq: 900, first: 0 },
            Message::Subscribe { token, seq: 900, add: false, entries: vec![] },
        ] {
            let answer = session.send(victim.control, CONTROL, victim.ssid.get(), &message);
            assert_eq!(answer, None, "{message:?}");
        }
        let bind = Message::Bind { token, seq: 900, cookie: [0; 16] };
        assert_eq!(session.send(at(EVE), MEDIA, victim.ssid.get(), &bind), None);
        refused += 5;
        assert_eq!(session.bench.counter("refused"), refused);
    }
    session.goes_on();
    // Guessing has cost the victim neither its rate nor its seq.
    session.renew();
}
