//! Where things run: the two namespaces, and CPUs.

use crate::network::Network;
use pkgraph_runtime::sys::Offload;
use pkgraph_runtime::{CpuList, FromArg, Latency};
use std::fs;
use std::process::Command;

/// The namespaces.
pub const SWITCH: usize = 0;
pub const CLIENTS: usize = 1;
/// The CPUs.
pub const SWITCH_CPU: &str = "0";
pub const CLIENTS_CPU: &str = "1";
/// The Ethernet address of all clients.
pub const MAC: &str = "2:0:0:0:0:2";

/// A switch's interface sw0, and cl0, which all clients have.
pub fn network(own_thread: bool) -> Network {
    let network = Network::new(2).expect("the bench needs root, network namespaces and XDP");
    network.inside(SWITCH, no_ipv6);
    network.inside(CLIENTS, no_ipv6);
    network.join((SWITCH, "sw0"), (CLIENTS, "cl0"), 1);
    for (n, end, host, mac, other, other_mac) in [
        (SWITCH, "sw0", "10.0.0.1", "2:0:0:0:0:1", "10.0.0.2", MAC),
        (CLIENTS, "cl0", "10.0.0.2", MAC, "10.0.0.1", "2:0:0:0:0:1"),
    ] {
        network.ip(n, &format!("link set {end} address {mac}"));
        network.ip(n, &format!("addr add {host}/24 dev {end}"));
        network.ip(n, &format!("neigh replace {other} lladdr {other_mac} dev {end} nud permanent"));
    }
    if own_thread {
        give_thread(&network);
    }
    network
}

fn no_ipv6() {
    // Where there is none, there is nothing to turn off.
    let _ = fs::write("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
    let _ = fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
}

/// Has the clients' interface receive on a thread of its own, on their CPU: as
/// another host does it. (That the switch wakes it, by an interrupt to the other
/// CPU, is its own cost here.)
fn give_thread(network: &Network) {
    network.offload(CLIENTS, "cl0", Offload::Gro, true);
    network.offload(SWITCH, "sw0", Offload::Tso, false);
    let mut shell = network.command(CLIENTS, "sh");
    let done = shell.args(["-c", "echo 1 > /sys/class/net/cl0/threaded"]).status();
    assert!(done.expect("a shell").success(), "threaded NAPI needs Linux 5.12");
    let threads = fs::read_dir("/proc").expect("/proc").flatten().filter_map(|entry| {
        let comm = fs::read_to_string(entry.path().join("comm")).ok()?;
        comm.starts_with("napi/cl0").then(|| entry.file_name().into_string().ok())?
    });
    let mut found = 0;
    for thread in threads {
        // Before the clients, who would not let it run.
        let priority = (PRIORITY + 1).to_string();
        for words in [
            ["taskset", "-pc", CLIENTS_CPU, &thread].as_slice(),
            &["chrt", "-fp", &priority, &thread],
        ] {
            let done = Command::new(words[0]).args(&words[1..]).output();
            assert!(done.expect("util-linux").status.success(), "{words:?}");
        }
        found += 1;
    }
    assert!(found > 0, "no NAPI thread of cl0");
}

/// The real-time priority of switch and clients.
const PRIORITY: u8 = 10;

/// Keeps the calling thread on a CPU, before other programs there.
pub fn settle(cpu: &str) {
    let cpus = Some(CpuList::from_arg(cpu).expect("a number"));
    let latency = Latency { cpus, realtime: Some(PRIORITY), ..Latency::default() };
    latency.apply().unwrap_or_else(|error| panic!("{error}"));
}
