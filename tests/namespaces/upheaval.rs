//! What happens to a port besides its packets: the program is killed, the
//! interface goes down, goes away and comes back, memory is short.

use super::bridge::{BRIDGE, exchange, network};
use super::network::Network;
use super::running::{Running, graph};
use pkgraph_runtime::child::limit_locked_memory;
use pkgraph_runtime::sys::Offload;
use std::net::UdpSocket;
use std::time::Duration;

const HOSTS: [&str; 2] = ["10.0.0.1", "10.0.0.2"];

fn bridge(network: &Network, name: &str, text: &str) -> Running {
    let file = graph(name, text);
    Running::start(network, 0, &[&file, "--engine", "dynamic", "--driver", "xdp"])
}

#[test]
fn after_a_kill_the_interface_is_the_hosts_again() {
    let Some(network) = network(1) else { return };
    network.ip(0, "addr add 10.0.0.9/24 dev left0");
    let host = network.inside(0, || UdpSocket::bind("10.0.0.9:5000").unwrap());
    let client = network.inside(1, || UdpSocket::bind("10.0.0.1:5001").unwrap());
    host.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    for _ in 0..3 {
        let running = bridge(&network, "kill.click", BRIDGE);
        assert!(network.ip(0, "link show left0").contains("xdp"));
        exchange(&network, HOSTS);
        let _ = running.end("KILL");
        for end in ["left0", "right0"] {
            let shown = network.ip(0, &format!("link show {end}"));
            assert!(!shown.contains("xdp"), "{shown}");
        }
        client.send_to(b"still there?", "10.0.0.9:5000").unwrap();
        let mut buffer = [0; 64];
        assert_eq!(host.recv(&mut buffer).unwrap(), 12);
    }
}

#[test]
fn it_goes_on_when_the_interface_has_been_down() {
    let Some(network) = network(1) else { return };
    let mut running = bridge(&network, "down.click", BRIDGE);
    exchange(&network, HOSTS);
    for _ in 0..2 {
        network.ip(0, "link set left0 down");
        running.wait_for("left0: it has gone down");
        network.ip(0, "link set left0 up");
        running.wait_for("left0: it is up again");
        network.ip(1, "neigh flush all");
        exchange(&network, HOSTS);
    }
    assert_eq!(running.end("TERM").0, Some(0));
}

#[test]
fn a_deleted_interface_ends_the_run() {
    let Some(network) = network(1) else { return };
    let running = bridge(&network, "stop.click", BRIDGE);
    exchange(&network, HOSTS);
    network.ip(0, "link del left0");
    let (code, _, said) = running.wait();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("left0: the interface is gone"), "{said}");
    assert!(!said.contains("did not come home"), "{said}");
}

#[test]
fn it_is_noticed_though_nobody_can_be_told() {
    let Some(network) = network(1) else { return };
    let mut command = network.command(0, "timeout");
    command.args(["-k", "1", "60", env!("CARGO_BIN_EXE_pkgraph")]);
    let file = graph("unheard.click", BRIDGE);
    let mut running =
        Running::start_as(command, &[&file, "--engine", "dynamic", "--driver", "xdp"]);
    exchange(&network, HOSTS);
    running.stop_listening();
    network.ip(0, "link del left0");
    assert_eq!(running.wait().0, Some(0));
}

#[test]
fn or_the_run_waits_for_the_next_of_its_name() {
    let Some(network) = network(1) else { return };
    let text = BRIDGE.replace("0)", "0, GONE wait)");
    let mut running = bridge(&network, "wait.click", &text);
    for _ in 0..2 {
        exchange(&network, HOSTS);
        network.ip(0, "link del left0");
        running.wait_for("left0: the interface is gone");
        network.join((0, "left0"), (1, "eth0"), 1);
        network.ip(1, "addr add 10.0.0.1/24 dev eth0");
        network.offload(1, "eth0", Offload::TxChecksum, false);
        running.wait_for("left0: open again");
    }
    exchange(&network, HOSTS);
    let (code, _, said) = running.end("TERM");
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("did not come home"), "{said}");
}

#[test]
fn memory_is_sized_to_the_limit() {
    let Some(network) = network(1) else { return };
    let file = graph("memlock.click", BRIDGE);
    let arguments = [&*file, "--engine", "dynamic", "--driver", "xdp"];
    // Room for two ports of this kind is 3,076 KiB.
    for (limit, slots) in [(8 << 20, "256 slots, 3076 KiB"), (512 << 10, "32 slots")] {
        let mut command = network.command(0, env!("CARGO_BIN_EXE_pkgraph"));
        limit_locked_memory(&mut command, limit);
        let running = Running::start_as(command, &arguments);
        assert!(running.said.contains(slots), "{}", running.said);
        exchange(&network, HOSTS);
        assert_eq!(running.end("TERM").0, Some(0));
    }
    let mut command = network.command(0, env!("CARGO_BIN_EXE_pkgraph"));
    limit_locked_memory(&mut command, 64 << 10);
    let output = command.arg("run").args(arguments).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("ulimit -l"), "{said}");
}
