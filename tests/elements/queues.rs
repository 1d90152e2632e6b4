//! Queues and the schedulers that pull from them.

use crate::bench::{Bench, run};

/// Three sources of 3 packets each, into queues, pulled through a scheduler.
fn scheduled(class: &str) -> Vec<String> {
    let text = format!(
        r"u :: Unqueue(ACTIVE false); s :: {class}; r :: Record;
          InfiniteSource(\<00>, 3, 3) -> Queue -> [0] s; InfiniteSource(\<01>, 2, 2) -> Queue
          -> [1] s; InfiniteSource(\<02>, 3, 3) -> Queue -> [2] s; s -> u -> r -> Discard"
    );
    let mut bench = run(&text);
    bench.write("u.active", "true").unwrap();
    bench.settle();
    bench.packets("r")
}

#[test]
fn schedulers_take_turns_and_take_rank() {
    assert_eq!(scheduled("RoundRobinSched"), ["00", "01", "02", "00", "01", "02", "00", "02"]);
    assert_eq!(scheduled("PrioSched"), ["00", "00", "00", "01", "01", "02", "02", "02"]);
}

#[test]
fn the_first_input_goes_first_whenever_it_has_a_packet() {
    let mut bench = run(r"i :: InfiniteSource(\<00>, 1) -> Queue -> [0] s :: PrioSched;
          InfiniteSource(\<01>, 4, 4) -> Queue -> [1] s; s -> u :: Unqueue(1, LIMIT 2) -> r :: Record
          -> Discard");
    bench.write("i.reset", "").unwrap();
    bench.settle();
    bench.write("u.reset", "").unwrap();
    bench.settle();
    assert_eq!(bench.packets("r"), ["00", "01", "00", "01"]);
}

#[test]
fn both_queues_store_count_and_shrink() {
    for class in ["Queue", "ThreadSafeQueue"] {
        let mut bench = Bench::new(
            &format!(
                r"u :: Unqueue(2, ACTIVE false); i :: InfiniteSource(\<01>, 7, 7)
                  -> q :: {class}(5) -> u -> Discard"
            ),
            16,
        );
        bench.settle();
        let read = |bench: &Bench| {
            ["length", "highwater_length", "drops", "capacity"]
                .map(|handler| bench.read(&format!("q.{handler}")))
        };
        assert_eq!(read(&bench), ["5", "5", "2", "5"], "{class}");
        bench.write("q.capacity", "3").unwrap();
        assert_eq!(read(&bench), ["3", "5", "4", "3"], "{class}");
        bench.write("q.reset_counts", "").unwrap();
        assert_eq!(read(&bench), ["3", "0", "0", "3"], "{class}");
        bench.write("q.reset", "").unwrap();
        assert_eq!(read(&bench), ["0", "0", "3", "3"], "{class}");
        bench.write("i.reset", "").unwrap();
        bench.write("u.active", "true").unwrap();
        bench.settle();
        assert_eq!((bench.read("q.length"), bench.read("u.count")), ("0".into(), "3".into()));
    }
}

/// An element that drops what it pulls goes on to the next packet: what it
/// pulls for would otherwise sleep while there are packets.
#[test]
fn a_dropped_packet_is_no_empty_queue() {
    for (bad, good, class) in [
        ("Null", "Strip(1)", "Unstrip(65)"),
        ("Null", "MarkIPHeader(1)", "StripToNetworkHeader"),
        ("Null", "UDPIPEncap(1.1.1.1, 1, 2.2.2.2, 2)", "UDPIPEncap(1.1.1.1, 1, DST_ANNO, 2)"),
        (
            "UDPIPEncap(1.1.1.1, 1, 2.2.2.2, 2) -> UDPIPEncap(1.1.1.1, 1, 2.2.2.2, 2)",
            "Null",
            "EtherEncap(0, 1:1:1:1:1:1, 2:2:2:2:2:2)",
        ),
        ("Null", "UDPIPEncap(1.1.1.1, 1, 2.2.2.2, 2)", "CheckIPHeader"),
    ] {
        let bench = run(&format!(
            "q :: Queue; InfiniteSource(LENGTH 1984, LIMIT 20, BURST 20) -> {bad} -> j :: Null;
             InfiniteSource(LENGTH 1900, LIMIT 1) -> {good} -> j;
             j -> q -> Strip(0) -> x :: {class} -> u :: Unqueue -> Discard"
        ));
        let left = (bench.read("q.length"), bench.read("x.drops"), bench.read("u.count"));
        assert_eq!(left, ("0".into(), "20".into(), "1".into()), "{class}");
    }
}
