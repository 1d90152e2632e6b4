//! Who calls whom, in which order, and over which edges packets go back.
//!
//! A push calls downstream and a pull calls upstream. Calls that come round in
//! a circle are cut at a push: that edge becomes a back edge, over which
//! packets wait in a FIFO. A pull cannot wait, so a circle of pulls only is an
//! error.

use crate::checks::processing::Kinds;
use crate::wiring::{Side, Wiring};
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;
use pkgraph_runtime::{NodeId, Processing};
use std::collections::HashSet;
use std::vec::IntoIter;

/// A call from one element to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The element that pushes or pulls.
    pub caller: NodeId,
    /// Its output or input.
    pub port: usize,
    /// The element that is pushed to or pulled from.
    pub callee: NodeId,
    /// Its input or output.
    pub callee_port: usize,
    /// Whether it is a push.
    pub push: bool,
}

/// The calls of a graph in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallOrder {
    /// All elements, callers before callees, and a callee soon after its
    /// caller.
    pub order: Vec<NodeId>,
    /// The pushes that are put off, sorted by caller and port.
    pub back_edges: Vec<Edge>,
}

type Calls = DiGraph<(), Edge>;

/// Orders the calls of a graph. If some pulls go round in a circle, the error
/// is that circle.
pub fn order(wiring: &Wiring, kinds: &Kinds) -> Result<CallOrder, Vec<Edge>> {
    let calls = calls(wiring, kinds);
    let back = back_edges(&calls)?;
    let order = callees_after_callers(&calls, &back);
    let mut back_edges: Vec<Edge> = back.iter().map(|edge| calls[*edge]).collect();
    back_edges.sort_by_key(|edge| (edge.caller, edge.port));
    Ok(CallOrder { order, back_edges })
}

/// The edges out of an element are in the order pulls by input, pushes by
/// output.
fn calls(wiring: &Wiring, kinds: &Kinds) -> Calls {
    let n = wiring.ports.len();
    let mut calls = Calls::with_capacity(n, wiring.links.len());
    for _ in 0..n {
        calls.add_node(());
    }
    for node in 0..n {
        for side in Side::BOTH {
            let active = match side {
                Side::Input => Processing::Pull,
                Side::Output => Processing::Push,
            };
            for (port, links) in wiring.at(node, side).iter().enumerate() {
                if kinds.of(wiring, node, side, port) != active {
                    continue;
                }
                for &link in links {
                    let (callee, callee_port) = wiring.links[link].end(side.other());
                    let push = side == Side::Output;
                    let edge = Edge { caller: node, port, callee, callee_port, push };
                    calls.add_edge(NodeIndex::new(node), NodeIndex::new(callee), edge);
                }
            }
        }
    }
    calls
}

/// Elements that nobody calls, then all: where a search starts.
fn starts(calls: &Calls) -> impl Iterator<Item = NodeIndex> {
    let roots = calls.externals(petgraph::Direction::Incoming);
    roots.chain(calls.node_indices())
}

/// The edges out of `node`, first to last.
fn edges(calls: &Calls, node: NodeIndex) -> IntoIter<EdgeIndex> {
    let mut edges: Vec<EdgeIndex> = calls.edges(node).map(|edge| edge.id()).collect();
    edges.sort_unstable();
    edges.into_iter()
}

/// A step of a walk: an element, by which edge it was reached, which edges it still
/// has to follow, and how many elements had been reached before it.
type Step = (NodeIndex, Option<EdgeIndex>, IntoIter<EdgeIndex>, usize);

/// Looks for circles, depth first, and cuts each at a push.
fn back_edges(calls: &Calls) -> Result<HashSet<EdgeIndex>, Vec<Edge>> {
    let mut back = HashSet::new();
    // Those at which a circle was cut that a pull closes: they stay.
    let mut cuts = HashSet::new();
    let mut seen = vec![false; calls.node_count()];
    // The elements that were reached so far, in that order.
    let mut reached: Vec<NodeIndex> = Vec::new();
    let mut depth = vec![None; calls.node_count()];
    for start in starts(calls) {
        if std::mem::replace(&mut seen[start.index()], true) {
            continue;
        }
        depth[start.index()] = Some(0);
        // The path from the start.
        let mut path: Vec<Step> = vec![(start, None, edges(calls, start), reached.len())];
        reached.push(start);
        while let Some((node, _, rest, _)) = path.last_mut() {
            let Some(edge) = rest.find(|edge| !cuts.contains(edge)) else {
                depth[node.index()] = None;
                path.pop();
                continue;
            };
            let callee = NodeIndex::new(calls[edge].callee);
            match depth[callee.index()] {
                Some(_) if calls[edge].push => drop(back.insert(edge)),
                Some(at) => {
                    // The circle is cut before its end, so what comes after the cut
                    // was not reached the way the walk had it: it goes on from there.
                    let is_push = |step: &Step| step.1.is_some_and(|edge| calls[edge].push);
                    let Some(last) = path[at + 1..].iter().rposition(is_push) else {
                        let edges = path[at + 1..].iter().filter_map(|step| step.1).chain([edge]);
                        return Err(edges.map(|edge| calls[edge]).collect());
                    };
                    let cut = at + 1 + last;
                    cuts.extend(path[cut].1);
                    for node in reached.drain(path[cut].3..) {
                        seen[node.index()] = false;
                        depth[node.index()] = None;
                        // Their pushes are looked at again.
                        for edge in calls.edges(node) {
                            back.remove(&edge.id());
                        }
                    }
                    path.truncate(cut);
                }
                None if std::mem::replace(&mut seen[callee.index()], true) => {}
                None => {
                    depth[callee.index()] = Some(path.len());
                    path.push((callee, Some(edge), edges(calls, callee), reached.len()));
                    reached.push(callee);
                }
            }
        }
    }
    back.extend(cuts);
    Ok(back)
}

