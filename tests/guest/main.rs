//! Graphs on netmap's own module, in a virtual machine.
//!
//! The machine is QEMU with software emulation, so it needs no privilege and
//! no network interface. It needs a kernel and modules, which are not part of
//! this project: see `parts.rs`.

mod parts;
mod record;
mod rings;

use pkgraph::compare::guest::{Machine, run};
use pkgraph::compare::results::{PlaceKind, Results, Unit};
use std::fs;
use std::path::Path;
use std::process::Command;

/// The number that a handler printed, as `pkgraph run -h` writes it.
#[track_caller]
fn value(printed: &str, handler: &str) -> u64 {
    let text = printed.split(&format!("{handler}:\n")).nth(1);
    let line = text.and_then(|rest| rest.lines().next());
    line.and_then(|line| line.trim().parse().ok())
        .unwrap_or_else(|| panic!("no {handler} in:\n{printed}"))
}

const VALE: &str = "
InfiniteSource(DATA 0123456789abcdef0123456789abcdef, LIMIT 200) -> out :: ToNetmap(vale0:a);
FromNetmap(vale0:b) -> in :: Counter -> Discard;
";

/// Through a pipe, from it into a second pipe of the same memory, and out.
const PIPES: &str = "
InfiniteSource(DATA 0123456789abcdef0123456789abcdef, LIMIT 20000)
    -> first :: ToNetmap(vale1:p{1);
FromNetmap(vale1:p}1) -> second :: ToNetmap(vale1:p{2);
FromNetmap(vale1:p}2) -> end :: Counter -> Discard;
";

