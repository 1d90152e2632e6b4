//! What leaves the element: copies and answers, their addresses, and what the
//! handlers say of them.

use super::*;

#[test]
fn copies_leave_for_everyone_in_order_byte_for_byte() {
    let mut bench = Bench::new(64);
    let peers = bench.members(3);
    for (kind, dscp) in [(StreamType::Asq, 46), (StreamType::Vsq, 0), (StreamType::Vhq, 0)] {
        let packet = rtp(peers[0].ssid.ssrc(kind), b"opaque");
        bench.push(peers[0].media, MEDIA, &packet);
        let to = [&peers[1], &peers[2], &peers[0]];
        let expected: Vec<Sent> =
            to.map(|peer| (own(MEDIA), peer.media, dscp, packet.clone())).into();
        assert_eq!(bench.sent(), expected, "{kind}");
    }
    assert_eq!((bench.counter("media"), bench.counter("copies")), (3, 9));
    assert!(bench.region.is_home());
}

#[test]
fn the_last_copy_is_the_packet_itself() {
    let mut bench = Bench::new(64);
    let peers = bench.members(2);
    for (source, copies) in [(&peers[0], 2), (&peers[1], 1)] {
        let packet =
            bench.packet(source.media, MEDIA, &rtp(source.ssid.ssrc(StreamType::Asq), b""));
        let buffer = packet.data().as_ptr();
        bench.element.push(MEDIA, packet, &mut bench.sink);
        assert_eq!(bench.sink.packets.len(), copies);
        assert_eq!(bench.sink.packets.last().unwrap().data().as_ptr(), buffer);
        bench.sent();
    }
}

#[test]
fn headers_before_the_payload_stay_where_they_are() {
    let mut bench = Bench::new(64);
    let peers = bench.members(2);
    let payload = rtp(peers[0].ssid.ssrc(StreamType::Asq), b"behind 42 octets");
    let frame = [&[0xee; 42], &payload[..]].concat();
    let mut packet = bench.packet(peers[0].media, MEDIA, &frame);
    packet.set_payload(42).unwrap();
    bench.element.push(MEDIA, packet, &mut bench.sink);
    assert_eq!(bench.sink.packets.len(), 2);
    for copy in &bench.sink.packets {
        assert_eq!((copy.data(), copy.payload()), (&frame[..], &payload[..]));
    }
    let clients = bench.element.read_handler("clients").unwrap().to_string();
    assert!(clients.lines().next().unwrap().contains(&format!("in=1/{}", payload.len())));
}

#[test]
fn a_shared_packet_is_left_as_it_is() {
    let mut bench = Bench::new(64);
    let peers = bench.members(2);
    let packet = bench.packet(
        peers[0].media,
        MEDIA,
        &rtp(peers[0].ssid.ssrc(StreamType::Asq), b"two own it"),
    );
    let other = packet.share();
    bench.element.push(MEDIA, packet, &mut bench.sink);
    assert_eq!(bench.destinations(), [peers[1].media, peers[0].media]);
    assert_eq!(other.annotations().source(), Some(peers[0].media));
    drop(other);
    assert!(bench.region.is_home());
}

#[test]
fn a_packet_without_addresses_is_counted() {
    let mut bench = Bench::new(4);
    for port in [MEDIA, CONTROL] {
        let packet = bench.region.packet(&rtp(1, b"")).unwrap();
        bench.element.push(port, packet, &mut bench.sink);
    }
    assert_eq!(bench.counter("no_address"), 2);
    assert!(bench.region.is_home());
}

#[test]
fn drops_are_counted_by_their_reason() {
    let mut bench = Bench::new(64);
    let peers = bench.members(2);
    let ssid = peers[0].ssid.get();
    bench.push(peers[0].media, MEDIA, &rtp(ssid | 9, b""));
    bench.push(peers[0].media, MEDIA, &rtp(0x51, b""));
    bench.push(peers[0].control, MEDIA, &rtp(ssid | 1, b""));
    bench.push(peers[0].media, MEDIA, &[0x80]);
    bench.push(peers[0].control, CONTROL, &[0x80, 201, 0, 1, 0, 0, 0, 1]);
    let wrong = Message::Keepalive { token: !peers[0].token, seq: 9 };
    assert_eq!(bench.ask(peers[0].control, CONTROL, ssid, &wrong), None);
    for name in
        ["unknown_type", "unknown_source", "spoofed", "malformed", "rtcp_ignored", "refused"]
    {
        assert_eq!(bench.counter(name), 1, "{name}");
    }
    assert!(bench.sent().is_empty() && bench.region.is_home());
}

