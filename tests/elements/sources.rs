//! Sources that follow the clock.

use crate::bench::{Bench, MS, real_time, refused, run};
use std::time::Duration;

/// Counts after each step of the clock, in milliseconds.
fn counts(text: &str, steps: &[u64]) -> Vec<String> {
    let mut bench = Bench::new(text, 64);
    bench.settle();
    let mut counts = vec![bench.read("s.count")];
    for step in steps {
        bench.advance(step * MS);
        counts.push(bench.read("s.count"));
    }
    counts
}

#[test]
fn packets_come_when_they_are_due() {
    for (graph, steps, expected) in [
        ("s :: RatedSource(x, 10) -> Discard", &[99, 1, 100, 1000, 99, 1][..], "1 1 2 3 5 5 6"),
        ("s :: RatedSource(x, 1000) -> Discard", &[1, 5, 1000], "1 2 7 17"),
        ("s :: RatedSource(x, 0) -> Discard", &[1000], "1 1"),
        ("s :: RatedSource(x, 10, 2) -> Discard", &[100, 100], "1 2 2"),
        ("s :: RatedSource(x, 10, ACTIVE false) -> Discard", &[100], "0 0"),
        // 5 packets of 2 octets.
        ("s :: RatedSource(x, LENGTH 2, BANDWIDTH 80bps) -> Discard", &[200, 199, 1], "1 2 2 3"),
        // Pulled, it wakes the graph by itself.
        ("s :: RatedSource(x, 10, 3) -> PullNull -> Discard", &[99, 1, 99, 1, 99], "1 1 2 2 3 3"),
        ("s :: TimedSource(100ms) -> Discard", &[99, 1, 50, 50, 300], "0 0 1 1 2 5"),
        ("s :: TimedSource(1ms) -> Discard", &[10_000, 1], "0 16 17"),
        ("s :: TimedSource(1ms, LIMIT 2) -> Discard", &[1, 1, 1], "0 1 2 2"),
        ("s :: TimedSource(1ms, ACTIVE false) -> Discard", &[5], "0 0"),
    ] {
        assert_eq!(counts(graph, steps).join(" "), expected, "{graph}");
    }
}

#[test]
fn handlers_change_a_source_on_the_way() {
    let mut bench =
        Bench::new("s :: RatedSource(abc, 10, 1, STOP false) -> r :: Record -> Discard", 64);
    bench.settle();
    for (handler, value) in [("data", "xy"), ("rate", "1000"), ("limit", "3"), ("length", "5")] {
        bench.write(&format!("s.{handler}"), value).unwrap();
        assert_eq!(bench.read(&format!("s.{handler}")), value);
    }
    bench.advance(2 * MS);
    assert_eq!(bench.packets("r"), ["616263", "7879787978", "7879787978"]);
    assert!(bench.write("s.length", "5000").unwrap_err().contains("at most 1984"));
    assert_eq!(bench.read("s.length"), "5");
    bench.write("s.reset", "").unwrap();
    bench.advance(100 * MS);
    assert_eq!((bench.read("s.count"), bench.packets("r").len()), ("3".into(), 6));

    let mut bench = Bench::new("s :: TimedSource(100ms, a) -> r :: Record -> Discard", 64);
    bench.settle();
    bench.write("s.interval", "0.02").unwrap();
    bench.write("s.data", "b").unwrap();
    bench.advance(20 * MS);
    assert_eq!((bench.packets("r"), bench.read("s.interval")), (vec!["62".into()], "0.02".into()));
    assert_eq!(bench.write("s.interval", "0"), Err("more than 0".into()));
}

#[test]
fn the_run_ends_at_the_limit() {
    for graph in [
        "RatedSource(RATE 1000, LIMIT 3, STOP true) -> c :: Counter -> Discard",
        "TimedSource(1ms, LIMIT 3, STOP true) -> c :: Counter -> Discard",
        "RatedSource(RATE 1000, LIMIT 3, STOP true) -> PullNull -> c :: Counter -> Discard",
    ] {
        let mut bench = Bench::new(graph, 64);
        let mut steps = 0;
        while !bench.stopped() {
            assert_eq!(
                bench.read("c.count").parse::<u64>().unwrap().min(2),
                bench.read("c.count").parse::<u64>().unwrap()
            );
            bench.advance(MS);
            steps += 1;
            assert!(steps < 10, "{graph}");
        }
        assert_eq!(bench.read("c.count"), "3", "{graph}");
    }
}

#[test]
fn an_empty_pool_loses_packets_and_nothing_else() {
    for source in ["RatedSource(RATE 1000)", "TimedSource(1ms)"] {
        let text = format!("s :: {source} -> q :: Queue -> u :: Unqueue(ACTIVE false) -> Discard");
        let mut bench = Bench::new(&text, 2);
        for _ in 0..10 {
            bench.advance(MS);
        }
        assert_eq!((bench.read("s.count"), bench.read("q.length")), ("2".into(), "2".into()));
        bench.write("q.reset", "").unwrap();
        bench.advance(MS);
        assert_eq!(bench.read("s.count"), "3", "{source}");
    }
}

#[test]
fn bad_arguments_are_refused() {
    for (text, part) in [
        ("RatedSource(x, -1) -> Discard", "RATE"),
        ("RatedSource(LENGTH 1985) -> Discard", "at most 1984"),
        ("RatedSource(BANDWIDTH fast) -> Discard", "BANDWIDTH"),
        ("TimedSource(0) -> Discard", "more than 0"),
        ("TimedSource(1ms) -> PullNull -> Discard", "push"),
    ] {
        let errors = refused(text);
        assert!(errors.contains(part), "{text}: {errors}");
    }
}

/// On the real clock: never faster than the rate, and woken for each packet,
/// pushed or pulled.
#[test]
fn a_rate_holds_in_real_time() {
    for (graph, least) in [
        // 999 intervals of 200 µs, of which a burst of 50 may be saved up.
        ("RatedSource(x, 5000, 1000, STOP true) -> Discard", 950 * 200),
        ("RatedSource(x, 500, 20, STOP true) -> PullNull -> Discard", 15 * 2000),
        ("TimedSource(2ms, LIMIT 20, STOP true) -> Discard", 20 * 2000),
    ] {
        let took = real_time(graph);
        assert!(took >= Duration::from_micros(least), "{graph}: {took:?}");
    }
}

/// A wake-up that finds one datagram makes two calls: one that receives it, and
/// one that finds that there are no more.
#[test]
fn a_socket_is_asked_in_vain_once_for_each_wake_up() {
    for (mode, calls) in [("false", ["1", "3", "5"]), ("true", ["1", "2", "3"])] {
        let text =
            format!("f :: FromSocket(127.0.0.1, 0, BATCH {mode}) -> c :: Counter -> Discard");
        let mut bench = run(&text);
        let to = bench.read("f.address");
        let mut made = vec![bench.read("f.calls")];
        let sender = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        for count in ["1", "2"] {
            sender.send_to(b"a datagram", &to).unwrap();
            bench.settle();
            assert_eq!(bench.read("c.count"), count);
            made.push(bench.read("f.calls"));
        }
        assert_eq!(made, calls, "BATCH {mode}");
    }
}
