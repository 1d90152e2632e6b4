//! Token, seq, BIND, SUBSCRIBE and LEAVE, sentence by sentence.

use super::*;

#[test]
fn a_wrong_address_or_token_is_silence_and_refused() {
    let mut bed = Bed::new();
    let me = bed.member("10.0.0.1:1");
    let other = bed.member("10.0.0.2:1");
    let (token, seq) = (me.token, 500);
    for message in [
        Message::Keepalive { token, seq },
        Message::Leave { token, seq },
        Message::List { token, seq, first: 0 },
        Message::Subscribe { token, seq, add: false, entries: vec![] },
    ] {
        for (what, from, ssrc) in [
            ("media address", me.media(), me.ssid.get()),
            ("another client", other.control, me.ssid.get()),
            ("another client's SSID", me.control, other.ssid.get()),
            ("nobody's SSID", me.control, 0x10),
            ("a stream's SSRC", me.control, me.ssid.get() | 1),
            ("no SSID", me.control, 0),
        ] {
            let answer = bed.send(from, Port::Control, ssrc, &message);
            assert_eq!(answer, Err(Count::Refused), "{what}: {message:?}");
        }
    }
    for wrong in [0, !token, token ^ 1, token ^ 1 << 63, other.token] {
        let message = Message::Keepalive { token: wrong, seq };
        assert_eq!(bed.ask(&me, &message), Err(Count::Refused));
        let message = Message::Bind { token: wrong, seq, cookie: [0; 16] };
        let answer = bed.send(me.media(), Port::Media, me.ssid.get(), &message);
        assert_eq!(answer, Err(Count::Refused));
    }
    assert_eq!(bed.count(Count::Refused), 4 * 6 + 5 * 2);
    assert_eq!(status(bed.ask(&me, &Message::Keepalive { token, seq })), Status::DONE);
}

#[test]
fn seq_rises_by_serial_numbers_from_any_first_value() {
    let mut bed = Bed::new();
    let me = bed.join("10.0.0.1:1");
    let mut keepalive = |seq| bed.ask(&me, &Message::Keepalive { token: me.token, seq });
    for (seq, expected) in [
        (0xffff_fff0, None),
        (0xffff_ffff, None),
        (0xffff_fff5, Some(Count::Stale)),
        (5, None),
        (0xffff_ffff, Some(Count::Stale)),
        (5 + (1 << 31), Some(Count::Stale)),
        (4 + (1 << 31), None),
    ] {
        match keepalive(seq) {
            Ok(Message::Ack { seq: answered, .. }) => {
                assert_eq!((answered, None), (seq, expected));
            }
            other => assert_eq!(other.unwrap_err(), expected.unwrap(), "{seq:#x}"),
        }
    }
}

#[test]
fn a_repeat_of_the_last_gets_the_same_answer_and_changes_nothing() {
    let mut bed = Bed::new();
    let me = bed.join("10.0.0.1:1");
    let list = Message::List { token: me.token, seq: 7, first: 0 };
    let page = bed.ask(&me, &list);
    let mut other = bed.join("10.0.0.2:1");
    assert_eq!(bed.ask(&me, &list), page, "though the roster has changed");
    // Whatever the repeat says, it is not done.
    let repeat = Message::Leave { token: me.token, seq: 7 };
    assert_eq!(bed.ask(&me, &repeat), page);
    assert_eq!(bed.table.len(), 2);
    assert_eq!(bed.subscribe(&mut other, false, &[(3, 1)]), Status::MALFORMED_ENTRY);
    other.seq -= 1;
    assert_eq!(bed.subscribe(&mut other, false, &[]), Status::MALFORMED_ENTRY, "a status, too");
}

#[test]
fn a_status_uses_the_seq_and_changes_nothing() {
    let mut bed = Bed::new();
    let mut me = bed.member("10.0.0.1:1");
    let other = bed.member("10.0.0.2:1");
    let bad = [(0, 0), (other.ssid.get(), 0), (me.ssid.get(), 1)];
    assert_eq!(bed.subscribe(&mut me, false, &bad), Status::MALFORMED_ENTRY);
    assert_eq!(bed.audio(&other).unwrap(), [me.media()]);
    let repeat = Message::Keepalive { token: me.token, seq: me.seq };
    assert_eq!(status(bed.ask(&me, &repeat)), Status::MALFORMED_ENTRY);
}

