//! Elements of the folders standard and queue that move or change packets.

use crate::bench::{refused, run};

/// A graph, and what its Record elements `a` and `b` see.
const CASES: &[(&str, &[&str], &[&str])] = &[
    (r"InfiniteSource(\<0102030405>, 1) -> Strip(2) -> a :: Record -> Discard", &["030405"], &[]),
    (r"InfiniteSource(\<01020304>, 1) -> Strip(9) -> a :: Record -> Discard", &[""], &[]),
    (
        r"InfiniteSource(\<01020304>, 1) -> Strip(3) -> a :: Record -> Unstrip(2) -> b :: Record
          -> Discard",
        &["04"],
        &["020304"],
    ),
    // What is stripped is there again, though the packet was copied meanwhile.
    (
        r"InfiniteSource(\<01020304>, 1) -> Strip(2) -> t :: Tee; t[0] -> Queue -> Unqueue
          -> Unstrip(2) -> a :: Record -> Discard;
          t[1] -> StoreData(0, \<ff>) -> Unstrip(2) -> b :: Record -> Discard",
        &["01020304"],
        &["0102ff04"],
    ),
    (
        r"InfiniteSource(\<01020304>, 1) -> StoreData(1, \<aabb>) -> a :: Record -> Discard",
        &["01aabb04"],
        &[],
    ),
    (
        r"InfiniteSource(\<01020304>, 1) -> StoreData(3, \<aabb>) -> a :: Record
          -> StoreData(4, \<cc>) -> b :: Record -> Discard",
        &["010203aa"],
        &["010203aa"],
    ),
    (
        r"InfiniteSource(\<01020304>, 1) -> MarkIPHeader(1) -> Strip(3) -> a :: Record
          -> StripToNetworkHeader -> b :: Record -> Discard",
        &["04"],
        &["020304"],
    ),
    (
        r"InfiniteSource(\<01020304>, 1) -> MarkIPHeader(3) -> StripToNetworkHeader
          -> a :: Record -> Discard",
        &["04"],
        &[],
    ),
    // A copy on the way knows its network header as the original does.
    (
        r"InfiniteSource(\<01020304>, 1) -> MarkIPHeader(2) -> Strip(1) -> t :: Tee;
          t[0] -> Queue -> Unqueue -> StripToNetworkHeader -> a :: Record -> Discard;
          t[1] -> Paint(1) -> StripToNetworkHeader -> b :: Record -> Discard",
        &["0304"],
        &["0304"],
    ),
    (
        r"InfiniteSource(\<01>, 2) -> PushNull -> a :: Record -> Queue -> PullNull
          -> b :: Record -> Discard",
        &["01", "01"],
        &["01", "01"],
    ),
    (
        r"s :: RoundRobinSwitch; InfiniteSource(\<01>, 1) -> s; InfiniteSource(\<02>, 1) -> s;
          InfiniteSource(\<03>, 1) -> s; s[0] -> a :: Record -> Discard;
          s[1] -> b :: Record -> Discard",
        &["01", "03"],
        &["02"],
    ),
    (
        r"InfiniteSource(\<01>, 2) -> s :: StaticSwitch(1); s[0] -> a :: Record -> Discard;
          s[1] -> b :: Record -> Discard",
        &[],
        &["01", "01"],
    ),
    (
        r"InfiniteSource(\<01>, 2) -> s :: StaticSwitch(-1); s[0] -> a :: Record -> Discard;
          s[1] -> b :: Record -> Discard",
        &[],
        &[],
    ),
    (
        r"Idle -> a :: Record -> Queue -> i :: Idle; InfiniteSource(\<01>, 2) -> b :: Record -> Idle",
        &[],
        &["01", "01"],
    ),
    (
        r"InfiniteSource(\<01>, 9, 9) -> a :: Record -> DriverManager(AFTER 4) -> b :: Record
          -> Discard",
        &["01", "01", "01", "01", "01", "01", "01", "01", "01"],
        &["01", "01", "01", "01"],
    ),
];

/// Pulled without end, an element that keeps nothing does not hang the graph.
#[test]
fn a_pull_past_dropped_packets_ends() {
    for (class, drops) in [
        ("DriverManager(AFTER 5)", 0),
        ("Unstrip(65)", 1 << 16),
        ("Loss(1)", 1 << 16),
        ("RandomSample(0)", 1 << 16),
        ("CheckIPHeader", 1 << 16),
        ("StripToNetworkHeader", 1 << 16),
        ("UDPIPEncap(1.1.1.1, 1, DST_ANNO, 1)", 1 << 16),
    ] {
        let mut bench = run(&format!(
            "d :: Discard(BURST 9, ACTIVE false);
             InfiniteSource(x) -> MarkIPHeader(9) -> x :: {class} -> PullNull -> d"
        ));
        bench.write("d.active", "true").unwrap();
        bench.settle();
        assert_eq!(bench.read("x.drops"), drops.to_string(), "{class}");
    }
}

#[test]
fn packets_come_out_as_they_should() {
    for (text, a, b) in CASES {
        let bench = run(text);
        assert_eq!(bench.packets("a"), *a, "{text}");
        if text.contains("b :: Record") {
            assert_eq!(bench.packets("b"), *b, "{text}");
        }
    }
}

#[test]
fn packets_without_room_or_header_are_counted() {
    for (text, handler) in [
        ("InfiniteSource(LIMIT 3) -> x :: Unstrip(65) -> Discard", "x.drops"),
        (
            "InfiniteSource(LIMIT 3) -> MarkIPHeader(999) -> x :: StripToNetworkHeader -> Discard",
            "x.drops",
        ),
        (
            r"InfiniteSource(\<01>, 3) -> MarkIPHeader(1) -> x :: StripToNetworkHeader -> Discard",
            "x.drops",
        ),
        ("InfiniteSource(LIMIT 5, BURST 5) -> x :: DriverManager(AFTER 2) -> Discard", "x.drops"),
    ] {
        assert_eq!(run(text).read(handler), "3", "{text}");
    }
}

#[test]
fn a_switch_follows_its_handler() {
    let mut bench = run(r"i :: InfiniteSource(\<01>, 1) -> s :: Switch; s[0] -> a :: Record
        -> Discard; s[1] -> b :: Record -> Discard");
    for output in ["1", "-1", "2", "1"] {
        bench.write("s.switch", output).unwrap();
        bench.write("i.reset", "").unwrap();
        bench.settle();
    }
    assert_eq!((bench.packets("a").len(), bench.packets("b").len()), (1, 2));
    assert_eq!(bench.read("s.switch"), "1");
    assert!(bench.write("s.switch", "x").unwrap_err().contains("expected integer"));
}

#[test]
fn bad_arguments_are_refused() {
    for (text, part) in [
        ("InfiniteSource -> s :: Switch(2); s[0], s[1] -> Discard", "output"),
        ("InfiniteSource -> s :: StaticSwitch(1); s[0] -> Discard", "output"),
        ("InfiniteSource -> StaticSwitch -> Discard", "OUTPUT"),
        ("InfiniteSource -> Strip -> Discard", "LENGTH"),
        ("InfiniteSource -> StoreData(1) -> Discard", "DATA"),
        ("InfiniteSource -> DriverManager(AFTER 0) -> Discard", "at least 1"),
        ("InfiniteSource -> DriverManager(stop) -> Discard", "argument"),
    ] {
        let errors = refused(text);
        assert!(errors.contains(part), "{text}: {errors}");
    }
}
