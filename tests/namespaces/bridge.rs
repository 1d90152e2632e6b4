//! Two interfaces joined by a graph, which takes all that comes: the simplest
//! use of a driver, and all kinds of frames.

use super::network::Network;
use super::running::{Running, graph, value};
use pkgraph_runtime::sys::Offload;
use std::net::UdpSocket;
use std::time::Duration;

pub const BRIDGE: &str = "
FromNetmap(left0) -> there :: Counter -> to_right :: ToNetmap(right0);
FromNetmap(right0) -> back :: Counter -> to_left :: ToNetmap(left0);
";

/// Clients in namespaces 1 and 2, and the bridge in 0.
pub fn network(queues: u32) -> Option<Network> {
    let network = Network::new(3)?;
    for (n, end) in [(1, "left0"), (2, "right0")] {
        network.join((0, end), (n, "eth0"), queues);
        network.ip(n, &format!("addr add 10.0.0.{n}/24 dev eth0"));
        network.ip(n, &format!("addr add fd00::{n}/64 dev eth0 nodad"));
        // The bridge does not finish what a client leaves to its hardware.
        network.offload(n, "eth0", Offload::TxChecksum, false);
    }
    Some(network)
}

fn sockets(network: &Network, hosts: [&str; 2]) -> [UdpSocket; 2] {
    [0, 1].map(|n| {
        let socket = network.inside(n + 1, || UdpSocket::bind((hosts[n], 5000)).unwrap());
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        socket
    })
}

/// Sends numbered datagrams of all lengths from one client to the other, and
/// expects each once and in order.
pub fn exchange(network: &Network, hosts: [&str; 2]) {
    let sockets = sockets(network, hosts);
    let longest = 1472 - if hosts[0].contains(':') { 20 } else { 0 };
    for (from, to) in [(0, 1), (1, 0)] {
        let mut buffer = [0; 2048];
        for (number, len) in (2..=longest).enumerate() {
            let mut datagram = vec![number as u8; len];
            datagram[..2].copy_from_slice(&(number as u16).to_be_bytes());
            sockets[from].send_to(&datagram, (hosts[to], 5000)).unwrap();
            let read = sockets[to].recv(&mut buffer).unwrap();
            assert!(buffer[..read] == datagram, "datagram {number}");
        }
    }
}

/// Sends as fast as it can, so that rings run full and turn over many times.
fn flood(network: &Network, packets: u32) {
    let hosts = ["10.0.0.1", "10.0.0.2"];
    let [from, to] = sockets(network, hosts);
    let (mut buffer, mut next) = ([0; 64], 0);
    for number in 0..packets {
        from.send_to(&number.to_be_bytes(), (hosts[1], 5000)).unwrap();
        // Never more on the way than every queue holds.
        while number - next >= 100 {
            assert_eq!(to.recv(&mut buffer).unwrap(), 4);
            assert_eq!(buffer[..4], u32::to_be_bytes(next));
            next += 1;
        }
    }
}

fn ping(network: &Network, host: &str) {
    let mut command = network.command(1, "python3");
    let output = command.args(["-c", PING, host]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// An echo request and its answer, with the checksums the kernel makes. (The
/// machine may have no ping.)
const PING: &str = "
import socket, sys
host = sys.argv[1]
v6 = ':' in host
family, proto, kind = (socket.AF_INET6, 58, 128) if v6 else (socket.AF_INET, 1, 8)
s = socket.socket(family, socket.SOCK_RAW, proto)
s.settimeout(10)
body = b'hello, there'
def total(data):
    s = sum(int.from_bytes(data[i:i+2], 'big') for i in range(0, len(data), 2))
    while s >> 16: s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff
packet = bytes([kind, 0, 0, 0, 0x12, 0x34, 0, 1]) + body
if not v6: packet = packet[:2] + total(packet).to_bytes(2, 'big') + packet[4:]
s.sendto(packet, (host, 0))
while True:
    data = s.recv(2048)
    if not v6: data = data[(data[0] & 15) * 4:]
    if data[0] == (129 if v6 else 0) and data.endswith(body): break
";

/// Sends from many UDP ports, which the kernel spreads over the queues, and
/// expects the datagrams of each in order.
fn many_flows(network: &Network) {
    let hosts = ["10.0.0.1", "10.0.0.2"];
    let to = network.inside(2, || UdpSocket::bind((hosts[1], 6000)).unwrap());
    to.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let from: Vec<UdpSocket> = network
        .inside(1, || (0..32).map(|n| UdpSocket::bind((hosts[0], 7000 + n)).unwrap()).collect());
    let mut expected = vec![0u32; from.len()];
    let mut buffer = [0; 64];
    for number in 0..500u32 {
        for socket in &from {
            socket.send_to(&number.to_be_bytes(), (hosts[1], 6000)).unwrap();
        }
        for _ in &from {
            let (read, source) = to.recv_from(&mut buffer).unwrap();
            let next = &mut expected[usize::from(source.port() - 7000)];
            assert_eq!(buffer[..read], next.to_be_bytes());
            *next += 1;
        }
    }
}

#[test]
fn several_queues() {
    let Some(network) = network(4) else { return };
    let file = graph("queues.click", BRIDGE);
    let arguments = [&file, "--engine", "dynamic", "--driver", "xdp", "-h", "there.count"];
    let running = Running::start(&network, 0, &arguments);
    assert!(running.said.contains("4 queues of 256 slots"), "{}", running.said);
    many_flows(&network);
    let (code, out, said) = running.end("TERM");
    assert_eq!(code, Some(0), "{said}");
    assert!(out.trim().parse::<u64>().unwrap() >= 16_000, "{out}");
}

#[test]
fn everything_crosses_in_both_modes() {
    let Some(network) = network(1) else { return };
    let file = graph("bridge.click", BRIDGE);
    for (driver, mode) in [("xdp", "native mode"), ("xdp-skb", "SKB mode")] {
        let handlers = ["there.count", "back.count", "to_right.copies", "to_left.drops"];
        let mut arguments = vec![&*file, "--engine", "dynamic", "--driver", driver];
        handlers.iter().for_each(|handler| arguments.extend(["-h", handler]));
        let running = Running::start(&network, 0, &arguments);
        assert!(running.said.contains(&format!("left0: driver xdp, {mode}")), "{}", running.said);
        exchange(&network, ["10.0.0.1", "10.0.0.2"]);
        exchange(&network, ["fd00::1", "fd00::2"]);
        flood(&network, 20_000);
        ping(&network, "10.0.0.2");
        ping(&network, "fd00::2");
        let (code, out, said) = running.end("TERM");
        assert_eq!(code, Some(0), "{said}");
        assert!(!said.contains("did not come home"), "{said}");
        assert!(value(&out, "there.count") > 22_900, "{out}");
        assert!(value(&out, "back.count") > 2_900, "{out}");
        // The two interfaces share their memory.
        assert_eq!(value(&out, "to_right.copies"), 0);
        assert_eq!(value(&out, "to_left.drops"), 0);
    }
}
