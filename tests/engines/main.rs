//! Both engines do the same: identical packets in identical order, identical
//! handler values, every buffer home.
//!
//! All graphs are emitted into one crate, which is built once and prints a
//! trace per graph; the dynamic engine makes the same traces here.

mod generated;
mod random;
mod session;
mod trace;

use pkgraph::elements::{Builtin, Dynamic, ElementSet};
use pkgraph::lang::{Catalogue, Source, compile, emit};
use pkgraph::runtime::Plan;
use std::env;
use std::fmt::Write;
use trace::{Conditions, trace};

/// Graphs that hold what the random ones might miss.
const FIXED: &[(&str, u32, &str)] = &[
    ("a chain", 4, "InfiniteSource(LIMIT 9) -> Counter -> Null -> Record -> Discard;"),
    (
        "a diamond",
        8,
        "InfiniteSource(\\<0102>, 9, 3) -> t :: Tee; t[0] -> Paint(1) -> j :: Record; \
         t[1] -> Paint(2) -> j; j -> Counter -> Discard;",
    ),
    (
        "a join of two sources",
        8,
        "j :: Counter; InfiniteSource(\\<01>, 5, 2) -> j; InfiniteSource(\\<02>, 7) -> j; \
         j -> Record -> Discard;",
    ),
    (
        "a loop through a queue",
        8,
        "q :: Queue(3) -> u :: Unqueue -> Record -> s :: PaintSwitch; \
         InfiniteSource(\\<07>, 9) -> q; s[0] -> Paint(1) -> q; s[1] -> Discard;",
    ),
    (
        "a back edge",
        8,
        "InfiniteSource(\\<07>, 9, 4) -> r :: Record -> s :: PaintSwitch; s[0] -> Paint(1) -> r; \
         s[1] -> Paint(2) -> r; s[2] -> Discard;",
    ),
    ("a back edge that never ends", 8, "InfiniteSource(\\<07>, 3) -> c :: Counter -> Null -> c;"),
    (
        "a tee whose copies are written to, with too few buffers",
        3,
        "InfiniteSource(\\<0102>, 9) -> t :: Tee; t[0] -> Queue(4) -> Unqueue -> Paint(1) -> Record -> Discard; \
         t[1] -> Paint(2) -> Record -> Discard; t[2] -> Paint(3) -> Record -> Discard;",
    ),
    (
        "a pull path",
        8,
        "InfiniteSource(\\<0102>, 9, 9) -> Queue(5) -> Counter -> Paint(4) -> Record -> Discard;",
    ),
    (
        "an optional output that is not connected",
        8,
        "InfiniteSource(\\<0102>, 9) -> c :: Classifier(MEDIA 1, CONTROL 2); c[media] -> Discard;",
    ),
    (
        "a tee into a ring that is too small for it",
        8,
        "InfiniteSource(\\<01>, 9) -> t :: Tee(5); n :: ToNetmap(sim0:a, SLOTS 4); t[0] -> n; \
         t[1] -> n; t[2] -> n; t[3] -> n; t[4] -> n; FromNetmap(sim0:b) -> Record -> Discard;",
    ),
    (
        "a pipe that nobody reads",
        8,
        "InfiniteSource(\\<01>, 9) -> t :: Tee; t[0] -> ToNetmap(sim0:a, SLOTS 4); \
         t[1] -> Record -> Discard;",
    ),
    (
        "a stop in the middle",
        8,
        "InfiniteSource(\\<01>, 5, 2, STOP true) -> Queue -> Unqueue -> Record -> Discard;",
    ),
];

struct Case {
    name: String,
    text: String,
    plan: Plan,
    conditions: Conditions,
    /// Whether it is run by `session.rs` and not by `trace.rs`.
    session: bool,
}

impl Case {
    fn new(name: String, text: String, buffers: u32) -> Case {
        let source = Source { name: format!("{name}.click"), text };
        let plan = compile(&source, &[], &Catalogue::new(Builtin::CATALOGUE))
            .unwrap_or_else(|errors| panic!("{name}: {errors:#?}\n{}", source.text));
        let conditions = Conditions { buffers, rounds: 300 };
        Case { name, text: source.text, plan, conditions, session: false }
    }

    fn dynamic(&self) -> String {
        if self.session {
            return session::trace(&self.plan, Dynamic::<Builtin>::start);
        }
        trace(&self.plan, self.conditions, Dynamic::<Builtin>::start)
    }

    fn code(&self) -> String {
        let catalogue = Catalogue::new(Builtin::CATALOGUE);
        emit(&self.plan, &catalogue)
    }
}

