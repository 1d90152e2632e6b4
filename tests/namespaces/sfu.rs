//! The switch on raw frames, with clients on ordinary sockets in namespaces of
//! their own, and the host it runs on still a host.

use super::network::Network;
use super::running::{Running, value};
use pkgraph::client::session;
use pkgraph::client::{Client, ClientOptions};
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

const CLIENTS: usize = 8;
const GRAPH: &str = "graphs/sfu_netmap.click";
/// Namespaces: the switch, the cable between all, and the clients.
const SWITCH: usize = 0;
const CABLE: usize = 1;
const FIRST: usize = 2;

/// The switch's interface sw0 and one of each client, all on one Ethernet.
fn network() -> Option<Network> {
    let network = Network::new(FIRST + CLIENTS)?;
    network.ip(CABLE, "link add lan0 type bridge");
    network.ip(CABLE, "link set lan0 up");
    let plug = |n: usize, end: &str, host: usize| {
        let port = format!("port{n}");
        network.join((n, end), (CABLE, &port), 1);
        network.ip(CABLE, &format!("link set {port} master lan0"));
        network.ip(n, &format!("addr add 10.0.0.{host}/24 dev {end}"));
        network.ip(n, &format!("addr add fd00::{host}/64 dev {end} nodad"));
    };
    plug(SWITCH, "sw0", 1);
    (0..CLIENTS).for_each(|client| plug(FIRST + client, "eth0", 101 + client));
    Some(network)
}

/// Every second client speaks IPv6.
fn switch_ip(client: usize) -> IpAddr {
    if client.is_multiple_of(2) { "10.0.0.1".parse().unwrap() } else { "fd00::1".parse().unwrap() }
}

fn clients(network: &Network, payload: usize) -> Vec<Client> {
    let start = |n: usize| {
        let ip = switch_ip(n);
        let mut options = ClientOptions::new(SocketAddr::new(ip, 5005), SocketAddr::new(ip, 5004));
        options.interval = Duration::from_millis(20);
        options.streams.iter_mut().for_each(|stream| stream.payload = payload);
        network.inside(FIRST + n, || Client::start(options).unwrap())
    };
    (0..CLIENTS).map(start).collect()
}

/// Datagrams that the kernel of a client has dropped for a wrong checksum.
fn checksum_errors(network: &Network, n: usize) -> u64 {
    let read = |file: &str| {
        let output = network.command(n, "cat").arg(file).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let snmp = read("/proc/net/snmp");
    let mut udp = snmp.lines().filter_map(|line| line.strip_prefix("Udp: "));
    let (names, values) = (udp.next().unwrap(), udp.next().unwrap());
    let at = names.split(' ').position(|name| name == "InCsumErrors").unwrap();
    let ipv4: u64 = values.split(' ').nth(at).unwrap().parse().unwrap();
    let snmp6 = read("/proc/net/snmp6");
    let line = snmp6.lines().find(|line| line.starts_with("Udp6InCsumErrors")).unwrap();
    ipv4 + line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
}

/// TCP to the switch's own address, a few times what fits into a segment.
fn talk_to_the_host(network: &Network, client: usize) {
    let address = SocketAddr::new(switch_ip(client), 8080);
    let listener = network.inside(SWITCH, || TcpListener::bind(address).unwrap());
    let mut out = network.inside(FIRST + client, || TcpStream::connect(address).unwrap());
    let (mut host, _) = listener.accept().unwrap();
    let text = vec![7; 100_000];
    std::thread::scope(|scope| {
        scope.spawn(|| out.write_all(&text).unwrap());
        let mut read = vec![0; text.len()];
        host.read_exact(&mut read).unwrap();
        assert!(read == text);
    });
}

/// A datagram in fragments is the host's, whatever its port.
fn send_fragments_to_the_host(network: &Network, client: usize) {
    let media = SocketAddr::new(switch_ip(client), 5004);
    let socket = network.inside(SWITCH, || UdpSocket::bind(media).unwrap());
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let any = SocketAddr::new(if media.is_ipv4() { [0; 4].into() } else { [0; 16].into() }, 0);
    let sender = network.inside(FIRST + client, || UdpSocket::bind(any).unwrap());
    sender.send_to(&[9; 4000], media).unwrap();
    let mut buffer = [0; 5000];
    assert_eq!(socket.recv(&mut buffer).unwrap(), 4000);
}

fn session_of_eight(network: &Network, how: [&str; 2], payload: usize) {
    let handlers = ["class.drops", "sfu.counters", "ToNetmap@4.drops", "ToNetmap@4.errors"];
    let is_raw = !how[1].starts_with("socket");
    let mut arguments = vec![GRAPH, "DEV=sw0", how[0], how[1]];
    handlers.iter().for_each(|handler| arguments.extend(["-h", handler]));
    let running = Running::start(network, SWITCH, &arguments);
    assert!(running.said.contains("compiled engine (built in)"), "{}", running.said);
    let clients = clients(network, payload);
    session::begin(&clients, Duration::from_millis(20));
    if is_raw {
        talk_to_the_host(network, 0);
        talk_to_the_host(network, 1);
    }
    if how[0] == "--driver" {
        send_fragments_to_the_host(network, 0);
        send_fragments_to_the_host(network, 1);
    }
    while clients.iter().map(|client| client.snapshot().totals.sent).sum::<u64>() < 1200 {
        std::thread::sleep(Duration::from_millis(10));
    }
    let summary = session::summary(&session::finish(clients));
    let (code, out, said) = running.end("TERM");
    assert_eq!(code, Some(0), "{said}");
    let figures = &summary.figures;
    let context = format!("{how:?}, {payload} octets: {figures:?}\n{said}\n{out}");
    assert_eq!(figures.clients, CLIENTS as u64, "{context}");
    assert!(figures.sent > 1000, "{context}");
    assert_eq!(figures.received, figures.expected, "{context}");
    assert_eq!((figures.lost, figures.reordered, figures.duplicated), (0, 0, 0), "{context}");
    assert_eq!((figures.corrupt, figures.foreign, figures.unwanted), (0, 0, 0), "{context}");
    let failed = [value(&out, "ToNetmap@4.drops"), value(&out, "ToNetmap@4.errors")];
    assert_eq!(failed, [0, 0], "{context}");
    for client in 0..CLIENTS {
        assert_eq!(checksum_errors(network, FIRST + client), 0, "client {client}: {context}");
    }
}

#[test]
fn eight_clients_and_the_host() {
    let Some(network) = network() else { return };
    // A packet of the shortest and of the longest frame.
    session_of_eight(&network, ["--driver", "xdp"], 16);
    session_of_eight(&network, ["--driver", "xdp-skb"], 160);
    session_of_eight(&network, ["--driver", "xdp"], 1440);
    session_of_eight(&network, ["--backend", "socket"], 160);
    session_of_eight(&network, ["--backend", "socket-batch"], 160);
    session_of_eight(&network, ["--backend", "packet"], 1440);
}
