//! Which driver opens a port, what is said of it, and what is refused.

use super::bridge::network;
use super::running::{Running, graph};

/// With netmap's module, `auto` is another story: tests/guest tells it.
fn has_netmap() -> bool {
    std::path::Path::new("/dev/netmap").exists()
}

#[test]
fn the_line_at_the_start_says_what_runs_and_why() {
    let Some(network) = network(1) else { return };
    let text = "FromNetmap(left0, TAKE \"udp dst port 5004\") -> Discard;";
    let file = graph("choice.click", text);
    for driver in ["auto", "xdp"] {
        if driver == "auto" && has_netmap() {
            continue;
        }
        let arguments = [&file, "--engine", "dynamic", "--driver", driver];
        let running = Running::start(&network, 0, &arguments);
        let line = running.said.lines().find(|line| line.starts_with("left0: ")).unwrap();
        assert!(
            line.contains("driver xdp, native mode, one copy by the kernel, 1 queue"),
            "{line}"
        );
        assert!(line.contains("takes udp dst port 5004"), "{line}");
        let because = line.contains("not kernel: left0: /dev/netmap is missing");
        assert_eq!(because, driver == "auto", "{line}");
    }
}

#[test]
fn what_cannot_be_is_refused_with_the_reason() {
    let Some(network) = network(1) else { return };
    let udp = "TAKE \"udp dst port 5004\"";
    for (name, text, driver, reasons) in [
        (
            "up",
            "FromNetmap(left0) -> ToNetmap(left0^);".to_string(),
            "xdp",
            &["takes everything", "TAKE \"udp dst port 5004\""][..],
        ),
        (
            "down",
            "FromNetmap(left0^) -> Discard; FromNetmap(left0) -> Discard;".into(),
            "xdp",
            &["left0^: the driver xdp cannot give the host", "TAKE \"udp dst port 5004\""],
        ),
        (
            "take",
            format!("FromNetmap(left0, {udp}) -> Discard; FromNetmap(left0) -> Discard;"),
            "xdp",
            &["takes 'udp dst port 5004' for another element"],
        ),
        ("none", "FromNetmap(eth77) -> Discard;".into(), "xdp", &["there is no such interface"]),
        (
            "both",
            "FromNetmap(eth77) -> Discard;".into(),
            "auto",
            &["kernel: ", "/dev/netmap", "xdp: ", "no such interface"],
        ),
        ("ring", "FromNetmap(left0-1) -> Discard;".into(), "xdp", &["their host side (eth0^)"]),
        (
            "sim",
            "FromNetmap(left0) -> Discard;".into(),
            "sim",
            &["the driver sim has no interfaces"],
        ),
        ("memory", "FromNetmap(sim0:a) -> Discard;".into(), "xdp", &["only the driver sim"]),
    ] {
        if driver == "auto" && has_netmap() {
            continue;
        }
        let file = graph(&format!("refused_{name}.click"), &text);
        let mut command = network.command(0, env!("CARGO_BIN_EXE_pkgraph"));
        command.args(["run", &file, "--engine", "dynamic", "--driver", driver, "--for", "1s"]);
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}: {said}");
        for reason in reasons {
            assert!(said.contains(reason), "{name}: {said}");
        }
    }
    // Another program's filter is left alone.
    let file = graph("busy.click", "FromNetmap(left0) -> Discard;");
    let arguments = [&file, "--engine", "dynamic", "--driver", "xdp"];
    let _first = Running::start(&network, 0, &arguments);
    let mut command = network.command(0, env!("CARGO_BIN_EXE_pkgraph"));
    let said = command.arg("run").args(arguments).output().unwrap().stderr;
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("another program has an AF_XDP socket"), "{said}");
}