/// Reverse post-order of a depth-first walk. It follows the last edge first,
/// so that reversed the first callee comes right after its caller.
fn callees_after_callers(calls: &Calls, back: &HashSet<EdgeIndex>) -> Vec<NodeId> {
    let mut seen = vec![false; calls.node_count()];
    let mut order = Vec::with_capacity(calls.node_count());
    let mut starts: Vec<NodeIndex> = starts(calls).collect();
    // The first of a kind comes first in the result, so it is walked last.
    let roots = starts.len() - calls.node_count();
    starts[..roots].reverse();
    for start in starts {
        if std::mem::replace(&mut seen[start.index()], true) {
            continue;
        }
        let mut path = vec![(start, edges(calls, start))];
        while let Some((node, rest)) = path.last_mut() {
            match rest.rfind(|edge| !back.contains(edge)) {
                None => {
                    order.push(node.index());
                    path.pop();
                }
                Some(edge) => {
                    let callee = NodeIndex::new(calls[edge].callee);
                    if !std::mem::replace(&mut seen[callee.index()], true) {
                        path.push((callee, edges(calls, callee)));
                    }
                }
            }
        }
    }
    order.reverse();
    order
}

#[cfg(test)]
mod tests {
    use crate::testing::plan;
    use pkgraph_runtime::Target;

    fn order(text: &str) -> String {
        let plan = plan(text);
        let names: Vec<&str> = plan.order.iter().map(|id| plan.nodes[*id].name.as_str()).collect();
        names.join(" ")
    }

    /// The back edges as `caller.port>callee.port`.
    fn back(text: &str) -> String {
        let plan = plan(text);
        let mut found = Vec::new();
        for node in &plan.nodes {
            for (port, output) in node.outputs.iter().enumerate() {
                if let Some(Target::Back(i)) = output.target {
                    let edge = plan.back_edges[i];
                    let callee = &plan.nodes[edge.node].name;
                    found.push(format!("{}.{port}>{callee}.{}", node.name, edge.port));
                }
            }
        }
        assert_eq!(found.len(), plan.back_edges.len());
        found.join(" ")
    }

    #[test]
    fn callees_follow_their_callers() {
        for (text, expected) in [
            ("s :: Source -> c :: Counter -> d :: Discard", "s c d"),
            ("d :: Discard; c :: Counter -> d; s :: Source -> c", "s c d"),
            ("s :: Source -> q :: Queue -> c :: Counter -> p :: Puller", "s p c q"),
            (
                "s :: Source -> t :: Tee -> a :: Counter -> x :: Discard; t[1] -> b :: Counter -> y :: Discard",
                "s t a x b y",
            ),
            (
                "s :: Source -> a :: Counter -> x :: Discard; t :: Source -> b :: Counter -> x",
                "s a t b x",
            ),
            ("q :: Queue -> u :: Unqueue -> t :: Tee -> q; t[1] -> d :: Discard", "u t q d"),
            ("x, y :: Discard; s :: Source -> x; t :: Source -> y", "s x t y"),
        ] {
            assert_eq!(order(text), expected, "{text}");
        }
    }

    #[test]
    fn circles_are_cut_at_a_push() {
        for (text, expected) in [
            ("Source -> Discard", ""),
            ("a :: Counter -> b :: Counter -> a", "b.0>a.0"),
            ("b :: Counter; a :: Counter -> b -> a", "a.0>b.0"),
            ("Source -> b :: Counter; a :: Counter -> b -> a", "a.0>b.0"),
            ("Source -> t :: Tee -> t; t [1] -> Discard", "t.0>t.0"),
            ("q :: Queue -> u :: Unqueue -> t :: Tee -> q; t[1] -> Discard", ""),
            (
                "s :: Source -> q :: Queue -> w :: PullTee -> u :: Unqueue -> Discard; w [1] -> c :: Counter -> q",
                "",
            ),
            // x pulls from w, which pushes into x: whichever the search comes
            // to first, it is the push that is put off.
            ("Source -> Queue -> w :: PullTee -> [1] x :: Gate -> Discard; w [1] -> x", "w.1>x.0"),
            (
                "x :: Gate -> Discard; Source -> Queue -> w :: PullTee -> [1] x; w [1] -> x",
                "w.1>x.0",
            ),
        ] {
            assert_eq!(back(text), expected, "{text}");
        }
    }
}
