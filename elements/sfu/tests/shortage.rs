//! Without room, and without buffers: nothing is sent twice, nothing is lost
//! that could be sent, and every buffer comes home.

use super::*;

const MS: Nanos = 1_000_000;

#[test]
fn copies_wait_for_room_and_go_on_exactly_where_they_stopped() {
    for room in 0..5 {
        let mut bench = Bench::new(64);
        let peers = bench.members(4);
        let expected: Vec<Address> = [1, 2, 3, 0].map(|n| peers[n].media).into();
        bench.sink.room = room;
        bench.media(&peers[0], StreamType::Asq, b"once");
        let is_pending = room < 4;
        assert_eq!(bench.element.room(MEDIA, 1), usize::from(!is_pending));
        assert_eq!(bench.element.room(CONTROL, 1), usize::MAX);
        let mut got = bench.destinations();
        assert_eq!(got, expected[..room]);
        // No room, no progress, and no loss however long it lasts.
        if is_pending {
            assert_eq!(bench.run(), Progress::Blocked);
            bench.clock.advance(SECOND);
            assert_eq!(bench.run(), Progress::Blocked);
            // One at a time, then the rest.
            bench.sink.room = 1;
            assert_eq!(bench.run(), if room == 3 { Progress::Busy } else { Progress::Blocked });
            bench.sink.room = usize::MAX;
            bench.run();
        }
        let sent = bench.sent();
        assert!(sent.iter().all(|(from, _, dscp, octets)| {
            (*from, *dscp) == (own(MEDIA), 46) && octets.ends_with(b"once")
        }));
        got.extend(sent.into_iter().map(|(_, to, _, _)| to));
        assert_eq!(got, expected, "room for {room}");
        assert_eq!(bench.element.room(MEDIA, 1), 1);
        assert_eq!(bench.counter("copies"), 4);
        assert!(bench.region.is_home());
    }
}

#[test]
fn who_leaves_while_copies_wait_gets_its_copy_and_its_successor_none() {
    let mut bench = Bench::new(64);
    let peers = bench.members(3);
    bench.sink.room = 0;
    bench.media(&peers[0], StreamType::Asq, b"");
    bench.sink.room = 1;
    let leave = Message::Leave { token: peers[2].token, seq: 5 };
    assert!(bench.ask(peers[2].control, CONTROL, peers[2].ssid.get(), &leave).is_some());
    bench.sink.room = usize::MAX;
    bench.member("10.0.0.9", false);
    bench.element.run(&mut bench.sink);
    let got: Vec<Address> = bench.destinations();
    assert_eq!(got[..3], [peers[1].media, peers[2].media, peers[0].media]);
    let clients = bench.element.read_handler("clients").unwrap().to_string();
    assert!(clients.lines().last().unwrap().ends_with("out=0/0"), "{clients}");
}

#[test]
fn media_that_comes_while_copies_wait_is_dropped_and_control_is_not() {
    let mut bench = Bench::new(64);
    let peers = bench.members(2);
    bench.sink.room = 0;
    bench.media(&peers[0], StreamType::Asq, b"first");
    bench.media(&peers[1], StreamType::Asq, b"second");
    assert_eq!(bench.counter("full"), 1);
    bench.sink.room = 2;
    let seq = 7;
    let keepalive = Message::Keepalive { token: peers[0].token, seq };
    for port in [CONTROL, MEDIA] {
        let answer = bench.ask(peers[0].control, port, peers[0].ssid.get(), &keepalive);
        assert!(matches!(answer, Some(Message::Ack { status: Status::DONE, .. })));
    }
    bench.sink.room = usize::MAX;
    assert_eq!(bench.run(), Progress::Busy);
    let sent = bench.sent();
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|(_, _, _, octets)| octets.ends_with(b"first")));
    assert!(bench.region.is_home());
}

#[test]
fn a_pool_of_16_carries_a_session_of_more() {
    let mut bench = Bench::with(16, &[("CLIENTS_PER_HOST", "1000")]);
    let peers = bench.members(30);
    for round in 0..3u8 {
        bench.media(&peers[0], StreamType::Asq, &[round]);
        let mut got = bench.destinations();
        while bench.element.room(MEDIA, 1) == 0 {
            bench.clock.advance(MS);
            bench.run();
            assert!(bench.sink.packets.len() <= 16);
            got.extend(bench.destinations());
        }
        let expected: Vec<Address> = (1..30).chain([0]).map(|n| peers[n].media).collect();
        assert_eq!(got, expected);
    }
    assert_eq!(bench.counter("no_buffer"), 0);
    assert!(bench.region.is_home());
}

