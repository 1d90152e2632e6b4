//! `ToSocket` in its mode BATCH, to an interface with an MTU.

use super::network::Network;
use super::running::{graph, value};
use std::net::UdpSocket;
use std::time::Duration;

#[test]
fn what_cannot_be_cut_goes_by_itself() {
    let Some(network) = Network::new(2) else { return };
    network.join((0, "out0"), (1, "in0"), 1);
    network.ip(0, "addr add 10.0.0.1/24 dev out0");
    network.ip(1, "addr add 10.0.0.2/24 dev in0");
    let receiver = network.inside(1, || UdpSocket::bind("10.0.0.2:5000").unwrap());
    receiver.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    // Of 1,400 octets, 40 leave with one call; 1,600 are fragments, each by
    // itself, after the call that was refused.
    for (octets, calls) in [(1400, 1), (1600, 41)] {
        let text = format!(
            "FromSocket(10.0.0.1, 5000) -> Discard;
             InfiniteSource(DATA \"{}\", LIMIT 40, BURST 40)
                 -> out :: ToSocket(TO 10.0.0.2:5000, BATCH true);",
            "x".repeat(octets)
        );
        let file = graph("batch.click", &text);
        let mut command = network.command(0, env!("CARGO_BIN_EXE_pkgraph"));
        command.args(["run", &file, "--engine", "dynamic", "--for", "300ms"]);
        for handler in ["out.calls", "out.count", "out.errors"] {
            command.args(["-h", handler]);
        }
        let output = command.output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert_eq!(value(&out, "out.count"), 40, "{out}");
        assert_eq!((value(&out, "out.calls"), value(&out, "out.errors")), (calls, 0), "{out}");
        let mut buffer = [0; 2000];
        for _ in 0..40 {
            assert_eq!(receiver.recv(&mut buffer).unwrap(), octets);
        }
    }
}
