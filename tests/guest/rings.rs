//! An interface with several rings.

use crate::parts;
use crate::value;
use pkgraph::compare::guest::{Machine, run};
use std::path::PathBuf;

/// Frames into each of the four rings of the peer, and what comes out.
fn graph(receiver: &str) -> String {
    let mut text = format!("FromNetmap({receiver}) -> in :: Counter -> Discard;\n");
    for ring in 0..4 {
        text += &format!(
            "InfiniteSource(DATA 0123456789abcdef0123456789abcdef, LIMIT 100) \
             -> out{ring} :: ToNetmap(v1-{ring});\n"
        );
    }
    text
}

#[test]
fn all_rings_of_an_interface_are_received_from() {
    let Some(parts) = parts::find() else { return };
    let programs = vec![("tools/ip".into(), PathBuf::from("/sbin/ip"))];
    let machine = Machine { programs, ..Machine::default() };
    let (all, one) = (graph("v0"), graph("v0-1"));
    let files = [("all.click", &*all), ("one.click", &*one)];
    let handlers = "-h in.count -h out0.count -h out1.count -h out2.count -h out3.count";
    let script = format!(
        "
# Eight rings of 1,024 slots do not fit into the memory that the guest gives netmap.
echo 256 > /sys/module/netmap/parameters/generic_ringsize
/tools/ip link add v0 numtxqueues 4 numrxqueues 4 type veth peer name v1 numtxqueues 4 numrxqueues 4
echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
ip link set v0 up; ip link set v1 up
pkgraph run all.click --for 5s {handlers}
echo one ring:
pkgraph run one.click --for 5s {handlers}
"
    );
    let printed = run(&parts, &machine, &files, &script);
    let (all, one) = printed.split_once("one ring:").expect(&printed);
    for run in [all, one] {
        for ring in 0..4 {
            assert_eq!(value(run, &format!("out{ring}.count")), 100, "{printed}");
        }
    }
    assert_eq!(value(all, "in.count"), 400, "{printed}");
    let of_one = value(one, "in.count");
    assert!(of_one > 0 && of_one < 400, "the frames come over several rings: {printed}");
}