#[test]
fn copies_without_buffers_are_dropped_after_the_hold() {
    let mut bench = Bench::with(8, &[("HOLD", "5ms")]);
    let peers = bench.members(6);
    // Somebody else has all but three.
    let held: Vec<Packet> = (0..5).map(|_| bench.region.alloc().unwrap()).collect();
    bench.media(&peers[0], StreamType::Asq, b"");
    assert_eq!(bench.sink.packets.len(), 2);
    let start = bench.clock.now();
    assert_eq!(bench.run(), Progress::Until(start + 5 * MS));
    bench.clock.advance(4 * MS);
    assert_eq!(bench.run(), Progress::Until(start + 5 * MS));
    // Progress starts the wait anew.
    bench.sink.packets.remove(0);
    assert_eq!(bench.run(), Progress::Until(start + 9 * MS));
    assert_eq!(bench.sink.packets.len(), 2);
    bench.clock.advance(5 * MS - 1);
    assert_eq!(bench.run(), Progress::Until(start + 9 * MS));
    bench.clock.advance(1);
    assert_eq!(bench.run(), Progress::Busy);
    assert_eq!((bench.counter("no_buffer"), bench.counter("copies")), (3, 3));
    assert_eq!(bench.element.room(MEDIA, 1), 1);
    drop(held);
    bench.sent();
    assert!(bench.region.is_home());
    bench.media(&peers[0], StreamType::Asq, b"");
    assert_eq!(bench.destinations().len(), 6);
}

#[test]
fn the_wait_for_a_buffer_does_not_count_while_there_is_no_room() {
    let mut bench = Bench::new(8);
    let peers = bench.members(3);
    let held: Vec<Packet> = (0..7).map(|_| bench.region.alloc().unwrap()).collect();
    bench.media(&peers[0], StreamType::Asq, b"");
    bench.sink.room = 0;
    bench.clock.advance(SECOND);
    assert_eq!(bench.run(), Progress::Blocked);
    bench.sink.room = usize::MAX;
    assert_eq!(bench.run(), Progress::Until(bench.clock.now() + 10 * MS));
    drop(held);
    assert_eq!(bench.run(), Progress::Busy);
    assert_eq!(bench.destinations().len(), 3);
}

#[test]
fn an_answer_without_room_is_dropped_and_counted() {
    let mut bench = Bench::new(8);
    bench.sink.room = 0;
    assert_eq!(bench.ask(at("10.0.0.1:1"), CONTROL, 0, &Message::hello(1)), None);
    assert_eq!((bench.counter("no_room"), bench.counter("answers")), (1, 0));
    assert!(bench.region.is_home());
}

#[test]
fn an_answer_takes_the_buffer_of_its_question_and_else_is_dropped() {
    let mut bench = Bench::new(2);
    let mut octets = Vec::new();
    Message::hello(1).emit(0, &mut octets);
    let held = bench.region.alloc();
    bench.push(at("10.0.0.1:1"), CONTROL, &octets);
    assert_eq!(bench.sent().len(), 1);
    drop(held);
    // Shared, its buffer does not come free, and there is no other.
    let packet = bench.packet(at("10.0.0.1:1"), CONTROL, &octets);
    let (_other, _held) = (packet.share(), bench.region.alloc().unwrap());
    bench.element.push(CONTROL, packet, &mut bench.sink);
    assert_eq!((bench.sent().len(), bench.counter("no_buffer")), (0, 1));
}

#[test]
fn changed_waits_for_room_and_for_buffers() {
    let mut bench = Bench::new(8);
    let a = bench.member("10.0.0.1", false);
    let b = bench.member("10.0.0.2", false);
    bench.sink.room = 0;
    assert_eq!(bench.run(), Progress::Blocked);
    bench.sink.room = 1;
    assert_eq!(bench.run(), Progress::Busy);
    assert_eq!(bench.run(), Progress::Blocked);
    assert_eq!(bench.destinations(), [a.control]);
    bench.sink.room = usize::MAX;
    let held: Vec<Packet> = (0..8).map(|_| bench.region.alloc().unwrap()).collect();
    assert!(matches!(bench.run(), Progress::Until(_)));
    drop(held);
    assert_eq!(bench.run(), Progress::Busy);
    assert_eq!(bench.destinations(), [b.control]);
    assert!(bench.region.is_home());
}
