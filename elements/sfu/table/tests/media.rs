//! The check table of media, and who receives.

use super::*;

/// Each row alone, and each row before the later ones.
#[test]
fn the_first_check_that_fails_counts_and_only_it() {
    let mut bed = Bed::new();
    let me = bed.member("10.0.0.1:1");
    let unbound = bed.join("10.0.0.2:1");
    let stranger = at("10.9.9.9:9");
    let rtp = |first: u8, ssrc: u32, len: usize| {
        let mut octets = vec![0u8; 40];
        octets[0] = first;
        octets[1] = 96;
        octets[8..12].copy_from_slice(&ssrc.to_be_bytes());
        octets.truncate(len);
        octets
    };
    let (ssid, nobody) = (me.ssid.get(), 0x77_7770);
    assert!(nobody != ssid && nobody != unbound.ssid.get());
    let cases: [(&str, Vec<u8>, Address, Count); 14] = [
        ("nothing", vec![], me.media(), Count::Malformed),
        ("one octet", vec![0x80], me.media(), Count::Malformed),
        ("V = 1", rtp(0x40, ssid | 1, 40), me.media(), Count::Malformed),
        ("11 octets", rtp(0x80, ssid | 1, 11), me.media(), Count::Malformed),
        ("15 CSRCs", rtp(0x8f, ssid | 1, 40), me.media(), Count::Malformed),
        ("an extension", rtp(0x90, ssid | 1, 15), me.media(), Count::Malformed),
        ("malformed and typeless", rtp(0x8f, ssid | 5, 40), stranger, Count::Malformed),
        ("type 0", rtp(0x80, ssid, 40), me.media(), Count::UnknownType),
        ("type 4", rtp(0x80, ssid | 4, 40), me.media(), Count::UnknownType),
        ("typeless and nobody's", rtp(0x80, nobody | 15, 40), stranger, Count::UnknownType),
        ("nobody's", rtp(0x80, nobody | 1, 40), me.media(), Count::UnknownSource),
        ("SSID 0", rtp(0x80, 3, 40), me.media(), Count::UnknownSource),
        ("the control address", rtp(0x80, ssid | 1, 40), me.control, Count::Spoofed),
        ("unbound", rtp(0x80, unbound.ssid.get() | 1, 40), unbound.media(), Count::Spoofed),
    ];
    for (what, octets, from, expected) in cases {
        let before: Vec<u64> = Count::ALL.iter().map(|c| bed.count(*c)).collect();
        let arrival = bed.arrival(from, Port::Media);
        assert_eq!(bed.table.media(&octets, &arrival), Err(expected), "{what}");
        for (what_else, before) in Count::ALL.iter().zip(before) {
            let risen = u64::from(*what_else == expected);
            assert_eq!(bed.count(*what_else), before + risen, "{what}: {}", what_else.name());
        }
    }
    assert!(bed.audio(&me).is_ok());
}

#[test]
fn copies_go_to_every_other_in_the_order_of_joining_and_the_echo_is_last() {
    let mut bed = Bed::new();
    let names = ["10.0.0.4:1", "10.0.0.3:1", "10.0.0.2:1", "10.0.0.1:1"];
    let mut peers: Vec<Peer> = names.iter().map(|n| bed.join_as(n, TypeMask::ALL, true)).collect();
    // Bound in another order than joined.
    for n in [2, 0, 3, 1] {
        let media = peers[n].media();
        bed.bind(&mut peers[n], media);
    }
    for (n, peer) in peers.iter().enumerate() {
        let mut expected: Vec<Address> = peers.iter().map(Peer::media).collect();
        let own = expected.remove(n);
        expected.push(own);
        assert_eq!(bed.audio(peer).unwrap(), expected);
    }
    // A slot used again does not bring back an old place in the order.
    bed.leave(&mut peers[0]).unwrap();
    let late = bed.member("10.0.0.5:1");
    let copies = bed.audio(&peers[3]).unwrap();
    assert_eq!(copies, [peers[1].media(), peers[2].media(), late.media(), peers[3].media()]);
}

#[test]
fn the_echo_is_for_who_asked_whatever_it_wants_from_others() {
    let mut bed = Bed::new();
    for (n, (echo, wants)) in
        [(true, TypeMask::NONE), (true, TypeMask::ALL), (false, TypeMask::ALL)].iter().enumerate()
    {
        let mut me = bed.join_as(&format!("10.0.0.{n}:1"), *wants, *echo);
        let media = me.media();
        bed.bind(&mut me, media);
        for kind in StreamType::ALL {
            let copies = bed.rtp(me.media(), me.ssid.ssrc(kind)).unwrap();
            assert_eq!(copies.contains(&me.media()), *echo);
        }
        bed.subscribe(&mut me, false, &[(0, 7)]);
        assert_eq!(bed.audio(&me).unwrap().contains(&me.media()), *echo);
        bed.leave(&mut me).unwrap();
    }
}

#[test]
fn types_are_told_apart() {
    let mut bed = Bed::new();
    let mut me = bed.join_as("10.0.0.1:1", StreamType::Vhq.into(), false);
    let media = me.media();
    bed.bind(&mut me, media);
    let other = bed.member("10.0.0.2:1");
    for kind in StreamType::ALL {
        let copies = bed.rtp(other.media(), other.ssid.ssrc(kind)).unwrap();
        assert_eq!(copies.contains(&me.media()), kind == StreamType::Vhq);
    }
}

#[test]
fn mapped_ipv6_is_the_ipv4_address() {
    let mut bed = Bed::new();
    let me = bed.member("10.0.0.1:1");
    assert!(bed.rtp(at("[::ffff:10.0.0.1]:2"), me.ssid.ssrc(StreamType::Asq)).is_ok());
}

#[test]
fn traffic_is_counted_for_who_still_is_there() {
    let mut bed = Bed::new();
    let me = bed.member("10.0.0.1:1");
    let mut other = bed.member("10.0.0.2:1");
    bed.audio(&me).unwrap();
    let stream = bed.table.streams.find(me.ssid.ssrc(StreamType::Asq)).unwrap();
    let destination = bed.table.receiver_at(stream, 0);
    let count = |table: &mut Table| {
        let traffic = table.traffic_of(destination.recipient, StreamType::Asq);
        traffic.map(|traffic| traffic.count(19)).is_some()
    };
    assert!(count(&mut bed.table));
    let text = bed.table.clients(bed.now).0.text;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        format!(
            "{} control=10.0.0.1:1 media=10.0.0.1:2 lease=30.0 wants=ASQ+VSQ+VHQ seen=ASQ \
             in=1/19 lost=0 out=0/0",
            me.ssid
        )
    );
    assert!(lines[1].ends_with("seen=- in=0/0 lost=0 out=1/19"), "{text}");
    // Its slot's next user did not receive what comes late.
    bed.leave(&mut other).unwrap();
    bed.member("10.0.0.3:1");
    assert!(!count(&mut bed.table));
    assert!(bed.table.clients(bed.now).0.text.ends_with("in=0/0 lost=0 out=0/0\n"));
}
