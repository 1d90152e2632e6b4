//! Version, pages, types seen, BYE and CHANGED, sentence by sentence.

use super::*;

const PAUSE: Nanos = 100_000_000;

/// All CHANGEDs that are due now, as (control address, version).
fn changed(bed: &mut Bed) -> Vec<(Address, u32)> {
    let mut sent = Vec::new();
    while let Some(Changed { peer, message: Message::Changed { version }, .. }) =
        bed.table.next_changed(bed.now)
    {
        sent.push((peer, version));
        bed.table.changed_sent(bed.now);
    }
    sent
}

#[test]
fn the_version_rises_with_every_join_and_leave() {
    let mut bed = Bed::new();
    let mut a = bed.join("10.0.0.1:1");
    let mut b = bed.join("10.0.0.2:1");
    assert_eq!(bed.table.version(), 2);
    let ack = bed.keepalive(&mut a);
    assert_eq!(ack, Ok(Message::Ack { seq: a.seq, status: Status::DONE, version: 2 }));
    bed.leave(&mut b).unwrap();
    assert_eq!(bed.table.version(), 3);
    bed.advance(30 * SECOND);
    bed.table.expire(bed.now);
    assert_eq!(bed.table.version(), 4, "an expiry is a leave");
}

#[test]
fn pages_of_at_most_128_in_the_order_of_joining() {
    let mut bed = Bed::with(Config { clients_per_host: 500, ..Config::default() });
    let mut order = Vec::new();
    for port in 0..300 {
        bed.now += SECOND / 8;
        order.push(bed.join(&format!("10.0.{}.1:{}", port % 7, 1000 + port)).ssid);
    }
    let mut last = bed.join("10.0.9.9:1");
    order.push(last.ssid);
    // The first ones have a lease of 30 s, and 30 s have passed.
    bed.table.expire(bed.now);
    order.drain(..order.len() - bed.table.len());
    let total = order.len() as u32;
    assert!((200..301).contains(&total), "{total}");
    for first in [0, 1, 128, total - 1, total, total + 5, u32::MAX] {
        let (version, all, members) = bed.list(&mut last, first);
        assert_eq!((version, all), (bed.table.version(), total));
        let from = (first as usize).min(order.len());
        let expected = &order[from..(from + 128).min(order.len())];
        let got: Vec<Ssid> = members.iter().map(|member| member.ssid).collect();
        assert_eq!(got, expected, "from {first}");
    }
}

#[test]
fn types_are_seen_until_a_bye() {
    let mut bed = Bed::new();
    let mut me = bed.member("10.0.0.1:1");
    let other = bed.member("10.0.0.2:1");
    let seen = |bed: &mut Bed, me: &mut Peer| bed.list(me, 0).2[0].seen.bits();
    assert_eq!(seen(&mut bed, &mut me), 0);
    let send = |bed: &mut Bed, kinds: &[StreamType]| {
        for kind in kinds {
            bed.rtp(at("10.0.0.1:2"), me.ssid.ssrc(*kind)).unwrap();
        }
    };
    // What is spoofed is not seen.
    bed.rtp(other.media(), me.ssid.ssrc(StreamType::Vhq)).unwrap_err();
    let bye = |ssrcs: &[u32]| {
        let mut octets = vec![0x80 | ssrcs.len() as u8, 203, 0, ssrcs.len() as u8];
        ssrcs.iter().for_each(|ssrc| octets.extend(ssrc.to_be_bytes()));
        octets
    };
    let ssrc = |kind| me.ssid.ssrc(kind);
    use StreamType::{Asq, Vhq, Vsq};
    send(&mut bed, &[Asq, Vsq]);
    let mut me = me.clone();
    assert_eq!(seen(&mut bed, &mut me), 3);
    let cases: [(&str, Address, Port, Vec<u32>, u32); 7] = [
        ("from another client", other.media(), Port::Media, vec![ssrc(Asq)], 7),
        ("from a stranger", at("10.0.0.1:9"), Port::Control, vec![ssrc(Asq)], 7),
        ("of another's stream", me.media(), Port::Media, vec![other.ssid.get() | 1], 7),
        ("from the media address", me.media(), Port::Media, vec![ssrc(Asq)], 6),
        ("from the port above", at("10.0.0.1:3"), Port::Control, vec![ssrc(Vsq)], 5),
        ("from the control address", me.control, Port::Control, vec![ssrc(Vhq)], 3),
        ("of several", me.media(), Port::Media, vec![ssrc(Asq), 0x99, ssrc(Vsq)], 4),
    ];
    for (what, from, port, ssrcs, expected) in cases {
        for kind in [Asq, Vsq, Vhq] {
            bed.rtp(me.media(), ssrc(kind)).unwrap();
        }
        assert_eq!(bed.raw(from, port, &bye(&ssrcs)), Err(Count::RtcpIgnored));
        assert_eq!(seen(&mut bed, &mut me), expected, "{what}");
    }
    assert_eq!(bed.table.len(), 2, "BYE removes nobody");
}

