//! Virtual time: runs that wait for nothing and always do the same.

use crate::process::{graph, output};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// An hour with timers that are pushed and pulled, and with chance.
const HOUR: &str = "define($DUMP -)
t :: TimedSource(1s) -> Loss(0.3) -> r :: Record -> Discard;
RatedSource(x, 7) -> Delay(150ms) -> Reorder(0.2, TIMEOUT 1s) -> s :: RandomSample(0.5)
    -> late :: Record -> Discard;
s[1] -> Queue(20) -> DelayUnqueue(2s) -> dump :: ToDump($DUMP, ENCAP IP);
TimedSource(1000s, y) -> Print(y, TIMESTAMP true) -> Burn(5s) -> Discard;";

/// Runs HOUR: the handlers, and what Print said, and the dump.
fn hour(engine: &str, name: &str) -> (String, Vec<String>, Vec<u8>) {
    let file = graph(&format!("{name}.click"), HOUR);
    let dump = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pcap"));
    let dump_is = format!("DUMP={}", dump.display());
    let handlers = ["r.packets", "late.packets", "dump.count", "t.count"];
    let mut arguments = vec!["run", "--simtime", "--for", "3600s", "--engine", engine];
    arguments.extend([file.as_str(), dump_is.as_str()]);
    arguments.extend(handlers.iter().flat_map(|handler| ["-h", handler]));
    let (code, out, err) = output(&arguments);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.ends_with("t.count:\n3600\n\n"), "{out}\n{err}");
    let printed = err.lines().filter(|line| line.starts_with("y: ")).map(String::from);
    (out, printed.collect(), std::fs::read(dump).unwrap())
}

#[test]
fn an_hour_passes_at_once_and_is_always_the_same() {
    let since = Instant::now();
    let first = hour("dynamic", "hour_first");
    let took = since.elapsed();
    assert!(took < Duration::from_secs(600), "{took:?}");
    let expected = [1000, 2000, 3000].map(|at| format!("y: {at}.000000000:    1 | 79"));
    assert_eq!(first.1, expected);
    assert!(first.2.len() > 10_000);
    assert!(first == hour("dynamic", "hour_second"), "two runs differ");
    assert!(first == hour("compiled", "hour_compiled"), "the engines differ");
}

#[test]
fn it_ends_when_no_timer_is_left() {
    for (text, count) in [
        ("TimedSource(10s, LIMIT 4) -> c :: Counter -> Discard", "4"),
        ("Idle -> c :: Counter -> Discard", "0"),
        ("InfiniteSource(LIMIT 3) -> Queue -> Unqueue -> c :: Counter -> Discard", "3"),
        ("TimedSource(1s) -> DriverManager(AFTER 100000) -> c :: Counter -> Discard", "100000"),
    ] {
        let file = graph("ends.click", text);
        let run =
            ["run", "--simtime", "--engine", "dynamic", "-h", "c.count", "--spin", "1s", &file];
        let (code, out, err) = output(&run);
        assert_eq!((code, out.trim_end()), (Some(0), count), "{text}: {err}");
    }
}

#[test]
fn a_graph_that_never_rests_says_that_time_stands_still() {
    let file = graph("busy.click", "InfiniteSource(LIMIT 1100000, STOP true) -> Discard");
    let (code, _, err) = output(&["run", "--simtime", "--for", "1s", "--engine", "dynamic", &file]);
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("virtual time stands still"), "{err}");
}

#[test]
fn what_reaches_outside_is_refused_with_its_place() {
    for (text, place, element) in [
        (
            "Idle -> Discard;\n  in :: FromSocket(127.0.0.1, 0) -> Discard",
            "2:3",
            "`in` (FromSocket)",
        ),
        ("Idle -> ToSocket", "1:9", "`ToSocket@2` (ToSocket)"),
        ("FromNetmap(none0) -> Discard", "1:1", "`FromNetmap@1` (FromNetmap)"),
        ("Idle -> ToNetmap(none0)", "1:9", "`ToNetmap@2` (ToNetmap)"),
        ("Idle -> ToPacket(none0)", "1:9", "`ToPacket@2` (ToPacket)"),
        ("FromPacket(none0) -> Discard", "1:1", "`FromPacket@1` (FromPacket)"),
    ] {
        let file = graph("outside.click", text);
        let (code, _, err) = output(&["run", "--simtime", &file]);
        assert_eq!(code, Some(2), "{text}: {err}");
        assert!(err.contains(&format!("outside.click:{place}\n")), "{err}");
        assert!(err.contains(&format!("{element} reaches outside of the graph")), "{err}");
    }
}
