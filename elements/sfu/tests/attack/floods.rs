//! Floods of HELLO, REGISTER and CHANGED, from one host and from many, while
//! a session goes on.

use super::*;
use std::collections::HashMap;

/// One attack from one host, and the same from 1,000.
const HOSTS: [u32; 2] = [1, 1000];

/// What a switch sends a member that is not media: CHANGEDs at most.
fn only_changed(sent: &[Sent], peers: &[Peer]) -> usize {
    let to_members = sent.iter().filter(|(_, to, ..)| peers.iter().any(|p| p.control == *to));
    to_members
        .inspect(|(from, .., octets)| {
            let datagram = parse_datagram(octets).unwrap();
            assert_eq!(*from, own(CONTROL));
            assert!(matches!(datagram.messages[0].message, Message::Changed { .. }));
        })
        .count()
}

#[test]
fn of_hello() {
    for hosts in HOSTS {
        let mut session = Session::new();
        // 24,000 in 2 s: a fifth more than is answered.
        for step in 0..200u64 {
            for n in 0..120 {
                let message = Message::hello(step << 32 | n);
                let from = host((step as u32 * 120 + n as u32) % hosts);
                let answer = session.send(from, CONTROL, 0, &message);
                assert!(answer.is_none() || is_challenge(&answer));
            }
            session.goes_on();
            session.bench.clock.advance(SECOND / 100);
        }
        assert_eq!(session.bench.counter("limited"), 4_000, "{hosts}");
        assert_eq!(session.clients(), 3, "no state");
        session.renew();
    }
}

#[test]
fn of_register_with_bad_cookies() {
    for hosts in HOSTS {
        let mut session = Session::new();
        for n in 0..5_000 {
            let answer = session.register(host(n % hosts), n.into(), [n as u8; 16]);
            assert!(is_challenge(&answer));
            if n % 100 == 0 {
                session.goes_on();
            }
        }
        assert_eq!(session.clients(), 3);
        session.renew();
    }
}

#[test]
fn of_register_with_good_cookies() {
    // From one host: its limit of clients, and its rate.
    let mut session = Session::new();
    let mut registered = 0;
    for n in 0..1_000u16 {
        let from = host(0).with_udp_port(n + 1);
        let cookie = session.hello(from, CONTROL, n.into());
        registered += usize::from(is_registered(&session.register(from, n.into(), cookie)));
        if n % 50 == 0 {
            while session.bench.run() == Progress::Busy {}
            only_changed(&session.bench.sent(), &session.peers);
            session.goes_on();
        }
    }
    assert_eq!((registered, session.clients()), (64, 3 + 64));
    assert_eq!(session.bench.counter("limited"), 1_000 - 64);
    // From many: the table's limit, and those who are in stay.
    let mut session = Session::new();
    let mut registered = 0;
    for n in 0..2_000 {
        let cookie = session.hello(host(n), CONTROL, n.into());
        registered += usize::from(is_registered(&session.register(host(n), n.into(), cookie)));
        if n % 100 == 0 {
            while session.bench.run() == Progress::Busy {}
            only_changed(&session.bench.sent(), &session.peers);
            session.goes_on();
        }
    }
    assert_eq!((registered, session.clients()), (1024 - 3, 1024));
    session.renew();
}

#[test]
fn of_register_from_more_hosts_than_are_remembered() {
    let mut session = Session::new();
    let mut limited = 0;
    for n in 0..5_000 {
        let cookie = session.hello(host(n), CONTROL, n.into());
        limited += usize::from(session.register(host(n), n.into(), cookie).is_none());
    }
    // 4,096 hosts in a second are remembered; who is one too many waits.
    assert_eq!(limited, 5_000 - 4_096);
    assert_eq!(session.bench.counter("limited"), limited as u64);
    while session.bench.run() == Progress::Busy {}
    session.bench.sent();
    session.goes_on();
    session.renew();
    session.bench.clock.advance(SECOND);
    let late = host(4_999);
    let cookie = session.hello(late, CONTROL, 9_999);
    assert!(session.register(late, 9_999, cookie).is_some(), "a second later it is heard");
}

#[test]
fn of_changed() {
    for hosts in [1, 50] {
        let mut session = Session::new();
        let mut told: HashMap<Address, Vec<Nanos>> = HashMap::new();
        // 20 s of joins and leaves, as fast as the switch lets them.
        for step in 0..400u64 {
            for n in 0..4 {
                let nonce = step << 8 | n;
                let from = host((nonce % hosts) as u32);
                let cookie = session.hello(from, CONTROL, nonce);
                let answer = session.register(from, nonce, cookie);
                if let Some(Message::Registered(Registered { ssid, token, .. })) = answer {
                    let leave = Message::Leave { token, seq: 1 };
                    assert!(session.send(from, CONTROL, ssid.get(), &leave).is_some());
                }
            }
            while session.bench.run() == Progress::Busy {}
            let (now, sent) = (session.bench.clock.now(), session.bench.sent());
            only_changed(&sent, &session.peers);
            sent.iter().for_each(|(_, to, ..)| told.entry(*to).or_default().push(now));
            session.goes_on();
            if step % 100 == 0 {
                session.renew();
            }
            session.bench.clock.advance(SECOND / 20);
        }
        for peer in &session.peers {
            let times = &told[&peer.control];
            assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= SECOND / 10));
            // Most of the time there is something new: one host is held up
            // by its rate for a fifth of it.
            assert!((150..=200).contains(&times.len()), "{}", times.len());
        }
        assert_eq!(session.clients(), 3);
    }
}

#[test]
fn of_requests_by_a_member() {
    let mut session = Session::new();
    let mallory = session.peers[2];
    let mut answered = 0;
    for seq in 200..1_200 {
        let message = Message::List { token: mallory.token, seq, first: 0 };
        let answer = session.send(mallory.control, CONTROL, mallory.ssid.get(), &message);
        answered += u32::from(answer.is_some());
    }
    assert_eq!(answered, 256);
    session.goes_on();
    // Registering anew does not make her rate a new one.
    let cookie = session.hello(mallory.control, CONTROL, 77);
    let answer = session.register(mallory.control, 77, cookie);
    let Some(Message::Registered(Registered { ssid, token, .. })) = answer else {
        panic!("{answer:?}")
    };
    let message = Message::List { token, seq: 1, first: 0 };
    assert_eq!(session.send(mallory.control, CONTROL, ssid.get(), &message), None);
    session.bench.clock.advance(SECOND);
    assert!(session.send(mallory.control, CONTROL, ssid.get(), &message).is_some());
}
