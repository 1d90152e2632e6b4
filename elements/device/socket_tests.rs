//! `FromSocket` and `ToSocket` with BATCH, on loopback.

use super::testing::{Keep, Nothing, count, start};
use super::{FromSocket, ToSocket};
use pkgraph::elements::{Declare, Element, Handlers};
use pkgraph::runtime::{Address, Args, Clock, Context, Progress, Region};
use std::net::UdpSocket;
use std::time::Duration;

fn context(buffers: u32) -> (Context, &'static Region) {
    let region = Region::new(buffers, 2048);
    (Context::new(Clock::manual(), region), region)
}

fn receiver(host: &str) -> Option<UdpSocket> {
    let socket = UdpSocket::bind((host, 0)).ok()?;
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    Some(socket)
}

/// A payload with an SSRC and a number.
fn payload(ssrc: u32, number: u32, octets: usize) -> Vec<u8> {
    let mut payload = vec![0; octets];
    payload[..4].copy_from_slice(&number.to_be_bytes());
    payload[8..12].copy_from_slice(&ssrc.to_be_bytes());
    payload
}

#[test]
fn a_batch_is_received_with_one_call_and_waits_for_room() {
    let (mut context, region) = context(16);
    let list = [("HOST", "127.0.0.1"), ("PORT", "0"), ("BATCH", "true"), ("BURST", "8")];
    let mut source: FromSocket = start(&mut context, &list);
    let to = source.read_handler("address").unwrap().to_string();
    let sender = receiver("127.0.0.1").unwrap();
    let mut sink = Keep::with_room(3);
    for number in 0..5 {
        sender.send_to(&payload(1, number, 20), &to).unwrap();
    }
    assert_eq!(source.run(&mut sink), Progress::Busy);
    assert_eq!(source.run(&mut sink), Progress::Blocked);
    sink.room = 100;
    assert_eq!(source.run(&mut sink), Progress::Drained);
    assert_eq!(source.run(&mut sink), Progress::Idle);
    assert_eq!(sink.packets.len(), 5);
    let from = Address::from(sender.local_addr().unwrap());
    for (number, packet) in (0..).zip(&sink.packets) {
        assert_eq!(packet.payload(), payload(1, number, 20));
        assert_eq!(packet.annotations().source(), Some(from));
    }
    // One that found five, and one that found nothing, since it was run in vain.
    assert_eq!((count(&source, "count"), count(&source, "calls")), (5, 2));
    drop((sink, source));
    assert!(region.is_home());
}

#[test]
fn a_burst_leaves_in_one_call_for_each_size_and_destination() {
    for host in ["127.0.0.1", "::1"] {
        let (Some(one), Some(other)) = (receiver(host), receiver(host)) else {
            assert_eq!(host, "::1", "IPv4 is everywhere");
            continue;
        };
        let (mut context, region) = context(512);
        let _port: FromSocket = start(&mut context, &[("HOST", host), ("PORT", "0")]);
        let mut sink: ToSocket = start(&mut context, &[("BATCH", "true")]);
        let push = |sink: &mut ToSocket, to: &UdpSocket, octets: &[u8], dscp| {
            let mut packet = region.packet(octets).unwrap();
            let annotations = packet.annotations_mut().unwrap();
            annotations.set_destination(to.local_addr().unwrap().into());
            annotations.set_dscp(dscp);
            sink.push(0, packet, &mut Nothing);
        };
        for number in 0..20 {
            for (ssrc, octets, dscp) in [(1, 92, 46), (2, 172, 0), (3, 332, 0)] {
                push(&mut sink, &one, &payload(ssrc, number, octets), dscp);
                push(&mut sink, &other, &payload(ssrc, number, octets), dscp);
            }
        }
        assert_eq!(count(&sink, "calls"), 0, "the burst goes on");
        sink.flush(&mut Nothing);
        assert_eq!((count(&sink, "calls"), count(&sink, "count")), (6, 120));
        for receiver in [&one, &other] {
            let (mut next, mut buffer) = ([0; 3], [0; 512]);
            for _ in 0..60 {
                let read = receiver.recv(&mut buffer).unwrap();
                let ssrc = buffer[11];
                let octets = [92, 172, 332][usize::from(ssrc) - 1];
                let number = &mut next[usize::from(ssrc) - 1];
                assert!(buffer[..read] == payload(u32::from(ssrc), *number, octets));
                *number += 1;
            }
        }
        // A datagram by itself is sent as ever.
        push(&mut sink, &one, &payload(1, 7, 100), 0);
        sink.flush(&mut Nothing);
        assert_eq!((count(&sink, "calls"), count(&sink, "count")), (7, 121));
        assert_eq!((count(&sink, "errors"), count(&sink, "drops")), (0, 0));
        assert!(region.is_home());
    }
}

#[test]
fn host_names_are_looked_up_when_the_graph_starts_and_not_before() {
    let args = |list: &[(&str, &str)]| {
        let mut args = Args::default();
        list.iter().for_each(|(name, value)| args.add(*name, *value));
        args
    };
    // No name below `invalid` has an address (RFC 6761 §6.4).
    let unknown = [("HOST", "unknown.invalid"), ("PORT", "5004")];
    assert_eq!((FromSocket::INFO.check)(&args(&unknown)), Ok(()));
    assert_eq!((ToSocket::INFO.check)(&args(&[("TO", "unknown.invalid:5004")])), Ok(()));
    for to in ["unknown.invalid", "unknown.invalid:x", "un known:5004", "::1:5004", ":5004"] {
        assert!((ToSocket::INFO.check)(&args(&[("TO", to)])).is_err(), "{to}");
    }
    let (mut context, _) = context(1);
    let source: FromSocket = start(&mut context, &[("HOST", "localhost"), ("PORT", "0")]);
    assert!(!source.read_handler("address").unwrap().to_string().ends_with(":0"));
}
