//! The graph as a whole: packets in, packets out.

use crate::Compiled;
use pkgraph::testing::GraphBench;

/// Makes recordings. A module has one graph.
mod record {
    pkgraph::graph!("graphs/record.click");
}

#[test]
fn one_packet_of_n_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let [all, some] = ["all.pcap", "some.pcap"].map(path);
    let plan = record::Compiled::plan(&[("OUT", &all), ("COUNT", "100")]).unwrap();
    GraphBench::new(plan, record::Compiled::start).settle();

    let plan = Compiled::plan(&[("IN", &all), ("OUT", &some), ("N", "7")]).unwrap();
    let mut thin = GraphBench::new(plan, Compiled::start);
    thin.settle();
    assert_eq!(thin.read("all.count"), "100");
    assert_eq!(thin.read("kept.count"), "15");
    assert_eq!(thin.write("kept.reset", ""), Ok(()));
    assert_eq!(thin.read("kept.count"), "0");
    drop(thin);

    // What came out can go in again.
    let plan = Compiled::plan(&[("IN", &some), ("OUT", &path("one.pcap")), ("N", "15")]).unwrap();
    let mut again = GraphBench::new(plan, Compiled::start);
    again.settle();
    assert_eq!((again.read("all.count"), again.read("kept.count")), ("15".into(), "1".into()));
}

#[test]
fn what_only_the_element_knows_is_told_with_its_place() {
    let error = Compiled::plan(&[("N", "0")]).unwrap_err().to_string();
    assert!(error.contains("one packet of none"), "{error}");
    assert!(error.contains("graphs/thin.click:6:17"), "{error}");
}
