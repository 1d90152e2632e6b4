//! Another client's SSID, media address or control address claimed; the
//! switch's own addresses bound.

use super::*;

/// A member of the session who wants more than it should have.
fn with_mallory() -> (Session, Peer) {
    let mut session = Session::new();
    let mallory = session.bench.member("10.6.6.6", false);
    while session.bench.run() == Progress::Busy {}
    session.bench.sent();
    // It wants nothing, so that the session's own lists stay what they are.
    let nothing = Message::Subscribe { token: mallory.token, seq: 2, add: false, entries: vec![] };
    assert!(session.send(mallory.control, CONTROL, mallory.ssid.get(), &nothing).is_some());
    session.bench.clock.advance(SECOND);
    for peer in session.peers.clone() {
        let entries = [(mallory.ssid, 0), (peer.ssid, 7)];
        let other = entries.iter().filter(|(ssid, _)| *ssid != peer.ssid);
        let entries = other
            .map(|(ssid, mask)| crate::wire::Entry { source: ssid.get(), mask: *mask })
            .collect();
        let message = Message::Subscribe { token: peer.token, seq: 50, add: true, entries };
        assert!(session.send(peer.control, CONTROL, peer.ssid.get(), &message).is_some());
    }
    (session, mallory)
}

#[test]
fn media_under_anothers_ssid_is_spoofed() {
    let (mut session, mallory) = with_mallory();
    let victim = session.peers[0];
    let strangers =
        [mallory.media, mallory.control, victim.control, at("10.0.0.1:4002"), at("10.9.9.9:1")];
    for (n, from) in (1..).zip(strangers) {
        session.bench.push(from, MEDIA, &rtp(victim.ssid.ssrc(StreamType::Asq), b"not its own"));
        assert!(session.bench.sent().is_empty(), "{from}");
        assert_eq!(session.bench.counter("spoofed"), n);
    }
    session.goes_on();
}

#[test]
fn control_under_anothers_ssid_is_refused() {
    let (mut session, mallory) = with_mallory();
    let victim = session.peers[0];
    for from in [mallory.control, victim.control, victim.media] {
        let message = Message::Leave { token: mallory.token, seq: 900 };
        assert_eq!(session.send(from, CONTROL, victim.ssid.get(), &message), None);
    }
    assert_eq!(session.bench.counter("refused"), 3);
    session.goes_on();
    session.renew();
}

#[test]
fn a_control_address_is_not_registered_in_its_owners_stead() {
    let (mut session, mallory) = with_mallory();
    let victim = session.peers[0];
    // HELLO and REGISTER in the victim's name: the cookie goes to the victim.
    let own_cookie = session.hello(mallory.control, CONTROL, 77);
    assert!(is_challenge(&session.send(victim.control, CONTROL, 0, &Message::hello(77))));
    for cookie in [own_cookie, [0; 16]] {
        assert!(is_challenge(&session.register(victim.control, 77, cookie)));
    }
    session.goes_on();
    session.renew();
    assert_eq!(session.clients(), 4);
}

#[test]
fn a_media_address_is_not_bound_without_receiving_there() {
    let (mut session, mallory) = with_mallory();
    for (seq, victim) in (60..).zip(session.peers.clone()) {
        for address in [victim.media, victim.control] {
            let bind = |cookie| Message::Bind { token: mallory.token, seq, cookie };
            // The cookie goes to the victim, and no other one serves.
            assert!(is_challenge(&session.send(
                address,
                MEDIA,
                mallory.ssid.get(),
                &bind([0; 16])
            )));
            let own = session.send(mallory.media, MEDIA, mallory.ssid.get(), &bind([0; 16]));
            let own = Bench::cookie(own);
            assert!(is_challenge(&session.send(address, MEDIA, mallory.ssid.get(), &bind(own))));
        }
        session.goes_on();
    }
}

#[test]
fn the_switch_itself_is_nobodys_media_address() {
    let mut bench = Bench::with(64, &[("OWN", "198.51.100.1:5004")]);
    let peers = bench.members(3);
    let mut session = Session { bench, peers, seq: 100, packets: 0 };
    let mallory = session.peers[2];
    // As if she could receive there: with the cookie that was sent.
    for (seq, address) in (60..).zip([own(MEDIA), own(CONTROL), at("198.51.100.1:5004")]) {
        let bind = |cookie| Message::Bind { token: mallory.token, seq, cookie };
        let challenge = session.send(address, MEDIA, mallory.ssid.get(), &bind([0; 16]));
        let cookie = Bench::cookie(challenge);
        let answer = session.send(address, MEDIA, mallory.ssid.get(), &bind(cookie));
        let refused = matches!(answer, Some(Message::Ack { status: Status::OWN_ADDRESS, .. }));
        assert!(refused, "{address}: {answer:?}");
        session.goes_on();
    }
}

#[test]
fn a_static_clients_address_and_ssid_are_its_own() {
    let text = "\"ssid=0x120 media=10.0.9.1:5004 wants=none learn=96:asq\"";
    let mut bench = Bench::with(64, &[("CLIENT", text)]);
    let peers = bench.members(3);
    let mut session = Session { bench, peers, seq: 100, packets: 0 };
    for token in [0, session.peers[0].token] {
        let bind = Message::Bind { token, seq: 1, cookie: [0; 16] };
        assert_eq!(session.send(at("10.0.9.1:5004"), MEDIA, 0x120, &bind), None);
        let leave = Message::Leave { token, seq: 1 };
        assert_eq!(session.send(at("10.0.9.1:5004"), CONTROL, 0x120, &leave), None);
    }
    // What is learned is learned from its own address.
    session.bench.push(session.peers[0].media, MEDIA, &rtp(0x9999_0000, b""));
    session.bench.push(at("10.0.9.1:5006"), MEDIA, &rtp(0x9999_0000, b""));
    session.bench.push(at("10.0.9.1:5006"), MEDIA, &rtp(0x121, b""));
    assert!(session.bench.sent().is_empty());
    assert_eq!(session.bench.counter("unknown_type"), 2);
    assert_eq!(session.bench.counter("spoofed"), 1);
    session.goes_on();
}

#[test]
fn reports_in_anothers_name_reach_nobody() {
    let (mut session, mallory) = with_mallory();
    let victim = session.peers[0];
    let mut report = vec![0x80, 200, 0, 6];
    report.extend(victim.ssid.ssrc(StreamType::Asq).to_be_bytes());
    report.extend([0; 20]);
    for from in [mallory.media, mallory.control, at("10.9.9.9:1")] {
        session.bench.push(from, MEDIA, &report);
        session.bench.push(from, CONTROL, &report);
        assert!(session.bench.sent().is_empty(), "{from}");
    }
    assert_eq!(session.bench.counter("rtcp_ignored"), 6);
}
