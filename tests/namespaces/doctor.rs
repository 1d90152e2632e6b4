//! `pkgraph doctor` on an interface with something to mend.

use super::network::Network;
use pkgraph_runtime::child::limit_locked_memory;

fn doctor(network: &Network, interface: &str, limit: Option<u64>) -> (Option<i32>, String) {
    let mut command = network.command(0, env!("CARGO_BIN_EXE_pkgraph"));
    if let Some(octets) = limit {
        limit_locked_memory(&mut command, octets);
    }
    let output = command.args(["doctor", interface]).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn it_finds_what_to_mend_and_its_advice_mends_it() {
    let Some(network) = Network::new(2) else { return };
    network.join((0, "sick0"), (1, "eth0"), 2);
    network.ip(0, "link set sick0 down mtu 3000");
    let (code, said) = doctor(&network, "sick0", None);
    assert_eq!(code, Some(0));
    assert!(said.contains("sick0, driver veth, RX queues: 2"), "{said}");
    assert!(said.contains("sockets, memory and filters work"), "{said}");
    // The program is run in the namespace by `ip`, which takes its own words.
    let advice = |said: &str| {
        let commands = said.lines().filter_map(|line| line.trim().strip_prefix("mend: ip "));
        commands.map(str::to_string).collect::<Vec<_>>()
    };
    assert_eq!(advice(&said), ["link set sick0 up", "link set sick0 mtu 1500"]);
    advice(&said).iter().for_each(|words| _ = network.ip(0, words));
    let (_, said) = doctor(&network, "sick0", None);
    assert_eq!(advice(&said), [""; 0], "{said}");

    let (code, said) = doctor(&network, "none0", Some(32 << 10));
    assert_eq!(code, Some(1));
    for part in ["no none0", "without CAP_IPC_LOCK", "ulimit -l 9220", "limit on locked memory"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}
