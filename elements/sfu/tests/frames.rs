//! Clients on raw frames: where copies and answers go on Ethernet.

use super::*;
use pkgraph_ethernet::{EtherAddress, Link};
use pkgraph_ip::{UdpFrame, UdpHeaders, checksum};

fn station(n: u8) -> EtherAddress {
    EtherAddress([2, 0, 0, 0, 0, n])
}

/// The way from a client's station to the switch's.
fn from_station(n: u8, tag: Option<u16>) -> Link {
    Link { peer: station(0), own: station(n), tag }
}

/// Sends a payload in a frame, as Classifier leaves it.
fn push(bench: &mut Bench, link: Link, from: Address, port: usize, payload: &[u8]) {
    let mut packet = bench.region.packet(payload).unwrap();
    let headers = UdpHeaders::new(&link, &from, &own(port)).unwrap();
    headers.write(&mut packet, Some(checksum::add(0, payload)), 0).unwrap();
    UdpFrame::parse(packet.data()).unwrap().annotate(&mut packet).unwrap();
    bench.element.push(port, packet, &mut bench.sink);
}

/// The frames that left: whose station they go to, in which VLAN, and to which
/// UDP endpoint.
fn frames(bench: &mut Bench) -> Vec<(EtherAddress, Option<u16>, Address)> {
    let packets = std::mem::take(&mut bench.sink.packets);
    let read = |packet: &Packet| {
        let link = Link::of(packet.data()).unwrap();
        let frame = UdpFrame::parse(packet.data()).unwrap();
        assert!(frame.is_intact(packet.data()));
        assert_eq!(link.peer, station(0), "from the switch's own station");
        let notes = packet.annotations();
        assert_eq!(notes.source(), Some(frame.source));
        assert_eq!(notes.destination(), Some(frame.destination));
        (link.own, link.tag, frame.destination)
    };
    packets.iter().map(read).collect()
}

/// Registered and bound members, one for each link.
fn members(bench: &mut Bench, links: &[Link]) -> Vec<Peer> {
    let peers = bench.members(links.len());
    for (link, peer) in links.iter().zip(&peers) {
        push(bench, *link, peer.media, MEDIA, &rtp(peer.ssid.ssrc(StreamType::Asq), b"first"));
        bench.sink.packets.clear();
    }
    peers
}

#[test]
fn copies_go_to_the_station_and_vlan_of_the_last_valid_packet() {
    let mut bench = Bench::new(64);
    let links = [from_station(1, None), from_station(2, Some(7)), from_station(3, None)];
    let peers = members(&mut bench, &links);
    let media = rtp(peers[0].ssid.ssrc(StreamType::Asq), b"media");
    push(&mut bench, links[0], peers[0].media, MEDIA, &media);
    let to = |n: u8, tag, peer: &Peer| (station(n), tag, peer.media);
    let expected = [to(2, Some(7), &peers[1]), to(3, None, &peers[2]), to(1, None, &peers[0])];
    assert_eq!(frames(&mut bench), expected);

    // It moves with a valid packet, and with no other.
    let moved = from_station(9, None);
    let spoofed = rtp(peers[1].ssid.ssrc(StreamType::Asq), b"");
    push(&mut bench, from_station(8, None), peers[0].media, MEDIA, &spoofed);
    assert_eq!(bench.counter("spoofed"), 1);
    push(&mut bench, moved, peers[2].media, MEDIA, &rtp(peers[2].ssid.ssrc(StreamType::Asq), b""));
    bench.sink.packets.clear();
    push(&mut bench, links[0], peers[0].media, MEDIA, &media);
    let expected = [to(2, Some(7), &peers[1]), to(9, None, &peers[2]), to(1, None, &peers[0])];
    assert_eq!(frames(&mut bench), expected);
    assert!(bench.region.is_home());
}

#[test]
fn answers_go_back_the_way_the_question_came() {
    let mut bench = Bench::new(64);
    let link = from_station(4, Some(0x6005));
    let mut hello = Vec::new();
    Message::hello(1).emit(0, &mut hello);
    push(&mut bench, link, at("10.0.0.9:4000"), CONTROL, &hello);
    assert_eq!(frames(&mut bench), [(station(4), Some(0x6005), at("10.0.0.9:4000"))]);
}

#[test]
fn changes_are_told_where_the_last_request_came_from() {
    let mut bench = Bench::new(64);
    let peers = bench.members(1);
    let mut keepalive = Vec::new();
    let message = Message::Keepalive { token: peers[0].token, seq: 9 };
    message.emit(peers[0].ssid.get(), &mut keepalive);
    push(&mut bench, from_station(5, None), peers[0].control, CONTROL, &keepalive);
    bench.sink.packets.clear();
    bench.element.write_handler("add_client", "ssid=0x70 media=10.0.0.70:5").unwrap();
    bench.clock.advance(SECOND / 10);
    while bench.run() == Progress::Busy {}
    assert_eq!(frames(&mut bench), [(station(5), None, peers[0].control)]);
}

#[test]
fn a_static_client_that_sends_nothing_needs_its_station_said() {
    for (mac, reached) in [("", false), (" mac=2:0:0:0:0:6", true)] {
        let silent = format!("ssid=0x70 media=10.0.0.70:5000 wants=asq{mac}");
        let mut bench = Bench::with(64, &[("CLIENT", &silent)]);
        let link = from_station(1, Some(7));
        let peers = members(&mut bench, &[link]);
        let no_link = bench.counter("no_link");
        let media = rtp(peers[0].ssid.ssrc(StreamType::Asq), b"media");
        push(&mut bench, link, peers[0].media, MEDIA, &media);
        let sent = frames(&mut bench);
        let copy = (station(6), Some(7), at("10.0.0.70:5000"));
        assert_eq!((sent.contains(&copy), sent.len()), (reached, 1 + usize::from(reached)));
        assert_eq!(bench.counter("no_link") - no_link, u64::from(!reached));
        assert!(bench.region.is_home());
    }
}

#[test]
fn copies_that_waited_are_framed_too() {
    let mut bench = Bench::new(64);
    let links = [from_station(1, None), from_station(2, None), from_station(3, None)];
    let peers = members(&mut bench, &links);
    bench.sink.room = 1;
    let media = rtp(peers[0].ssid.ssrc(StreamType::Asq), b"media");
    push(&mut bench, links[0], peers[0].media, MEDIA, &media);
    assert_eq!(bench.sink.packets.len(), 1);
    bench.sink.room = usize::MAX;
    while bench.run() == Progress::Busy {}
    let stations: Vec<_> = frames(&mut bench).into_iter().map(|(to, ..)| to).collect();
    assert_eq!(stations, [station(2), station(3), station(1)]);
}
