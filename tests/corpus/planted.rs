//! The corpus can fail: expectations that are wrong are found on each engine.

use crate::{Engine, entry};

/// What is changed in a case, and what is then said of it.
const FAULTS: [(&str, &str, &str); 6] = [
    ("0203 paint=7", "0204 paint=7", "output 0, packet 0: 0203 paint=7 came, not 0204 paint=7"),
    ("0203 paint=7", "0203", "output 0, packet 0: 0203 paint=7 came, not 0203"),
    ("paint=7 times=2", "paint=7 times=3", "output 0, packet 2: 0203 paint=7 did not come"),
    ("paint=7 times=2", "paint=7", "output 0, packet 1: 0203 paint=7 came too"),
    ("c.count = 2", "c.count = 3", "c.count is \"2\", not \"3\""),
    ("c.count = 2", "c.counts = 2", "c.counts: "),
];

const CASE: &str = "\
--- graph
input -> c :: Counter -> Strip(1) -> Paint(7) -> output;
--- input 0
010203 times=2
--- output 0
0203 paint=7 times=2
--- handlers
c.count = 2
";

#[test]
fn planted_faults_are_found() {
    let right = entry("planted/right.case", CASE.into()).unwrap();
    let wrong = FAULTS.iter().enumerate().map(|(n, (from, to, _))| {
        assert_eq!(CASE.matches(from).count(), 1, "{from}");
        entry(&format!("planted/{n}.case"), CASE.replace(from, to)).unwrap()
    });
    let entries: Vec<_> = [right].into_iter().chain(wrong).collect();
    for engine in Engine::ALL {
        let failures = engine.failures("planted-corpus", &entries);
        assert_eq!(failures.len(), FAULTS.len(), "{engine:?}: {failures:#?}");
        for (n, (failure, (.., why))) in failures.iter().zip(FAULTS).enumerate() {
            assert!(failure.starts_with(&format!("planted/{n}.case: {engine:?}: ")), "{failure}");
            assert!(failure.contains(why), "{failure}");
        }
    }
}

#[test]
fn cases_that_say_nothing_are_refused() {
    for (text, why) in [
        ("a graph is missing", "line 1: there is no section `--- graph`"),
        ("--- graph\nIdle -> Idle;\n", "line 1: nothing is expected of the graph"),
        ("--- graph\n--- outptu 0\n01\n", "line 2: there is no section `outptu 0`"),
        ("--- graph\n--- output\n01\n", "line 2: `output` of which port?"),
        ("--- output 0\n01\n012\n", "line 3: an odd number of digits in '\\<...>'"),
        ("--- output 0\npaint=1\n", "line 2: no packet; `-` is an empty one"),
        ("--- handlers\nc.count 2\n", "line 2: expected NAME.HANDLER = VALUE"),
        ("--- run soon\n", "line 1: expected a duration such as 10ms or 1.5s, not 'soon'"),
    ] {
        assert_eq!(crate::Case::read(text).err().as_deref(), Some(why), "{text}");
    }
}
