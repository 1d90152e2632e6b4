//! What a network does to packets: delay, loss, another order.

use crate::bench::{Bench, MS, refused, run};

/// Numbers of packets: the identification that UDPIPEncap counts up.
fn numbers(bench: &Bench, record: &str) -> Vec<usize> {
    let number = |packet: Vec<u8>| usize::from(u16::from_be_bytes([packet[4], packet[5]]));
    bench.octets(record).into_iter().map(number).collect()
}

/// A graph of `count` numbered packets through `element` into Record `r`.
fn numbered(count: usize, element: &str) -> String {
    format!(
        "InfiniteSource(x, {count}, 7) -> UDPIPEncap(10.0.0.1, 1, 10.0.0.2, 2, false) -> {element}
         -> r :: Record -> Discard"
    )
}

#[test]
fn a_delay_is_exact_and_keeps_the_order() {
    for (graph, expected) in [
        ("RatedSource(x, 100) -> d :: Delay(25ms) -> r :: Record -> Discard", "0 0 0 1 2 3"),
        (
            "RatedSource(x, 100) -> Queue -> d :: DelayUnqueue(25ms) -> r :: Record -> Discard",
            "0 0 0 1 2 3",
        ),
        // A packet that waited for 10 ms elsewhere is 10 ms older.
        (
            "RatedSource(x, 100) -> Delay(10ms) -> Queue -> d :: DelayUnqueue(25ms) -> r :: Record
             -> Discard",
            "0 0 0 1 2 3",
        ),
        (
            "RatedSource(x, 100) -> Delay(10ms) -> d :: Delay(15ms) -> r :: Record -> Discard",
            "0 0 0 1 2 3",
        ),
    ] {
        let mut bench = Bench::new(graph, 64);
        bench.settle();
        let mut counts = vec![bench.read("r.count")];
        // Sent at 0, 10, 20 ...; due at 25, 35, 45.
        for step in [10, 10, 5, 10, 10] {
            // Timers before this one ring at their times too.
            for _ in 0..step / 5 - 1 {
                bench.advance(5 * MS);
            }
            bench.advance(5 * MS - 1);
            let before = bench.read("r.count");
            assert_eq!(before, *counts.last().unwrap(), "{graph}: too early");
            bench.advance(1);
            counts.push(bench.read("r.count"));
        }
        assert_eq!(counts.join(" "), expected, "{graph}");
    }
    let mut bench = Bench::new(&numbered(50, "Delay(1ms)"), 64);
    bench.settle();
    bench.advance(MS);
    assert_eq!(numbers(&bench, "r"), (0..50).collect::<Vec<_>>());
}

#[test]
fn a_delay_stores_so_much_and_follows_its_handler() {
    let mut bench = Bench::new(&numbered(9, "d :: Delay(1min, CAPACITY 5)"), 64);
    bench.settle();
    let read = |bench: &Bench| {
        ["length", "drops", "highwater_length"].map(|handler| bench.read(&format!("d.{handler}")))
    };
    assert_eq!(read(&bench), ["5", "4", "5"]);
    assert_eq!(bench.read("d.delay"), "60");
    bench.write("d.delay", "1ms").unwrap();
    bench.advance(MS);
    assert_eq!(read(&bench), ["0", "4", "5"]);
}

/// The element waits for room behind it, and so loses nothing.
#[test]
fn what_is_stored_waits_for_room() {
    for element in ["Delay(0)", "Reorder(0)", "Queue -> DelayUnqueue(0)"] {
        let text = format!(
            "InfiniteSource(x, 40, 9) -> d :: {element} -> n :: ToNetmap(sim0:a, SLOTS 4);
             FromNetmap(sim0:b, SLOTS 4) -> r :: Record -> Discard"
        );
        let bench = run(&text.replace("d :: Queue", "Queue"));
        assert_eq!(bench.read("r.count"), "40", "{element}");
        assert_eq!(bench.read("n.drops"), "0", "{element}");
    }
}

/// Who sends to an element that stores does not wait for what is behind it.
#[test]
fn a_full_ring_behind_a_store_holds_up_no_source() {
    for element in ["Delay(0)", "Reorder(0)"] {
        let bench = run(&format!(
            "s :: InfiniteSource(x, 40, 9) -> d :: {element} -> ToNetmap(sim0:a, SLOTS 4)"
        ));
        assert_eq!(bench.read("s.count"), "40", "{element}");
        let stored: usize = bench.read("d.length").parse().unwrap();
        assert!(stored > 30, "{element}: {stored}");
    }
}

#[test]
fn the_same_seed_loses_the_same_packets() {
    let lost = |element: &str| {
        let bench = run(&numbered(2000, element));
        let kept = numbers(&bench, "r");
        (0..2000).filter(|number| !kept.contains(number)).collect::<Vec<_>>()
    };
    for class in ["Loss(0.05", "RandomSample(DROP 0.05"] {
        let first = lost(&format!("{class}, SEED 7)"));
        assert!((60..140).contains(&first.len()), "{class}: {}", first.len());
        assert_eq!(lost(&format!("{class}, SEED 7)")), first);
        assert_ne!(lost(&format!("{class}, SEED 8)")), first);
        assert_eq!(lost(&format!("{class}, SEED 7) -> Null")), first);
        assert_eq!(lost(&format!("{class}, ACTIVE false)")), Vec::<usize>::new());
    }
    // Pulled, an element that drops does not look empty.
    let pulled = lost("Queue(3000) -> Loss(0.05, SEED 7) -> Unqueue");
    assert_eq!(pulled, lost("Loss(0.05, SEED 7)"));
    let pulled = lost("Queue(3000) -> RandomSample(DROP 0.05, SEED 7) -> Unqueue");
    assert_eq!(pulled, lost("RandomSample(DROP 0.05, SEED 7)"));
}

