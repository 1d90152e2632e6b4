//! "RTCP of RTP tools", sentence by sentence.

use super::*;

const SR: u8 = 200;
const RR: u8 = 201;
const SDES: [u8; 12] = [0x81, 202, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0];

fn words(count: u8, kind: u8, words: &[u32]) -> Vec<u8> {
    let mut octets = vec![0x80 | count, kind, 0, words.len() as u8];
    words.iter().for_each(|word| octets.extend(word.to_be_bytes()));
    octets
}

fn sender_report(ssrc: u32) -> Vec<u8> {
    words(0, SR, &[ssrc, 0, 0, 0, 0, 0])
}

fn receiver_report(of: u32, on: &[u32]) -> Vec<u8> {
    let blocks = on.iter().flat_map(|ssrc| [*ssrc, 0, 0, 0, 0, 0]);
    words(on.len() as u8, RR, &std::iter::once(of).chain(blocks).collect::<Vec<_>>())
}

fn key_frame_request(of: u32, source: u32) -> Vec<u8> {
    words(1, 206, &[of, source])
}

/// Four members, of whom the last wants nothing.
fn session(bed: &mut Bed) -> [Peer; 4] {
    let [a, b, c] = [1, 2, 3].map(|n| bed.member(&format!("10.0.0.{n}:1")));
    let mut d = bed.join_as("10.0.0.4:1", TypeMask::NONE, true);
    let media = d.media();
    bed.bind(&mut d, media);
    [a, b, c, d]
}

fn media(peers: &[&Peer]) -> Vec<Address> {
    peers.iter().map(|peer| peer.media()).collect()
}

#[test]
fn sender_reports_go_to_the_receivers_of_the_stream() {
    let mut bed = Bed::new();
    let [a, mut b, c, d] = session(&mut bed);
    let audio = a.ssid.ssrc(StreamType::Asq);
    let report = [sender_report(audio), SDES.to_vec()].concat();
    let to = |bed: &mut Bed, octets: &[u8]| bed.rtcp(a.media(), Port::Media, octets);
    assert_eq!(to(&mut bed, &report).unwrap(), media(&[&b, &c]));
    assert_eq!(bed.subscribe(&mut b, false, &[(a.ssid.get(), 2)]), Status::DONE);
    assert_eq!(to(&mut bed, &report).unwrap(), media(&[&c]));
    // Of two streams in one compound, and each receiver once.
    let both = [report, sender_report(a.ssid.ssrc(StreamType::Vsq))].concat();
    assert_eq!(to(&mut bed, &both).unwrap(), media(&[&b, &c]));
    assert_eq!(bed.count(Count::Rtcp), 3);
    // Its own echo is no receiver.
    let own = sender_report(d.ssid.ssrc(StreamType::Asq));
    assert_eq!(bed.rtcp(d.media(), Port::Media, &own).unwrap(), media(&[&a, &c]));
}

#[test]
fn reports_and_feedback_go_to_whom_they_name() {
    let mut bed = Bed::new();
    let [a, b, c, d] = session(&mut bed);
    let ssrc = |peer: &Peer| peer.ssid.ssrc(StreamType::Vsq);
    let fir = words(4, 206, &[1, 0, ssrc(&b), 1 << 24, ssrc(&c), 1 << 24]);
    let cases = [
        ("loss", receiver_report(1, &[ssrc(&a), ssrc(&b)]), vec![&a, &b]),
        ("a request", key_frame_request(1, ssrc(&c)), vec![&c]),
        ("a list", fir, vec![&b, &c]),
        ("itself, too", receiver_report(1, &[ssrc(&d), ssrc(&a)]), vec![&a]),
        ("in reverse, twice", receiver_report(1, &[ssrc(&c), ssrc(&a), ssrc(&c)]), vec![&a, &c]),
        (
            "a compound",
            [receiver_report(1, &[ssrc(&a)]), SDES.to_vec(), key_frame_request(1, ssrc(&b))]
                .concat(),
            vec![&a, &b],
        ),
    ];
    for (what, octets, expected) in cases {
        for (from, port) in
            [(d.media(), Port::Media), (d.media(), Port::Control), (above(&d), Port::Control)]
        {
            assert_eq!(bed.rtcp(from, port, &octets), Ok(media(&expected)), "{what} on {port:?}");
        }
    }
}

fn above(peer: &Peer) -> Address {
    peer.media().with_udp_port(peer.media().udp_port() + 1)
}

