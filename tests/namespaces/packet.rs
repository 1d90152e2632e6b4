//! Packet sockets: what they are shown, what the host says to it, and what
//! happens to the interface.

use super::bridge::{BRIDGE, exchange};
use super::network::Network;
use super::running::{Running, graph, value};
use std::io::ErrorKind;
use std::net::UdpSocket;
use std::time::Duration;

const GRAPH: &str = "
FromPacket(in0, TAKE \"udp dst port 5004\") -> in :: Counter -> Discard;
InfiniteSource(DATA \"0123456789abcdef\", LIMIT 200) -> out :: ToPacket(in0);
";

fn network() -> Option<Network> {
    let network = Network::new(2)?;
    network.join((0, "in0"), (1, "eth0"), 1);
    network.ip(0, "addr add 10.0.0.1/24 dev in0");
    network.ip(1, "addr add 10.0.0.2/24 dev eth0");
    Some(network)
}

/// Sends a datagram and then asks the socket for what the other host says of
/// it, within a while.
fn is_refused(network: &Network, port: u16) -> bool {
    let socket = network.inside(1, || UdpSocket::bind("10.0.0.2:0").unwrap());
    socket.connect(("10.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    socket.send(b"is anybody there?").unwrap();
    let error = socket.recv(&mut [0; 64]).unwrap_err();
    match error.kind() {
        ErrorKind::ConnectionRefused => true,
        ErrorKind::WouldBlock => false,
        _ => panic!("{error}"),
    }
}

#[test]
fn the_host_is_quiet_about_what_is_taken() {
    let Some(network) = network() else { return };
    assert!(is_refused(&network, 5004), "nobody is there yet");
    let file = graph("packet.click", GRAPH);
    let arguments =
        [&*file, "--engine", "dynamic", "-h", "in.count", "-h", "out.count", "-h", "out.drops"];
    let running = Running::start(&network, 0, &arguments);
    assert!(running.said.contains("in0: packet socket, takes udp dst port 5004"));
    assert!(!is_refused(&network, 5004));
    assert!(is_refused(&network, 5005));
    // Two programs would have the port.
    let mut second = network.command(0, env!("CARGO_BIN_EXE_pkgraph"));
    let said = second.args(["run", &file, "--engine", "dynamic", "--for", "1s"]).output().unwrap();
    let said = String::from_utf8(said.stderr).unwrap();
    assert!(said.contains("UDP port 5004 is another program's"), "{said}");
    let (code, out, said) = running.end("TERM");
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(value(&out, "in.count"), 1, "{out}");
    assert_eq!((value(&out, "out.count"), value(&out, "out.drops")), (200, 0), "{out}");
    assert!(is_refused(&network, 5004), "nobody is there any more");
}

#[test]
fn it_goes_on_after_a_pause_and_ends_with_its_interface() {
    let Some(network) = network() else { return };
    let file = graph("packet_gone.click", GRAPH);
    let mut running =
        Running::start(&network, 0, &[&file, "--engine", "dynamic", "-h", "in.count"]);
    network.ip(0, "link set in0 down");
    running.wait_for("in0: it has gone down");
    network.ip(0, "link set in0 up");
    running.wait_for("in0: it is up again");
    assert!(!is_refused(&network, 5004));
    network.ip(0, "link del in0");
    let (code, out, said) = running.wait();
    assert_eq!((code, out.trim()), (Some(0), "1"), "{said}");
    assert!(said.contains("in0: the interface is gone"), "{said}");
}

#[test]
fn what_senders_leave_to_hardware_is_made() {
    let Some(network) = Network::new(3) else { return };
    for (n, end) in [(1, "left0"), (2, "right0")] {
        network.join((0, end), (n, "eth0"), 1);
        network.ip(n, &format!("addr add 10.0.0.{n}/24 dev eth0"));
        network.ip(n, &format!("addr add fd00::{n}/64 dev eth0 nodad"));
    }
    let file = graph("packet_bridge.click", BRIDGE);
    let handlers = ["there.count", "to_right.drops", "to_right.errors"];
    let mut arguments = vec![&*file, "--engine", "dynamic", "--backend", "packet"];
    handlers.iter().for_each(|handler| arguments.extend(["-h", handler]));
    let running = Running::start(&network, 0, &arguments);
    exchange(&network, ["10.0.0.1", "10.0.0.2"]);
    exchange(&network, ["fd00::1", "fd00::2"]);
    let (code, out, said) = running.end("TERM");
    assert_eq!(code, Some(0), "{said}");
    assert!(value(&out, "there.count") > 2_900, "{out}");
    assert_eq!((value(&out, "to_right.drops"), value(&out, "to_right.errors")), (0, 0), "{out}");
}