#[test]
fn changed_goes_to_every_client_at_most_once_per_100_ms_and_ends_with_the_last_version() {
    let mut bed = Bed::new();
    assert_eq!(bed.table.changed_due(), None);
    let mut a = bed.join("10.0.0.1:1");
    assert_eq!(changed(&mut bed), [(a.control, 1)]);
    assert_eq!(bed.table.changed_due(), None);
    let start = bed.now;
    bed.advance(PAUSE / 2);
    let b = bed.join("10.0.0.2:1");
    let mut c = bed.join("10.0.0.3:1");
    assert_eq!(changed(&mut bed), []);
    assert_eq!(bed.table.changed_due(), Some(start + PAUSE));
    bed.now = start + PAUSE - 1;
    assert_eq!(changed(&mut bed), []);
    bed.now = start + PAUSE;
    assert_eq!(changed(&mut bed), [(a.control, 3), (b.control, 3), (c.control, 3)]);
    assert_eq!(bed.table.changed_due(), None, "nothing new, nothing said");
    bed.advance(10 * PAUSE);
    bed.leave(&mut c).unwrap();
    assert_eq!(changed(&mut bed), [(a.control, 4), (b.control, 4)]);
    bed.advance(PAUSE);
    bed.keepalive(&mut a).unwrap();
    assert_eq!(changed(&mut bed), []);
}

#[test]
fn a_round_that_is_held_up_reaches_everyone_and_is_followed_by_the_last_version() {
    let mut bed = Bed::new();
    let mut a = bed.join("10.0.0.1:1");
    let b = bed.join("10.0.0.2:1");
    let c = bed.join("10.0.0.3:1");
    // One is sent, then there is no room for 90 ms, in which `a` leaves.
    let first = bed.table.next_changed(bed.now).unwrap();
    assert_eq!(first.peer, a.control);
    bed.table.changed_sent(bed.now);
    assert_eq!(bed.table.changed_due(), Some(0));
    bed.advance(PAUSE * 9 / 10);
    assert_eq!(bed.table.next_changed(bed.now).unwrap().peer, b.control);
    bed.leave(&mut a).unwrap();
    assert_eq!(changed(&mut bed), [(b.control, 4), (c.control, 4)]);
    // The pause counts from the last that was sent.
    let last = bed.now;
    assert_eq!(bed.table.changed_due(), Some(last + PAUSE));
    bed.now = last + PAUSE;
    assert_eq!(changed(&mut bed), [(b.control, 4), (c.control, 4)]);
}

#[test]
fn a_round_without_clients_ends() {
    let mut bed = Bed::new();
    let mut a = bed.join("10.0.0.1:1");
    bed.leave(&mut a).unwrap();
    assert_eq!(changed(&mut bed), []);
    assert_eq!(bed.table.changed_due(), None);
}

#[test]
fn changed_notices_expiry_by_itself() {
    let mut bed = Bed::new();
    let a = bed.join("10.0.0.1:1");
    bed.advance(SECOND);
    let b = bed.join("10.0.0.2:1");
    changed(&mut bed);
    assert_eq!(bed.table.next_deadline(), bed.now + 29 * SECOND);
    bed.advance(29 * SECOND);
    bed.table.expire(bed.now);
    assert_eq!(changed(&mut bed), [(b.control, 3)]);
    assert_ne!(a.control, b.control);
}
