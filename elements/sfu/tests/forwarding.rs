//! RTCP of RTP tools through the whole element: whole, from the media port,
//! and no more often than there is room and buffers for it.

use super::*;

/// A sender report of one's own stream, with a payload to know it by.
fn report(peer: &Peer) -> Vec<u8> {
    let mut octets = vec![0x80, 200, 0, 6];
    octets.extend(peer.ssid.ssrc(StreamType::Asq).to_be_bytes());
    octets.extend(*b"twenty octets of it.");
    octets
}

#[test]
fn a_report_leaves_from_the_media_port_wherever_it_came_in() {
    let mut bench = Bench::new(64);
    let peers = bench.members(3);
    let rtcp = report(&peers[0]);
    let above = peers[0].media.with_udp_port(4002);
    for (n, (from, port)) in (1..).zip([(peers[0].media, MEDIA), (above, MEDIA), (above, CONTROL)])
    {
        bench.push(from, port, &rtcp);
        let expected: Vec<Sent> =
            [1, 2].map(|n| (own(MEDIA), peers[n].media, 0, rtcp.clone())).into();
        assert_eq!(bench.sent(), expected);
        assert_eq!((bench.counter("rtcp"), bench.counter("rtcp_copies")), (n, 2 * n));
    }
    assert_eq!((bench.counter("copies"), bench.counter("media")), (0, 0));
    assert_eq!((bench.counter("answers"), bench.delay_count()), (6 * 2, 0));
    let clients = bench.element.read_handler("clients").unwrap().to_string();
    assert!(clients.lines().all(|line| line.ends_with("in=0/0 lost=0 out=0/0")), "{clients}");
    assert!(bench.region.is_home());
}

#[test]
fn copies_of_a_report_wait_as_those_of_media_do() {
    let mut bench = Bench::new(64);
    let peers = bench.members(4);
    bench.sink.room = 1;
    let mut packet = bench.packet(peers[0].media, MEDIA, &report(&peers[0]));
    packet.annotations_mut().unwrap().set_timestamp(1);
    bench.element.push(MEDIA, packet, &mut bench.sink);
    assert_eq!((bench.destinations(), bench.element.room(MEDIA, 1)), (vec![peers[1].media], 0));
    // While it waits, another one is not taken, and control goes on.
    bench.sink.room = 0;
    bench.push(peers[1].media, CONTROL, &report(&peers[1]));
    assert_eq!(bench.counter("full"), 1);
    bench.sink.room = usize::MAX;
    let keepalive = Message::Keepalive { token: peers[1].token, seq: 9 };
    assert!(bench.ask(peers[1].control, CONTROL, peers[1].ssid.get(), &keepalive).is_some());
    assert_eq!(bench.run(), Progress::Busy);
    assert_eq!(bench.destinations(), [peers[2].media, peers[3].media]);
    assert_eq!((bench.counter("rtcp_copies"), bench.delay_count()), (3, 0));
    assert!(bench.element.room(MEDIA, 1) > 0 && bench.region.is_home());
}

#[test]
fn a_key_frame_request_reaches_its_sender_only() {
    let mut bench = Bench::new(64);
    let peers = bench.members(3);
    let source = peers[1].ssid.ssrc(StreamType::Vsq).to_be_bytes();
    let request = [&[0x81, 206, 0, 2, 0, 0, 0, 1][..], &source].concat();
    bench.push(peers[2].media, MEDIA, &request);
    assert_eq!(bench.sent(), [(own(MEDIA), peers[1].media, 0, request)]);
}