#[test]
fn everything_else_is_ignored() {
    let mut bed = Bed::new();
    let [a, b, ..] = session(&mut bed);
    let unbound = bed.join("10.0.0.5:1");
    let request = key_frame_request(1, b.ssid.ssrc(StreamType::Vsq));
    let cases: Vec<(&str, Address, Vec<u8>)> = vec![
        ("a stranger", at("10.9.9.9:9"), request.clone()),
        ("the control address", a.control, request.clone()),
        ("two ports above", a.media().with_udp_port(4), request.clone()),
        ("without a media address", unbound.media(), request.clone()),
        ("naming nobody", a.media(), receiver_report(1, &[])),
        ("naming a stranger", a.media(), key_frame_request(1, 0x7771)),
        ("naming an SSID", a.media(), key_frame_request(1, b.ssid.get())),
        ("naming itself", a.media(), key_frame_request(1, a.ssid.ssrc(StreamType::Vsq))),
        ("naming the unbound", a.media(), key_frame_request(1, unbound.ssid.get() | 1)),
        ("a BYE", a.media(), words(1, 203, &[a.ssid.get() | 1])),
        ("another's sender report", a.media(), sender_report(b.ssid.get() | 1)),
        ("encrypted", a.media(), [&request[..], &[0xe5; 14]].concat()),
    ];
    for (n, (what, from, octets)) in (1..).zip(cases) {
        assert_eq!(bed.rtcp(from, Port::Media, &octets), Err(Count::RtcpIgnored), "{what}");
        assert_eq!(bed.count(Count::RtcpIgnored), n, "{what}");
    }
    assert_eq!(bed.count(Count::Rtcp), 0);
    // With one of our packets it is ours.
    let mut ours = request.clone();
    Message::Keepalive { token: a.token, seq: 900 }.emit(a.ssid.get(), &mut ours);
    assert_eq!(status(bed.raw(a.control, Port::Control, &ours)), Status::DONE);
    assert_eq!(bed.raw(a.media(), Port::Media, &ours), Err(Count::Refused));
}

#[test]
fn reports_shorter_than_they_say_are_malformed() {
    let mut bed = Bed::new();
    let [a, b, ..] = session(&mut bed);
    let mut short = receiver_report(1, &[b.ssid.get() | 1]);
    short[0] += 1;
    assert_eq!(bed.rtcp(a.media(), Port::Media, &short), Err(Count::Malformed));
}

#[test]
fn at_most_64_a_second_of_each_client() {
    let mut bed = Bed::new();
    let [a, b, c, _] = session(&mut bed);
    let request = key_frame_request(1, b.ssid.get() | 1);
    let send = |bed: &mut Bed, from: &Peer| bed.rtcp(from.media(), Port::Media, &request);
    // What goes nowhere does not count.
    for _ in 0..100 {
        let nothing = receiver_report(1, &[]);
        assert_eq!(bed.rtcp(a.media(), Port::Media, &nothing), Err(Count::RtcpIgnored));
    }
    assert!((0..64).all(|_| send(&mut bed, &a).is_ok()));
    assert_eq!(send(&mut bed, &a), Err(Count::Limited));
    assert!(send(&mut bed, &c).is_ok());
    // A new registration does not start anew.
    bed.advance(SECOND / 2);
    let again = bed.member("10.0.0.1:1");
    assert_eq!((again.ssid, send(&mut bed, &again)), (a.ssid, Err(Count::Limited)));
    bed.advance(SECOND / 2);
    assert!(send(&mut bed, &again).is_ok());
}

#[test]
fn a_media_address_is_its_owners_though_it_is_anothers_plus_one() {
    let mut bed = Bed::new();
    let [a, b, c, _] = session(&mut bed);
    let mut neighbour = bed.join("10.0.0.1:9");
    bed.bind(&mut neighbour, above(&a));
    let named = [&a, &neighbour, &c].map(|peer| peer.ssid.get() | 1);
    let report = receiver_report(1, &named);
    assert_eq!(bed.rtcp(above(&a), Port::Media, &report), Ok(media(&[&a, &c])));
    let to = bed.rtcp(a.media(), Port::Media, &report).unwrap();
    assert_eq!(to, [c.media(), above(&a)]);
    assert_ne!(b.media(), above(&a));
}

#[test]
fn a_bye_is_noted_and_travels_with_the_report() {
    let mut bed = Bed::new();
    let [a, b, c, d] = session(&mut bed);
    bed.audio(&a).unwrap();
    let audio = a.ssid.ssrc(StreamType::Asq);
    let last = [sender_report(audio), words(1, 203, &[audio])].concat();
    assert_eq!(bed.rtcp(a.media(), Port::Media, &last).unwrap(), media(&[&b, &c]));
    let mut d = d;
    assert!(bed.list(&mut d, 0).2[0].seen.is_empty());
}