#[test]
fn bind_needs_its_cookie_and_until_then_changes_nothing() {
    let mut bed = Bed::new();
    let mut me = bed.join("10.0.0.1:1");
    let other = bed.member("10.0.0.2:1");
    let (a, b) = (at("10.0.0.1:7000"), at("10.0.0.1:7001"));
    me.seq = 5;
    let cookie = bed.bind_cookie(&me, a);
    assert_eq!(bed.table.client(0).session().unwrap().last, None, "the seq is not used");
    assert!(is_challenge(&bed.bind_with(&me, b, cookie)), "another address");
    let later = Peer { seq: 6, ..me.clone() };
    assert!(is_challenge(&bed.bind_with(&later, a, cookie)), "another seq");
    assert!(bed.audio(&other).unwrap().is_empty());
    assert_eq!(bed.rtp(a, me.ssid.ssrc(StreamType::Asq)), Err(Count::Spoofed));
    assert_eq!(status(bed.bind_with(&me, a, cookie)), Status::DONE);
    assert_eq!(bed.audio(&other).unwrap(), [a]);
    assert_eq!(bed.rtp(a, me.ssid.ssrc(StreamType::Asq)).unwrap(), [other.media()]);
    assert_eq!(status(bed.bind_with(&me, a, cookie)), Status::DONE, "a repeat");
    // A later BIND moves it.
    assert_eq!(bed.bind(&mut me, b), Status::DONE);
    assert_eq!(bed.audio(&other).unwrap(), [b]);
    assert_eq!(bed.rtp(a, me.ssid.ssrc(StreamType::Asq)), Err(Count::Spoofed));
}

#[test]
fn bind_on_the_control_port_is_refused() {
    let mut bed = Bed::new();
    let me = bed.join("10.0.0.1:1");
    let bind = Message::Bind { token: me.token, seq: 1, cookie: [0; 16] };
    for from in [me.control, me.media()] {
        let answer = bed.send(from, Port::Control, me.ssid.get(), &bind);
        assert_eq!(answer, Err(Count::Refused));
    }
}

#[test]
fn a_media_address_is_taken_from_whoever_had_it() {
    let mut bed = Bed::new();
    let first = bed.member("10.0.0.1:1");
    let mut second = bed.member("10.0.0.2:1");
    let third = bed.member("10.0.0.3:1");
    assert_eq!(bed.bind(&mut second, first.media()), Status::DONE);
    assert_eq!(bed.audio(&first), Err(Count::Spoofed));
    assert_eq!(bed.audio(&third).unwrap(), [first.media()]);
    let mut second_again = second.clone();
    assert_eq!(bed.bind(&mut second_again, first.media()), Status::DONE, "from itself");
    assert_eq!(bed.audio(&third).unwrap(), [first.media()]);
    assert_eq!(bed.table.by_media.len(), 2);
}

#[test]
fn the_switchs_own_addresses_are_refused() {
    let own = vec![at("198.51.100.9:5004"), at("[2001:db8::1]:5004")];
    let mut bed = Bed::with(Config { own: own.clone(), ..Config::default() });
    let mut me = bed.join("10.0.0.1:1");
    let mut addresses = own;
    addresses.extend([at(MEDIA), at(CONTROL)]);
    for address in addresses {
        assert_eq!(bed.bind(&mut me, address), Status::OWN_ADDRESS, "{address}");
        let again = bed.bind_with(&me, address, [0; 16]);
        assert_eq!(status(again), Status::OWN_ADDRESS, "the seq is used");
        assert!(bed.table.by_media.is_empty());
    }
    // The same IP alone, or the same port, is not the same address.
    assert_eq!(bed.bind(&mut me, at("192.0.2.1:5006")), Status::DONE);
    assert_eq!(bed.bind(&mut me, at("10.0.0.1:5004")), Status::DONE);
}

#[test]
fn the_switchs_other_address_is_its_own_too() {
    let mut bed = Bed::new();
    let me = bed.join("10.0.0.1:1");
    // Registered with 192.0.2.1, and sends its BINDs to 203.0.113.1.
    let cases = [
        ("203.0.113.1:5004", Status::OWN_ADDRESS),
        ("203.0.113.1:5005", Status::OWN_ADDRESS),
        ("192.0.2.1:5004", Status::OWN_ADDRESS),
        ("192.0.2.1:5005", Status::OWN_ADDRESS),
        ("192.0.2.2:5004", Status::DONE),
        ("203.0.113.1:5006", Status::DONE),
    ];
    for (seq, (peer, expected)) in (1..).zip(cases) {
        let arrival = Arrival { own: at("203.0.113.1:5004"), ..bed.arrival(at(peer), Port::Media) };
        let mut bind = |cookie| {
            let mut octets = Vec::new();
            let message = Message::Bind { token: me.token, seq, cookie };
            message.emit(me.ssid.get(), &mut octets);
            match bed.table.control(&octets, &arrival) {
                Ok(Reply::Answer(message)) => message,
                other => panic!("{peer}: {other:?}"),
            }
        };
        let Message::Challenge { cookie, .. } = bind([0; 16]) else { panic!("{peer}") };
        assert_eq!(status(Ok(bind(cookie))), expected, "{peer}");
    }
}