#[test]
fn timers_expire_leases_and_announce_changes() {
    let mut bench = Bench::new(64);
    assert_eq!(bench.run(), Progress::Idle);
    let a = bench.member("10.0.0.1", false);
    assert_eq!(bench.run(), Progress::Busy, "a CHANGED has gone");
    let sent = bench.sent();
    assert_eq!((sent.len(), sent[0].0, sent[0].1), (1, own(CONTROL), a.control));
    assert_eq!(bench.run(), Progress::Until(30 * SECOND));
    bench.clock.advance(SECOND / 100);
    let b = bench.member("10.0.0.2", false);
    assert_eq!(bench.run(), Progress::Until(SECOND / 10));
    bench.clock.advance(SECOND / 10);
    assert_eq!(bench.run(), Progress::Busy);
    assert_eq!(bench.destinations(), [a.control, b.control]);
    bench.clock.advance(30 * SECOND - SECOND / 10 - 1);
    // The lease of the first ended 10 ms before.
    assert_eq!(bench.run(), Progress::Busy);
    let sent = bench.sent();
    let datagram = parse_datagram(&sent[0].3).unwrap();
    assert_eq!(datagram.messages[0].message, Message::Changed { version: 3 });
    assert_eq!((sent.len(), sent[0].1), (1, b.control));
    assert_eq!((bench.counter("expired"), bench.counter("changed")), (1, 4));
    bench.clock.advance(1);
    assert_eq!(bench.run(), Progress::Until(30 * SECOND + SECOND / 100 - 1 + SECOND / 10));
    assert_eq!(bench.element.read_handler("clients").unwrap().to_string(), "");
}

#[test]
fn delays_are_of_packets_with_a_timestamp() {
    let mut bench = Bench::new(64);
    let peers = bench.members(2);
    bench.media(&peers[0], StreamType::Asq, b"");
    assert_eq!(bench.delay_count(), 0);
    let mut packet =
        bench.packet(peers[0].media, MEDIA, &rtp(peers[0].ssid.ssrc(StreamType::Asq), b""));
    packet.annotations_mut().unwrap().set_timestamp(bench.clock.now());
    bench.clock.advance(2500);
    bench.element.push(MEDIA, packet, &mut bench.sink);
    let text = bench.element.read_handler("delay").unwrap().to_string();
    assert!(text.starts_with("count 1\nmin 2.5"), "{text}");
}

#[test]
fn exact_delays_end_with_the_last_copy_and_with_the_flush() {
    let mut bench = Bench::new(64);
    let peers = bench.members(3);
    let read =
        |bench: &Bench, handler: &str| bench.element.read_handler(handler).unwrap().to_string();
    assert_eq!(read(&bench, "measure"), "false");
    bench.element.write_handler("measure", "true").unwrap();
    assert_eq!((read(&bench, "measure"), read(&bench, "ticks")), ("true".into(), "1000".into()));
    for held_up in [300, 500] {
        let picked_up = bench.clock.now();
        bench.clock.advance(held_up);
        let mut packet =
            bench.packet(peers[0].media, MEDIA, &rtp(peers[0].ssid.ssrc(StreamType::Asq), b"x"));
        packet.annotations_mut().unwrap().set_timestamp(picked_up);
        bench.element.push(MEDIA, packet, &mut bench.sink);
    }
    assert_eq!(read(&bench, "delay_values"), "300 1\n500 1\n");
    // The flush has not ended: nobody knows how long it takes.
    assert_eq!(read(&bench, "kick_values"), "");
    bench.element.write_handler("measure", "false").unwrap();
    assert_eq!(read(&bench, "delay_values"), "");
    assert!(bench.element.write_handler("measure", "perhaps").is_err());
}
