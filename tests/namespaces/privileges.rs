//! What a run may still do when it runs: what each of its threads holds, as
//! /proc says.

use super::bridge::network;
use super::running::{Running, graph};
use std::fs;
use std::time::{Duration, Instant};

const NET_RAW: u64 = 1 << 13;
const NET_ADMIN: u64 = 1 << 12;
const IPC_LOCK: u64 = 1 << 14;
const BPF: u64 = 1 << 39;

/// What a thread holds.
#[derive(Debug, PartialEq, Eq)]
struct Holds {
    thread: String,
    effective: u64,
    permitted: u64,
    no_new: bool,
}

fn threads(process: u32) -> Vec<Holds> {
    let read = |entry: fs::DirEntry| {
        // A thread may end meanwhile.
        let status = fs::read_to_string(entry.path().join("status")).ok()?;
        let value = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("no {name} in {status}")).trim().to_string()
        };
        let set = |name| u64::from_str_radix(&value(name), 16).unwrap();
        let no_new = value("NoNewPrivs:") == "1";
        let is_first = entry.file_name().to_str() == Some(&process.to_string());
        Some(Holds {
            thread: if is_first { "first".into() } else { value("Name:") },
            effective: set("CapEff:"),
            permitted: set("CapPrm:"),
            no_new,
        })
    };
    let entries = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    entries.filter_map(|entry| read(entry.unwrap())).collect()
}

/// The first thread gives its own up when the engine has started, which is
/// after `ready`.
#[track_caller]
fn settled(process: u32, engine: u64, first: u64) {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let found = threads(process);
        let is_settled = |holds: &Holds| {
            let kept = match &*holds.thread {
                "engine" => engine,
                "first" => first,
                _ => 0,
            };
            (holds.effective, holds.permitted, holds.no_new) == (kept, kept, true)
        };
        assert!(found.iter().any(|holds| holds.thread == "engine"), "{found:?}");
        if found.iter().all(is_settled) {
            return;
        }
        assert!(Instant::now() < end, "{found:#x?}");
        std::thread::yield_now();
    }
}

#[test]
fn a_run_keeps_what_it_needs_and_no_more() {
    let Some(network) = network(1) else { return };
    let take = "TAKE \"udp dst port 5004\"";
    let xdp = format!("FromNetmap(left0, {take}) -> Discard;");
    let wait = format!("FromNetmap(left0, {take}, GONE wait) -> Discard;");
    let packet = format!("FromPacket(left0, {take}) -> ToPacket(left0);");
    let socket = "FromSocket(127.0.0.1, 5004) -> ToSocket;".to_string();
    let again = NET_RAW | NET_ADMIN | IPC_LOCK | BPF;
    for (name, text, more, engine, first, said) in [
        ("xdp", &xdp, &[][..], 0, 0, "privileges: none is kept"),
        ("wait", &wait, &[], again, 0, "CAP_BPF, CAP_IPC_LOCK to open left0 again"),
        ("packet", &packet, &[], 0, 0, "privileges: none is kept"),
        ("socket", &socket, &[], 0, 0, "privileges: none is kept"),
        (
            "realtime",
            &socket,
            &["--realtime", "1"],
            IPC_LOCK,
            IPC_LOCK,
            "privileges: kept are CAP_IPC_LOCK to lock its memory",
        ),
        (
            "served",
            &socket,
            &["--metrics", "127.0.0.1:99", "--control", "tcp:127.0.0.1:98"],
            0,
            0,
            "privileges: none is kept",
        ),
    ] {
        let file = graph(&format!("privileges_{name}.click"), text);
        let mut arguments = vec![&*file, "--engine", "dynamic"];
        arguments.extend(more);
        let running = Running::start(&network, 0, &arguments);
        assert!(running.said.contains(said), "{name}: {}", running.said);
        settled(running.id(), engine, first);
        let (code, _, said) = running.end("TERM");
        assert_eq!(code, Some(0), "{said}");
    }
}