/// Emits all cases into one crate and returns what it prints for each. `edit`
/// may change the code of a case.
fn compiled(name: &str, cases: &[Case], edit: impl Fn(&Case, String) -> String) -> Vec<String> {
    let mut files = vec![
        ("trace.rs".to_string(), include_str!("trace.rs").to_string()),
        ("session.rs".to_string(), include_str!("session.rs").to_string()),
    ];
    let mut main = "mod session;\nmod trace;\nuse trace::{Conditions, trace};\n".to_string();
    let mut body = String::new();
    for (i, case) in cases.iter().enumerate() {
        files.push((format!("g{i}.rs"), edit(case, case.code())));
        files.push((format!("g{i}.json"), serde_json::to_string(&case.plan).unwrap()));
        let Conditions { buffers, rounds } = case.conditions;
        let call = if case.session {
            format!("session::trace(&plan, g{i}::Compiled::start)")
        } else {
            let conditions = format!("Conditions {{ buffers: {buffers}, rounds: {rounds} }}");
            format!("trace(&plan, {conditions}, g{i}::Compiled::start)")
        };
        let _ = writeln!(main, "mod g{i};");
        let _ = writeln!(
            body,
            "    let plan = serde_json::from_str(include_str!(\"g{i}.json\")).unwrap();\n    \
             print!(\"{{}}\\0\", {call});"
        );
    }
    let _ = write!(main, "\nfn main() {{\n{body}}}\n");
    files.push(("main.rs".into(), main));
    generated::run(name, &files)
}

/// The session on the dynamic engine.
fn session_case() -> Case {
    Case { session: true, ..Case::new("a session".into(), session::GRAPH.into(), 0) }
}

/// The names of the cases whose traces differ, with the first line that does.
fn differences(cases: &[Case], traces: &[String]) -> Vec<String> {
    assert_eq!(cases.len(), traces.len());
    let mut found = Vec::new();
    for (case, compiled) in cases.iter().zip(traces) {
        let dynamic = case.dynamic();
        if dynamic != *compiled {
            let lines = dynamic.lines().zip(compiled.lines());
            let first = lines.clone().find(|(a, b)| a != b);
            found.push(format!("{}: {first:?}\n{}", case.name, case.text));
        }
        // A packet lost between free list, packets and slots is a bug of both.
        if !dynamic.contains("missing buffers: 0,") {
            found.push(format!("{}: buffers are missing\n{}", case.name, case.text));
        }
    }
    found
}

fn fixed() -> Vec<Case> {
    FIXED
        .iter()
        .map(|(name, buffers, text)| Case::new(name.to_string(), text.to_string(), *buffers))
        .chain([session_case()])
        .collect()
}

#[test]
fn both_engines_agree() {
    // The same graphs in every run; others by PKGRAPH_SEED.
    let first: u64 = env::var("PKGRAPH_SEED").map_or(1, |seed| seed.parse().expect("a number"));
    let mut cases = fixed();
    for seed in first..first + 200 {
        let (text, buffers) = random::graph(seed);
        cases.push(Case::new(format!("random graph, PKGRAPH_SEED={seed}"), text, buffers));
    }
    // The first packet that a Record of the graph saw has place 0.
    let recorded = |case: &&Case| case.dynamic().contains(".packets = Ok(\"0 ");
    let moved = cases.iter().filter(recorded).count();
    assert!(moved * 2 > cases.len(), "only {moved} graphs record a packet: nothing is compared");
    let found = differences(&cases, &compiled("agree", &cases, |_, code| code));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Every copy left, though there was room for three at a time.
#[test]
fn a_session_survives_a_small_ring() {
    let trace = session_case().dynamic();
    assert!(
        trace.contains(&format!("missing buffers: 0, {} copies", session::copies())),
        "{trace}"
    );
    let stalled = |line: &&str| line.starts_with("ToNetmap") && line.contains(".stalls = ");
    let stalls = trace.lines().find(stalled).filter(|line| !line.contains("\"0\""));
    assert!(stalls.is_some(), "the ring was never full: {trace}");
}

/// The comparison can fail: a Tee that serves its outputs in the wrong order.
#[test]
fn a_reordering_is_found() {
    let cases = fixed();
    let planted = compiled("planted", &cases, |case, code| {
        if case.name != "a diamond" {
            return code;
        }
        let (zero, one) = ("            0 => ", "            1 => ");
        let tee = code.split("/// The neighbours of `t`.").nth(1).expect("the tee").to_string();
        let swapped =
            tee.replacen(zero, "\u{1}", 1).replacen(one, zero, 1).replacen('\u{1}', one, 1);
        assert_ne!(tee, swapped);
        code.replace(&tee, &swapped)
    });
    let found = differences(&cases, &planted);
    assert_eq!(found.len(), 1, "{}", found.join("\n"));
    assert!(found[0].starts_with("a diamond"));
}
