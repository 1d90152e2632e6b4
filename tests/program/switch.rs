//! The switch against a client that was written from docs/wire.md alone, in
//! another language.

use crate::process::{Running, free_udp_ports};
use std::process::Command;

/// Runs `peer.py` against the switch. Without python3 there is nothing to run:
/// CI installs it, so there it must not be missing.
fn exchange(host: &str, engine: &str) {
    let python = Command::new("python3").arg("--version").output();
    if !python.is_ok_and(|output| output.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "python3 is missing");
        eprintln!("NOT RUN: python3 is missing: no independent client spoke with the switch");
        return;
    }
    let [media, control] = free_udp_ports(host).map(|port| port.to_string());
    let arguments = [
        "run",
        "graphs/sfu_socket.click",
        &format!("HOST={host}"),
        &format!("MEDIA={media}"),
        &format!("CONTROL={control}"),
        "--engine",
        engine,
        "-h",
        "sfu.counters",
        "-h",
        "sfu.clients",
    ];
    let switch = Running::start(&arguments);
    assert!(switch.said.contains(&format!("{engine} engine")), "{}", switch.said);
    let peer = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/program/peer.py");
    let peer = Command::new("python3").args([peer, host, &media, &control]).output().unwrap();
    let (code, out, err) = switch.end("INT");
    let steps = String::from_utf8(peer.stdout).unwrap();
    assert!(peer.status.success(), "{steps}{}", String::from_utf8_lossy(&peer.stderr));
    assert!(!steps.contains("FAIL") && steps.lines().count() >= 15, "{steps}");
    assert_eq!(code, Some(0), "{err}");
    // The peer knocked on every door: each reason was counted, both clients
    // have left, and no buffer is missing.
    for reason in ["malformed", "unknown_type", "unknown_source", "spoofed", "refused", "stale"] {
        let count = out.lines().find_map(|line| line.strip_prefix(reason)?.trim().parse().ok());
        assert!(count.is_some_and(|count: u64| count > 0), "{reason}: {out}");
    }
    assert!(out.contains("sfu.clients:\n\n"), "{out}");
    assert!(!err.contains("did not come home"), "{err}");
}

#[test]
fn a_client_written_from_the_specification_is_served_over_ipv4() {
    exchange("127.0.0.1", "compiled");
}

#[test]
fn a_client_written_from_the_specification_is_served_over_ipv6() {
    exchange("::1", "dynamic");
}