#[test]
fn a_media_address_not_proven_for_120_s_is_forgotten() {
    let mut bed = Bed::new();
    let mut me = bed.member("10.0.0.1:1");
    let bound = bed.now;
    let other = bed.join("10.0.0.2:1");
    let mut other = Peer { seq: 1, ..other };
    let renew = |bed: &mut Bed, me: &mut Peer, other: &mut Peer, until: Nanos| {
        while bed.now + 10 * SECOND < until {
            bed.advance(10 * SECOND);
            bed.keepalive(me).unwrap();
            bed.keepalive(other).unwrap();
        }
        bed.now = until;
    };
    renew(&mut bed, &mut me, &mut other, bound + 60 * SECOND);
    // A repeat of the BIND proves nothing anew; a new one does.
    assert_eq!(bed.bind(&mut me, at("10.0.0.1:2")), Status::DONE);
    let bound = bed.now;
    bed.advance(SECOND);
    assert_eq!(status(bed.bind_with(&me, me.media(), [0; 16])), Status::DONE);
    renew(&mut bed, &mut me, &mut other, bound + 120 * SECOND - 1);
    assert!(bed.audio(&me).is_ok());
    bed.advance(1);
    assert_eq!(bed.audio(&me), Err(Count::Spoofed));
    assert_eq!(bed.table.len(), 2, "the client itself stays");
    assert!(bed.table.by_media.is_empty());
    assert_eq!(bed.bind(&mut me, at("10.0.0.1:2")), Status::DONE);
    assert!(bed.audio(&me).is_ok());
}

#[test]
fn subscriptions_say_who_receives_what() {
    let mut bed = Bed::new();
    let mut me = bed.join_as("10.0.0.1:1", asq(), false);
    let media = me.media();
    bed.bind(&mut me, media);
    let a = bed.member("10.0.0.2:1");
    let b = bed.member("10.0.0.3:1");
    // What arrives at `me`, as masks of a and b.
    let received = |bed: &mut Bed| {
        [&a, &b].map(|peer| {
            let got = StreamType::ALL.map(|kind| {
                let copies = bed.rtp(peer.media(), peer.ssid.ssrc(kind)).unwrap();
                u32::from(copies.contains(&media)) << kind.index()
            });
            got.iter().sum::<u32>()
        })
    };
    assert_eq!(received(&mut bed), [1, 1], "wants");
    type Step = (bool, Vec<(u32, u32)>, [u32; 2]);
    let steps: [Step; 6] = [
        (true, vec![(a.ssid.get(), 6)], [6, 1]),
        (true, vec![(0, 2)], [6, 2]),
        (true, vec![(b.ssid.get(), 0), (b.ssid.get(), 4)], [6, 4]),
        (false, vec![(b.ssid.get(), 1)], [0, 1]),
        (false, vec![(0, 7), (a.ssid.get(), 0)], [0, 7]),
        (false, vec![], [0, 0]),
    ];
    for (add, entries, expected) in steps {
        assert_eq!(bed.subscribe(&mut me, add, &entries), Status::DONE);
        assert_eq!(received(&mut bed), expected, "{add} {entries:?}");
    }
}

#[test]
fn ssids_not_present_yet_are_kept_for_when_they_join() {
    let mut bed = Bed::new();
    let mut me = bed.member("10.0.0.1:1");
    let first = bed.member("10.0.0.2:1");
    // The table draws its SSIDs from the seed: another one tells what the
    // next will be.
    let mut oracle = Bed::new();
    oracle.member("10.0.0.1:1");
    oracle.member("10.0.0.2:1");
    let next = oracle.member("10.0.0.3:1").ssid;
    let entries = [(next.get(), 2), (first.ssid.get(), 1)];
    assert_eq!(bed.subscribe(&mut me, false, &entries), Status::DONE);
    let late = bed.member("10.0.0.3:1");
    assert_eq!(late.ssid, next);
    assert_eq!(bed.audio(&late).unwrap(), [first.media()]);
    let video = bed.rtp(late.media(), next.ssrc(StreamType::Vsq)).unwrap();
    assert_eq!(video, [me.media(), first.media()]);
}

#[test]
fn at_most_128_entries_a_datagram_and_1024_in_all() {
    let mut bed = Bed::new();
    let mut me = bed.join("10.0.0.1:1");
    let page = |from: u32, n: u32| (from..from + n).map(|i| (i << 8, 1)).collect::<Vec<_>>();
    assert_eq!(bed.subscribe(&mut me, false, &page(1, 129)), Status::TOO_MANY_ENTRIES);
    for n in 0..8 {
        assert_eq!(bed.subscribe(&mut me, true, &page(1 + 128 * n, 128)), Status::DONE);
    }
    assert_eq!(bed.subscribe(&mut me, true, &page(5000, 1)), Status::TOO_MANY_ENTRIES);
    assert_eq!(bed.subscribe(&mut me, false, &page(5000, 1)), Status::DONE);
}

#[test]
fn leave_removes_and_is_acknowledged_with_the_new_version() {
    let mut bed = Bed::new();
    let mut me = bed.member("10.0.0.1:1");
    let other = bed.member("10.0.0.2:1");
    me.seq = 200;
    let answer = bed.leave(&mut me);
    assert_eq!(answer, Ok(Message::Ack { seq: 201, status: Status::DONE, version: 3 }));
    assert_eq!(bed.audio(&me), Err(Count::UnknownSource));
    assert!(bed.audio(&other).unwrap().is_empty());
    me.seq = 200;
    assert_eq!(bed.leave(&mut me), Err(Count::Refused), "nobody is left to repeat it to");
    assert_eq!(bed.table.by_control.len() + bed.table.by_media.len(), 2);
    bed.advance(1);
    let again = bed.join("10.0.0.1:1");
    assert_ne!(again.ssid, me.ssid);
}