#[test]
fn without_a_seed_two_elements_choose_apart() {
    let bench = run("InfiniteSource(x, 500) -> UDPIPEncap(10.0.0.1, 1, 10.0.0.2, 2) -> t :: Tee;
        t[0] -> Loss(0.5) -> a :: Record -> Discard; t[1] -> Loss(0.5) -> b :: Record -> Discard");
    assert_ne!(numbers(&bench, "a"), numbers(&bench, "b"));
}

#[test]
fn a_sample_leaves_the_rest_to_its_second_output() {
    for (upstream, downstream) in [("", ""), ("-> Queue(1000)", "-> Unqueue")] {
        let mut bench = run(&format!(
            "i :: InfiniteSource(x, 1000) -> UDPIPEncap(10.0.0.1, 1, 10.0.0.2, 2) {upstream}
             -> s :: RandomSample(0.25, SEED 3); s[0] {downstream} -> a :: Record -> Discard;
             s[1] -> b :: Record -> Discard"
        ));
        let (a, b) = (numbers(&bench, "a"), numbers(&bench, "b"));
        assert!((200..300).contains(&a.len()), "{}", a.len());
        assert_eq!(bench.read("s.drops"), b.len().to_string());
        let mut all = [a, b].concat();
        all.sort_unstable();
        assert_eq!(all, (0..1000).collect::<Vec<_>>());
        assert_eq!(
            (bench.read("s.sampling_prob"), bench.read("s.drop_prob")),
            ("0.25".into(), "0.75".into())
        );
        bench.write("s.drop_prob", "1").unwrap();
        bench.write("a.reset", "").unwrap();
        bench.write("i.reset", "").unwrap();
        bench.settle();
        assert_eq!(bench.read("a.count"), "0");
        assert!(bench.write("s.sampling_prob", "1.5").is_err());
    }
}

/// Packets that were sent later and came earlier, for each packet.
fn overtakers(order: &[usize]) -> Vec<usize> {
    let count = |(at, number)| order[..at].iter().filter(|other| *other > number).count();
    order.iter().enumerate().map(count).collect()
}

#[test]
fn as_many_overtake_as_were_asked_for() {
    for distance in [1, 3, 10] {
        let element = format!("o :: Reorder(0.1, DISTANCE {distance}, SEED 5)");
        let mut bench = Bench::new(&numbered(1000, &element), 1024);
        bench.settle();
        bench.advance(1000 * MS);
        let order = numbers(&bench, "r");
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
        let held: usize = bench.read("o.held").parse().unwrap();
        assert!((60..140).contains(&held), "{held}");
        let late = overtakers(&order);
        assert!(late.iter().all(|n| *n <= distance), "{late:?}");
        // Each of those held back is overtaken by the packets after it that
        // were not held back themselves.
        let moved = late.iter().filter(|n| **n > 0).count();
        assert!(moved <= held && moved * 10 >= held * 8, "{moved} of {held}");
        assert!(late.contains(&distance));
        let again = run_again(&element);
        assert_eq!(again, order);
    }
    let mut bench = Bench::new(&numbered(20, "Reorder(1, DISTANCE 3)"), 64);
    bench.settle();
    bench.advance(1000 * MS);
    assert_eq!(numbers(&bench, "r"), (0..20).collect::<Vec<_>>());
}

fn run_again(element: &str) -> Vec<usize> {
    let mut bench = Bench::new(&numbered(1000, element), 1024);
    bench.settle();
    bench.advance(1000 * MS);
    numbers(&bench, "r")
}

#[test]
fn what_nobody_overtakes_goes_on_in_time() {
    let mut bench = Bench::new(&numbered(2, "o :: Reorder(1, DISTANCE 5, TIMEOUT 20ms)"), 64);
    bench.settle();
    assert_eq!((bench.read("o.length"), bench.read("r.count")), ("2".into(), "0".into()));
    bench.advance(20 * MS - 1);
    assert_eq!(bench.read("r.count"), "0");
    bench.advance(1);
    assert_eq!((bench.read("o.length"), bench.read("r.count")), ("0".into(), "2".into()));
}

#[test]
fn a_reorder_stores_so_much() {
    let text = numbered(30, "o :: Reorder(0, CAPACITY 4) -> ToNetmap(sim0:a, SLOTS 4); Idle");
    let bench = run(&text);
    assert_eq!(bench.read("o.count"), "30");
    let drops: usize = bench.read("o.drops").parse().unwrap();
    assert!(drops > 0 && drops < 27, "{drops}");
}

#[test]
fn bad_arguments_are_refused() {
    for (text, part) in [
        ("Idle -> Loss -> Discard", "needs the argument `P`"),
        ("Idle -> Loss(2) -> Discard", "number from 0 to 1"),
        ("Idle -> RandomSample -> Discard", "give P, SAMPLE or DROP"),
        ("Idle -> RandomSample(SAMPLE 0.1, DROP 0.1) -> Discard", "not both"),
        ("Idle -> Reorder(0.1, DISTANCE 0) -> Discard", "1 to"),
        ("Idle -> Delay(ten) -> Discard", "duration"),
        ("Idle -> Delay(1, CAPACITY 9999999) -> Discard", "at most"),
    ] {
        let errors = refused(text);
        assert!(errors.contains(part), "{text}: {errors}");
    }
}