/// Nobody reads the pipe; the rest of the graph goes on.
const NO_READER: &str = "
InfiniteSource(DATA 0123456789abcdef0123456789abcdef, LIMIT 2000, BURST 1)
    -> out :: ToNetmap(vale2:p{1, HOLD_MAX 10ms);
";

#[test]
fn frames_cross_a_switch_and_pipes() {
    let Some(parts) = parts::find() else { return };
    let files = [("vale.click", VALE), ("pipes.click", PIPES), ("no_reader.click", NO_READER)];
    // Its time is instructions, so a busy machine does not end a run early.
    let machine = Machine { counts_instructions: true, ..Machine::default() };
    let printed = run(
        &parts,
        &machine,
        &files,
        "
pkgraph run vale.click --for 2s -h in.count -h out.count -h out.drops -h out.errors
pkgraph run pipes.click --for 8s -h end.count -h first.copies -h second.copies -h second.count
pkgraph run no_reader.click --for 2s -h out.stalls -h out.drops
pkgraph run vale.click --for 2s -h in.count -h out.count && echo again
",
    );
    assert_eq!(value(&printed, "in.count"), 200, "{printed}");
    assert_eq!(value(&printed, "out.count"), 200, "{printed}");
    assert_eq!((value(&printed, "out.drops"), value(&printed, "out.errors")), (0, 0));
    assert_eq!(value(&printed, "end.count"), 20_000, "{printed}");
    assert_eq!(value(&printed, "first.copies"), 20_000);
    assert_eq!(value(&printed, "second.count"), 20_000);
    assert_eq!(value(&printed, "second.copies"), 0, "one region: buffers are swapped\n{printed}");
    assert_eq!(value(&printed, "out.stalls"), 1, "{printed}");
    assert!(!printed.contains("did not come home"), "{printed}");
    assert!(printed.contains("again"), "a port can be opened a second time\n{printed}");
}

/// Between an interface and the host's stack behind it.
const HOST: &str = "
define($DEVICE eth0)

FromNetmap($DEVICE) -> up :: ToNetmap($DEVICE^);
FromNetmap($DEVICE^) -> down :: ToNetmap($DEVICE);
";

/// Pings from a second network namespace, all of which pass through the graph
/// in both directions, and what is left of the interface afterwards.
/// $1 is the interface of the graph, $2 its peer.
const PING: &str = "
mkfifo /tmp/hold
unshare -n cat /tmp/hold & there=$!
until [ \"$(readlink /proc/$there/ns/net)\" != \"$(readlink /proc/self/ns/net)\" ]; do :; done
ip link set $2 netns $there
inside() { nsenter -t $there -n \"$@\"; }
ip addr add 10.0.0.1/24 dev $1 && ip link set $1 up
inside ip addr add 10.0.0.2/24 dev $2 && inside ip link set $2 up
pkgraph run /host.click DEVICE=$1 --for 15s -h up.count -h down.count -h up.copies -h down.copies \
    -h up.errors -h down.errors > /tmp/run 2>&1 & run=$!
until grep -q ready /tmp/run || ! kill -0 $run; do :; done
dmesg | grep -c \"$1.*entered promiscuous mode\"
inside ping -c 5 -W 2 10.0.0.1
wait $run
cat /tmp/run
echo after the run:
dmesg | grep -c \"$1.*left promiscuous mode\"
# Its driver starts the link anew.
until [ \"$(cat /sys/class/net/$1/carrier)\" = 1 ]; do :; done
inside ping -c 2 -W 2 10.0.0.1 | grep received
echo > /tmp/hold
";

/// Both namespaces speak through the graph, without a copy, and afterwards
/// without it.
#[track_caller]
fn check_ping(printed: &str) {
    let (during, after) = printed.split_once("after the run:").expect(printed);
    assert!(during.contains("5 packets transmitted, 5 packets received"), "{printed}");
    // Each ping and one ARP at least, each way.
    for handler in ["up.count", "down.count"] {
        assert!(value(during, handler) >= 6, "{handler}: {printed}");
    }
    for handler in ["up.copies", "down.copies", "up.errors", "down.errors"] {
        assert_eq!(value(during, handler), 0, "{handler}: {printed}");
    }
    assert!(during.starts_with('1') && after.trim_start().starts_with('1'), "{printed}");
    assert!(after.contains("2 packets received"), "{printed}");
}

#[test]
fn an_emulated_interface_and_its_host_rings() {
    let Some(parts) = parts::find() else { return };
    let files = [("host.click", HOST), ("ping.sh", PING)];
    let script = "ip link add v0 type veth && ip link set veth0 name v1; sh /ping.sh v0 v1";
    check_ping(&run(&parts, &Machine::default(), &files, script));
}

#[test]
fn a_native_interface_and_its_host_rings() {
    let Some(parts) = parts::find() else { return };
    let machine = Machine { cable: true, ..Machine::default() };
    let files = [("host.click", HOST), ("ping.sh", PING)];
    let script = "sh /ping.sh eth0 eth1";
    check_ping(&run(&parts, &machine, &files, script));
}

/// The whole experiment, short: the figures are of instructions, and netmap's are
/// fewer.
#[test]
fn a_comparison() {
    let Some(parts) = parts::find() else { return };
    let json = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guest-compared.json");
    let output = Command::new(&parts.program)
        .args(["compare", "--clients", "6,8", "--rates", "750", "--repeats", "1", "--guest"])
        .args([&parts.kernel, &parts.modules])
        .arg("--json")
        .arg(&json)
        .env("PKGRAPH_BUSYBOX", &parts.busybox)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    let results: Results = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    assert_eq!((results.unit, results.place.kind), (Unit::Instructions, PlaceKind::Guest));
    assert!(printed.contains("delay 10³ instr."), "{printed}");
    assert_eq!((results.variants.len(), results.cells.len()), (3, 6));
    for cell in &results.cells {
        let [repeat] = &cell.repeats[..] else { panic!("one repeat") };
        assert_eq!((repeat.lost, repeat.duplicated), (0, 0), "{printed}");
        assert_eq!(repeat.packets_out, repeat.packets_in * cell.clients as u64);
        let crossings = cell.counts.kernel_crossings;
        match cell.variant {
            // At least a receive call and a send call for each copy.
            0 => assert!(crossings > cell.clients as f64, "{printed}"),
            2 => assert!(crossings < 2.0, "{printed}"),
            _ => {}
        }
    }
}
