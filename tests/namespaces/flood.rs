//! More than a graph can take, by every way in: the graph goes on, says what it
//! has received, and no buffer is lost.

use super::bridge;
use super::running::{Running, graph};
use pkgraph_runtime::sys::SendMany;
use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// Datagrams of one flood at most, and how long it lasts at most.
const MOST: usize = 1_000_000;
const LASTS: Duration = Duration::from_secs(1);
/// Datagrams of one system call.
const BATCH: usize = 64;

/// Sends as fast as a thread can until it has sent enough; how many.
fn flood(socket: &UdpSocket) -> usize {
    let (octets, mut many) = ([7u8; 64], SendMany::default());
    let (since, mut sent) = (Instant::now(), 0);
    while sent < MOST && since.elapsed() < LASTS {
        // A full queue is no reason to stop.
        sent += many.send(socket.as_fd(), [&octets[..]; BATCH].into_iter()).unwrap_or(0);
    }
    sent
}

/// Floods the way from namespace 1 to the datagrams' `to` in namespace 2, which
/// leads through `text` in namespace 0. When that is over, datagrams that are
/// sent one by one arrive, each once, many times as many as there are buffers.
fn survives(name: &str, driver: &str, text: &str, to: &str) {
    let Some(network) = bridge::network(1) else { return };
    network.ip(0, "addr add 10.0.1.9/24 dev left0");
    network.ip(0, "addr add 10.0.2.9/24 dev right0");
    network.ip(1, "addr add 10.0.1.1/24 dev eth0");
    network.ip(2, "addr add 10.0.2.2/24 dev eth0");
    let receiver = network.inside(2, || UdpSocket::bind("0.0.0.0:5000").unwrap());
    let sender = network.inside(1, || UdpSocket::bind("0.0.0.0:6000").unwrap());
    sender.connect(to).unwrap();
    let file = graph(&format!("flood-{name}.click"), text);
    // It looks for packets all the time, so also while the kernel is about to
    // say that it has brought some.
    let arguments = ["--engine", "dynamic", "--spin", "10s", "--driver", driver];
    let arguments = [&[&*file, "-h", "there.count"], &arguments[..]].concat();
    let running = Running::start(&network, 0, &arguments);
    let sent = flood(&sender);
    assert!(sent > 20_000, "{sent} datagrams are no flood");

    let mut buffer = [0; 128];
    receiver.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    // What is still on its way would be in the way of what follows.
    while receiver.recv(&mut buffer).is_ok() {}
    receiver.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    for number in 0..2_000u32 {
        sender.send(&number.to_be_bytes()).unwrap();
        let read = receiver.recv(&mut buffer).unwrap_or_else(|error| panic!("{number}: {error}"));
        assert_eq!(buffer[..read], number.to_be_bytes());
    }
    let (code, out, said) = running.end("TERM");
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("did not come home"), "{said}");
    // Those that were sent one by one, and some of the flood.
    assert!(out.trim().parse::<u64>().unwrap() > 2_000, "{out}");
}

/// Few slots and buffers, so that all of them are soon on their way.
const RINGS: &str = "
FromNetmap(left0, SLOTS 64, BUFS 64) -> there :: Counter -> ToNetmap(right0);
FromNetmap(right0) -> ToNetmap(left0);
";

#[test]
fn rings_of_af_xdp_in_native_mode() {
    survives("native", "xdp", RINGS, "10.0.0.2:5000");
}

#[test]
fn rings_of_af_xdp_in_skb_mode() {
    survives("skb", "xdp-skb", RINGS, "10.0.0.2:5000");
}

#[test]
fn packet_sockets() {
    let text = "
FromPacket(left0) -> there :: Counter -> ToPacket(right0);
FromPacket(right0) -> ToPacket(left0);
";
    survives("packet", "auto", text, "10.0.0.2:5000");
}

#[test]
fn sockets() {
    for (name, batch) in [("socket", false), ("batch", true)] {
        let text = format!(
            "FromSocket(10.0.1.9, 5004, BATCH {batch}) -> there :: Counter
                 -> ToSocket(TO 10.0.2.2:5000, BATCH {batch});"
        );
        survives(name, "auto", &text, "10.0.1.9:5004");
    }
}
