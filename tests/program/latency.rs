//! The options that keep the engine's thread from waiting.

use crate::process::{Running, graph, output};
use std::fs;

const IDLE: &str = "Idle -> Discard;";

/// What `/proc` says of the engine's thread: file `name` of its folder.
fn engine(running: &Running, name: &str) -> String {
    let threads = fs::read_dir(format!("/proc/{}/task", running.id())).unwrap();
    for thread in threads {
        let folder = thread.unwrap().path();
        if fs::read_to_string(folder.join("comm")).unwrap().trim() == "engine" {
            return fs::read_to_string(folder.join(name)).unwrap();
        }
    }
    panic!("no thread is called engine")
}

fn line<'a>(status: &'a str, name: &str) -> &'a str {
    status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim()
}

#[test]
fn the_engine_runs_where_it_is_told_to() {
    let file = graph("latency.click", IDLE);
    let running = Running::start(&["run", &file, "--engine", "dynamic", "--cpu", "0"]);
    assert_eq!(line(&engine(&running, "status"), "Cpus_allowed_list:"), "0");
    assert_eq!(running.end("TERM").0, Some(0));

    let (code, _, said) = output(&["run", &file, "--engine", "dynamic", "--cpu", "1023"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("--cpu"), "{said}");
}

/// A graph that spins uses the CPU and sleeps after all; one that does not
/// hardly uses it.
#[test]
fn it_looks_for_work_as_long_as_it_is_told_to() {
    let text = "TimedSource(INTERVAL 20ms) -> c :: Counter -> Discard;";
    let file = graph("spin.click", text);
    let ticks = |spin: &str| {
        let running = Running::start(&["run", &file, "--engine", "dynamic", "--spin", spin]);
        let started = std::time::Instant::now();
        while started.elapsed() < std::time::Duration::from_millis(600) {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let stat = engine(&running, "schedstat");
        let nanoseconds: u64 = stat.split(' ').next().unwrap().parse().unwrap();
        assert_eq!(running.end("TERM").0, Some(0));
        nanoseconds / 1_000_000
    };
    let (sleeping, spinning) = (ticks("0s"), ticks("1s"));
    assert!(sleeping < 100, "{sleeping} ms of CPU while there is nothing to do");
    assert!(spinning > 2 * sleeping + 50, "{spinning} ms of CPU while it is to look for work");
}

#[test]
fn it_gets_its_priority_and_its_memory_or_says_why_not() {
    let file = graph("realtime.click", IDLE);
    let arguments = ["run", &file, "--engine", "dynamic", "--realtime", "7"];
    let (code, _, said) = output(&[&arguments[..], &["--for", "1ms"]].concat());
    if code != Some(0) {
        assert!(said.contains("ulimit"), "{said}");
        let line = format!("SKIPPED: real-time priority: {said}\n");
        let _ = fs::write("/dev/stderr", line);
        return;
    }
    let running = Running::start(&arguments);
    let stat = engine(&running, "stat");
    // After the name in brackets: fields 3 and on (proc(5)).
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    assert_eq!((fields[40 - 3], fields[41 - 3]), ("7", "1"), "rt_priority and SCHED_FIFO");
    let status = fs::read_to_string(format!("/proc/{}/status", running.id())).unwrap();
    let locked: u64 = line(&status, "VmLck:").trim_end_matches(" kB").parse().unwrap();
    assert!(locked > 8 << 10, "{locked} KiB are locked, fewer than the packet buffers");
    assert_eq!(running.end("TERM").0, Some(0));
}
