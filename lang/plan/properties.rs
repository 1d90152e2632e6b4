//! What holds for the Plan of any graph, tried on random ones.

use crate::testing::compile_with;
use petgraph::algo::is_cyclic_directed;
use petgraph::graph::DiGraph;
use pkgraph_runtime::{Fan, Node, Plan, Processing, Target};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The classes of random graphs. Their first letters say what their inputs and
/// outputs do: h is push, l is pull.
const CLASSES: [(&str, &str, &str); 6] = [
    ("MeshOne", "h", "h"),
    ("MeshAll", "h", "h"),
    ("MeshSink", "h", "h"),
    ("MeshPuller", "l", "h"),
    ("MeshQueue", "h", "l"),
    ("MeshPull", "l", "l"),
];

/// The text of a graph with elements of the given classes, and those of the
/// edges that their ports allow; and who calls whom: caller, callee, push.
fn text(classes: &[usize], edges: &[(usize, usize)]) -> (String, Vec<(usize, usize, bool)>) {
    let mut text = String::new();
    for (i, class) in classes.iter().enumerate() {
        let _ = write!(text, "n{i} :: {};", CLASSES[*class].0);
    }
    let (mut outputs, mut inputs) = (vec![0; classes.len()], vec![0; classes.len()]);
    let mut calls = Vec::new();
    for &(from, to) in edges {
        let (from, to) = (from % classes.len(), to % classes.len());
        match (CLASSES[classes[from]].2, CLASSES[classes[to]].1) {
            ("h", "h") => {
                let _ = write!(text, "n{from} [{}] -> n{to};", outputs[from]);
                outputs[from] += 1;
                calls.push((from, to, true));
            }
            ("l", "l") => {
                let _ = write!(text, "n{from} -> [{}] n{to};", inputs[to]);
                inputs[to] += 1;
                calls.push((to, from, false));
            }
            _ => {}
        }
    }
    (text, calls)
}

fn cyclic(calls: impl Iterator<Item = (usize, usize)>) -> bool {
    let graph = DiGraph::<(), (), usize>::from_edges(calls);
    is_cyclic_directed(&graph)
}

/// The sinks that one push into `target` reaches, by walking all paths.
fn walk(plan: &Plan, target: Option<Target>) -> BTreeMap<(usize, usize), usize> {
    let Some(Target::Forward { node: id, port }) = target else { return BTreeMap::new() };
    let node: &Node = &plan.nodes[id];
    if node.class == "MeshSink" {
        return BTreeMap::from([((id, port), 1)]);
    }
    let fan = if node.class == "MeshAll" { Fan::All } else { Fan::One };
    let mut reached = BTreeMap::new();
    for output in &node.outputs {
        if output.processing == Processing::Pull {
            return BTreeMap::new();
        }
        for (sink, packets) in walk(plan, output.target) {
            let sum = reached.entry(sink).or_insert(0);
            *sum = if fan == Fan::All { *sum + packets } else { packets.max(*sum) };
        }
    }
    reached
}

/// The calls of a plan: caller, callee, whether at once.
fn plan_calls(plan: &Plan) -> Vec<(usize, usize, bool)> {
    let mut calls = Vec::new();
    for (id, node) in plan.nodes.iter().enumerate() {
        for input in &node.inputs {
            calls.extend(input.source.map(|(source, _)| (id, source, true)));
        }
        for output in &node.outputs {
            match output.target {
                Some(Target::Forward { node, .. }) => calls.push((id, node, true)),
                Some(Target::Back(i)) => calls.push((id, plan.back_edges[i].node, false)),
                None => {}
            }
        }
    }
    calls
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_graph_has_a_plan_that_keeps_its_promises(
        classes in prop::collection::vec(0..CLASSES.len(), 1..9),
        edges in prop::collection::vec((0..9usize, 0..9usize), 0..24),
    ) {
        let (text, calls) = text(&classes, &edges);
        let pulls = calls.iter().filter(|call| !call.2).map(|&(a, b, _)| (a, b));
        let pulls_circle = cyclic(pulls);
        let plan = match compile_with(&text, &[]) {
            Err(errors) => {
                prop_assert!(pulls_circle, "{text}: {errors:?}");
                prop_assert_eq!(errors.len(), 1);
                return Ok(());
            }
            Ok(plan) => plan,
        };
        prop_assert!(!pulls_circle, "{text}");

        let mut ids = plan.order.clone();
        ids.sort_unstable();
        prop_assert!(ids.into_iter().eq(0..classes.len()), "{text}: {:?}", plan.order);

        let place = |id: usize| plan.order.iter().position(|other| *other == id);
        let found = plan_calls(&plan);
        for &(caller, callee, now) in &found {
            prop_assert!(!now || place(caller) < place(callee), "{text}: {caller} {callee}");
        }
        let ends = |calls: &[(usize, usize, bool)]| {
            let mut ends: Vec<_> = calls.iter().map(|&(a, b, _)| (a, b)).collect();
            ends.sort_unstable();
            ends
        };
        prop_assert_eq!(ends(&found), ends(&calls));
        if !cyclic(calls.iter().map(|&(a, b, _)| (a, b))) {
            prop_assert_eq!(plan.back_edges.len(), 0);
        }

        for output in plan.nodes.iter().flat_map(|node| &node.outputs) {
            let limits = output.limits.iter().map(|l| ((l.node, l.port), l.packets));
            let limits: Vec<_> = limits.collect();
            prop_assert_eq!(limits, Vec::from_iter(walk(&plan, output.target)), "{}", text);
        }
    }

    #[test]
    fn any_text_has_a_plan_or_errors(
        text in "((Source|Queue|Tee|Split|Match|Any|Counter|a|b|c|nope) ?(:: ?(Any|Tee|Nope))? ?(\\((1|\\$X|KEY 2|,|x y){0,3}\\))? ?(\\[(0|1|9|media|0-2|0,1|)\\])? ?(->|=>|;|,|\n)? ?(\\[(0|1|media|)\\])? ?){0,12}"
    ) {
        match compile_with(&text, &[]) {
            Ok(_) => {}
            Err(errors) => {
                prop_assert!(!errors.is_empty());
                for span in errors.iter().filter_map(|error| error.span) {
                    prop_assert!(text.get(span.range()).is_some());
                }
                prop_assert!(errors.is_sorted_by_key(|error| error.span));
            }
        }
    }
}
