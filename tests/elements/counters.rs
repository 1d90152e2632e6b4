//! The rates of Counter.

use crate::bench::{Bench, MS};

#[test]
fn a_counter_knows_the_rate_of_a_source() {
    let mut bench = Bench::new("RatedSource(RATE 4000, LENGTH 100) -> c :: Counter -> Discard", 8);
    bench.settle();
    assert_eq!(bench.read("c.rate"), "0.000");
    for _ in 0..300 {
        bench.advance(MS);
    }
    let read = |bench: &Bench, handler: &str| bench.read(handler).parse::<f64>().unwrap();
    for (handler, expected) in
        [("c.rate", 4000.0), ("c.byte_rate", 400_000.0), ("c.bit_rate", 3_200_000.0)]
    {
        let rate = read(&bench, handler);
        assert!((rate / expected - 1.0).abs() < 0.01, "{handler} = {rate}");
    }
    bench.write("c.reset", "").unwrap();
    assert_eq!((bench.read("c.rate"), bench.read("c.count")), ("0.000".into(), "0".into()));
    for _ in 0..100 {
        bench.advance(MS);
    }
    assert!(read(&bench, "c.rate") > 3900.0);
}

#[test]
fn a_rate_fades_when_nothing_comes() {
    let mut bench = Bench::new("s :: RatedSource(RATE 1000) -> c :: Counter -> Discard", 8);
    for _ in 0..200 {
        bench.advance(MS);
    }
    let before: f64 = bench.read("c.rate").parse().unwrap();
    bench.write("s.active", "false").unwrap();
    bench.advance(17 * MS);
    let after: f64 = bench.read("c.rate").parse().unwrap();
    assert!(before > 900.0 && after < before / 2.0 && after > before / 4.0, "{before} {after}");
    bench.advance(10_000 * MS);
    assert_eq!(bench.read("c.rate"), "0.000");
}
