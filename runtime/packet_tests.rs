//! Tests of [`Packet`](super::Packet).

use super::*;

#[test]
fn a_write_to_a_shared_packet_leaves_the_others() {
    let region = Region::new(2, 256);
    let mut a = region.packet(b"abc").unwrap();
    a.annotations_mut().unwrap().set_paint(1);
    let mut b = a.share();
    assert_eq!(region.available(), 1);
    b.data_mut().unwrap()[0] = b'x';
    b.annotations_mut().unwrap().set_paint(2);
    assert_eq!((a.data(), b.data()), (&b"abc"[..], &b"xbc"[..]));
    assert_eq!((a.annotations().paint(), b.annotations().paint()), (Some(1), Some(2)));
    let mut c = a.share();
    assert_eq!(c.data_mut(), Err(PoolEmpty));
    drop((a, b, c));
    assert!(region.is_home());
    let fresh = region.alloc().unwrap();
    assert_eq!(fresh.annotations().paint(), None);
}

#[test]
fn shares_are_counted_in_at_once_and_out_one_by_one() {
    let region = Region::new(1, 256);
    for (n, taken) in [(0, 0), (1, 0), (1, 1), (3, 0), (3, 2), (3, 3)] {
        let mut shares = region.packet(b"abc").unwrap().shares(n);
        let some: Vec<Packet> = shares.by_ref().take(taken).collect();
        assert!(some.iter().all(|packet| packet.is_shared() == (n > 1)));
        drop(shares);
        assert_eq!(region.is_home(), taken == 0, "{n} {taken}");
        drop(some);
        assert!(region.is_home(), "{n} {taken}");
    }
}

#[test]
fn payload_stays_true_while_headers_come_and_go() {
    let region = Region::new(2, 256);
    let mut p = region.packet(b"hhhhpayload").unwrap();
    p.set_payload(4).unwrap();
    assert_eq!(p.payload(), b"payload");
    p.pull_front(4);
    assert_eq!(p.payload(), b"payload");
    p.push_front(10).unwrap()[..10].fill(b'n');
    assert_eq!(p.payload(), b"payload");
    assert_eq!(p.copy_to(region).unwrap().payload(), b"payload");
}

#[test]
fn a_copied_payload_has_room_for_headers() {
    let region = Region::new(2, 256);
    let mut p = region.packet(b"oldpayload").unwrap();
    p.set_payload(3).unwrap();
    p.set_ethernet_header(0).unwrap();
    p.annotations_mut().unwrap().set_paint(7);
    let [from, to] = [1, 2].map(|port| Address::ipv4([10, 0, 0, 1].into(), port));
    for headers in [0, 3, 67, 68, 249] {
        let copy = p.original(46).copy(headers, &from, &to).unwrap();
        assert_eq!((copy.len(), copy.payload()), (headers + 7, &b"payload"[..]), "{headers}");
        assert_eq!((&copy.data()[headers..], copy.is_shared()), (&b"payload"[..], false));
        let notes = copy.annotations();
        assert_eq!((notes.paint(), notes.dscp()), (Some(7), Some(46)));
        assert_eq!((notes.source(), notes.destination()), (Some(from), Some(to)));
        assert_eq!(copy.ethernet_header(), Some(copy.data()));
    }
    assert!(p.original(0).copy(250, &from, &to).is_none(), "257 octets in a buffer of 256");
    let q = region.alloc();
    assert!(p.original(0).copy(3, &from, &to).is_none(), "no buffer");
    drop((p, q));
    assert!(region.is_home());
}

#[test]
fn the_network_header_stays_true_too() {
    let region = Region::new(2, 256);
    let mut p = region.packet(b"ethernetip").unwrap();
    assert_eq!((p.network_header(), p.network_offset()), (None, None));
    p.set_network_header(8).unwrap();
    assert_eq!(p.network_header(), Some(&b"ip"[..]));
    let q = p.share();
    p.set_network_header(8).unwrap();
    assert!(p.is_shared(), "what was known already made a copy");
    p.pull_front(9);
    assert_eq!((p.network_header(), p.network_offset()), (None, Some(-1)));
    assert!(p.unpull_front(1));
    assert_eq!((p.network_header(), p.is_shared()), (Some(&b"ip"[..]), true));
    assert_eq!(q.copy_to(region).unwrap().network_header(), Some(&b"ip"[..]));
    p.pull_front(1);
    assert_eq!(p.copy_to(region).unwrap().network_offset(), None);
    p.data_mut().unwrap()[0] = b'q';
    assert!(p.unpull_front(9) && !p.unpull_front(65));
    assert_eq!((p.data(), p.network_header()), (&b"ethernetiq"[..], Some(&b"iq"[..])));
}

#[test]
fn prepend_moves_and_copies_where_it_has_to() {
    let region = Region::new(2, 128);
    let mut p = region.packet(b"payload").unwrap();
    p.set_payload(3).unwrap();
    let q = p.share();
    p.prepend(100).unwrap()[..100].fill(b'h');
    assert_eq!((p.len(), p.payload()), (107, &b"load"[..]));
    assert_eq!((&p.data()[98..], q.data()), (&b"hhpayload"[..], &b"payload"[..]));
    assert!(p.prepend(22).is_none(), "129 octets in a buffer of 128");
    assert_eq!(p.prepend(21).unwrap().len(), 128);
    assert_eq!(p.payload(), b"load");
    let mut r = q.share();
    assert!(r.prepend(1).is_none(), "no buffer for the copy");
}

#[test]
fn edges_of_a_buffer_hold() {
    let region = Region::new(1, 128);
    let mut p = region.alloc().unwrap();
    assert!(p.append(65).is_none());
    assert_eq!(p.append(64).unwrap().len(), 64);
    assert!(p.push_front(65).is_none());
    assert_eq!(p.push_front(64).unwrap().len(), 128);
    p.pull_front(1000);
    assert!(p.is_empty());
    assert!(region.alloc().is_none());
    assert_eq!(region.exhausted(), 1);
}

#[test]
fn a_shared_buffer_enters_no_slot() {
    let region = Region::new(2, 128);
    let a = region.packet(b"abc").unwrap();
    let b = a.share();
    let b = b.into_slot().unwrap_err();
    drop(a);
    let (buffer, offset, len) = b.into_slot().unwrap();
    assert!(!region.is_home());
    let p = Packet::from_slot(region, buffer, offset, len).unwrap();
    assert_eq!(p.data(), b"abc");
    drop(p);
    assert!(region.is_home());
}
