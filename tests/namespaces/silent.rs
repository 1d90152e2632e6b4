//! Static clients that never send: the host finds out where they are.

use super::network::Network;
use super::running::{Running, graph};
use std::net::UdpSocket;
use std::time::{Duration, Instant};

/// One that sends, and those that listen: on the Ethernet itself by IPv4 and by
/// IPv6, behind a router, and where there is no way.
const GRAPH: &str = "
FromNetmap(sw0, TAKE \"udp dst port 5004\") -> class :: Classifier;
class[media] -> [media] sfu :: SsidReplicate(
    ssid=0x10 media=10.0.0.2:4000,
    ssid=0x20 media=10.0.0.2:4001 wants=asq,
    ssid=0x30 media=[fd00::2]:4002 wants=asq own=[fd00::1]:5004,
    ssid=0x40 media=10.1.0.3:4003 wants=asq,
    ssid=0x50 media=10.9.0.9:4004 wants=asq);
class[control] -> [control] sfu;
class[host] -> Discard;
sfu -> ToNetmap(sw0);
";

fn network() -> Option<Network> {
    let network = Network::new(3)?;
    network.join((0, "sw0"), (1, "eth0"), 1);
    network.join((1, "far0"), (2, "eth0"), 1);
    for (n, end, host) in [
        (0, "sw0", "10.0.0.1/24"),
        (0, "sw0", "fd00::1/64"),
        (1, "eth0", "10.0.0.2/24"),
        (1, "eth0", "fd00::2/64"),
        (1, "far0", "10.1.0.2/24"),
        (2, "eth0", "10.1.0.3/24"),
    ] {
        let options = if host.contains(':') { "nodad" } else { "" };
        network.ip(n, &format!("addr add {host} dev {end} {options}"));
    }
    network.ip(0, "route add 10.1.0.0/24 via 10.0.0.2");
    network.ip(2, "route add default via 10.1.0.2");
    network.inside(1, || std::fs::write("/proc/sys/net/ipv4/ip_forward", "1").unwrap());
    Some(network)
}

#[test]
fn silent_clients_are_found() {
    let Some(network) = network() else { return };
    let file = graph("silent.click", GRAPH);
    for driver in [["--driver", "xdp"], ["--backend", "packet"]] {
        for address in ["10.0.0.2 dev sw0", "fd00::2 dev sw0"] {
            // The host need not know them already.
            network.ip(0, &format!("neigh replace {address} lladdr 2:0:0:0:0:9 nud stale"));
            network.ip(0, &format!("neigh del {address}"));
        }
        let mut arguments = vec![&*file, "--engine", "dynamic", "-h", "sfu.counters"];
        arguments.extend(driver);
        arguments.extend(["-h", "sfu.clients"]);
        let running = Running::start(&network, 0, &arguments);
        let sender = network.inside(1, || UdpSocket::bind("10.0.0.2:4000").unwrap());
        let bind = |n: usize, address: &str| {
            let socket = network.inside(n, || UdpSocket::bind(address).unwrap());
            socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
            socket
        };
        let receivers =
            [bind(1, "10.0.0.2:4001"), bind(1, "[fd00::2]:4002"), bind(2, "10.1.0.3:4003")];
        let mut packet = vec![0x80, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x11];
        packet.extend(b"octets of media");
        let (mut heard, end) = ([false; 3], Instant::now() + Duration::from_secs(20));
        while heard != [true; 3] {
            assert!(Instant::now() < end, "{driver:?}: heard by {heard:?}");
            sender.send_to(&packet, "10.0.0.1:5004").unwrap();
            for (receiver, heard) in receivers.iter().zip(&mut heard) {
                let mut buffer = [0; 64];
                if let Ok(read) = receiver.recv(&mut buffer) {
                    assert_eq!(buffer[..read], packet);
                    *heard = true;
                }
            }
        }
        let (code, out, said) = running.end("TERM");
        assert_eq!(code, Some(0), "{said}");
        // Nobody gets there.
        let counted = |name: &str| {
            let line = out.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("no {name} in {out}")).trim().parse::<u64>().unwrap()
        };
        assert!(counted("no_link ") >= counted("media "), "{out}");
        assert!(counted("copies ") >= 3, "{out}");
    }
}
