//! Who calls whom, in which order, and over which edges packets go back.
//!
//! A push calls downstream and a pull calls upstream. Calls that come round in
//! a circle are cut at a push: that edge becomes a back edge, over which
//! packets wait in a FIFO. A pull cannot wait, so a circle of pulls only is an
//! error.

use crate::checks::processing::Kinds;
use crate::wiring::{Side, Wiring};
use pkgraph_runtime::{NodeId, Processing};
use std::ops::Range;

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

/// Orders the calls of a graph. If some pulls go round in a circle, the error
/// is that circle.
pub fn order(wiring: &Wiring, kinds: &Kinds) -> Result<CallOrder, Vec<Edge>> {
    let calls = Calls::new(wiring, kinds);
    let back = back_edges(&calls)?;
    let order = callees_after_callers(&calls, &back);
    let back = calls.edges.iter().zip(back).filter(|(_, back)| *back).map(|(edge, _)| *edge);
    Ok(CallOrder { order, back_edges: back.collect() })
}

/// All calls, sorted by caller; those of one are its pulls by input, and then its
/// pushes by output. An edge is an index into them.
struct Calls {
    edges: Vec<Edge>,
    /// The first edge of each caller, and behind them how many edges there are.
    firsts: Vec<usize>,
}

impl Calls {
    fn new(wiring: &Wiring, kinds: &Kinds) -> Calls {
        let n = wiring.ports.len();
        let mut edges = Vec::with_capacity(wiring.links.len());
        let mut firsts = Vec::with_capacity(n + 1);
        for caller in 0..n {
            firsts.push(edges.len());
            for (side, active) in
                [(Side::Input, Processing::Pull), (Side::Output, Processing::Push)]
            {
                for (port, links) in wiring.at(caller, side).enumerate() {
                    if kinds.of(wiring, caller, side, port) != active {
                        continue;
                    }
                    edges.extend(links.iter().map(|link| {
                        let (callee, callee_port) = wiring.links[*link].end(side.other());
                        let push = side == Side::Output;
                        Edge { caller, port, callee, callee_port, push }
                    }));
                }
            }
        }
        firsts.push(edges.len());
        Calls { edges, firsts }
    }

    /// The elements.
    fn nodes(&self) -> Range<NodeId> {
        0..self.firsts.len() - 1
    }

    /// The edges out of `node`.
    fn of(&self, node: NodeId) -> Range<usize> {
        self.firsts[node]..self.firsts[node + 1]
    }

    /// The elements that nobody calls.
    fn roots(&self) -> Vec<NodeId> {
        let mut called = vec![false; self.nodes().len()];
        self.edges.iter().for_each(|edge| called[edge.callee] = true);
        self.nodes().filter(|node| !called[*node]).collect()
    }
}

/// A step of a walk: an element, by which edge it was reached, which edges it still
/// has to follow, and how many elements had been reached before it.
type Step = (NodeId, Option<usize>, Range<usize>, usize);

/// Looks for circles, depth first, and cuts each at a push. Says of each edge whether
/// it is cut.
fn back_edges(calls: &Calls) -> Result<Vec<bool>, Vec<Edge>> {
    let mut back = vec![false; calls.edges.len()];
    // Those at which a circle was cut that a pull closes: they stay.
    let mut cuts = vec![false; calls.edges.len()];
    let mut seen = vec![false; calls.nodes().len()];
    // The elements that were reached so far, in that order.
    let mut reached: Vec<NodeId> = Vec::new();
    let mut depth = vec![None; calls.nodes().len()];
    for start in calls.roots().into_iter().chain(calls.nodes()) {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        depth[start] = Some(0);
        // The path from the start.
        let mut path: Vec<Step> = vec![(start, None, calls.of(start), reached.len())];
        reached.push(start);
        while let Some((node, _, rest, _)) = path.last_mut() {
            let Some(edge) = rest.find(|edge| !cuts[*edge]) else {
                depth[*node] = None;
                path.pop();
                continue;
            };
            let callee = calls.edges[edge].callee;
            match depth[callee] {
                Some(_) if calls.edges[edge].push => back[edge] = true,
                Some(at) => {
                    // The circle is cut before its end, so what comes after the cut
                    // was not reached the way the walk had it: it goes on from there.
                    let is_push = |step: &Step| step.1.is_some_and(|edge| calls.edges[edge].push);
                    let Some(last) = path[at + 1..].iter().rposition(is_push) else {
                        let edges = path[at + 1..].iter().filter_map(|step| step.1).chain([edge]);
                        return Err(edges.map(|edge| calls.edges[edge]).collect());
                    };
                    let cut = at + 1 + last;
                    if let Some(edge) = path[cut].1 {
                        cuts[edge] = true;
                    }
                    for node in reached.drain(path[cut].3..) {
                        seen[node] = false;
                        depth[node] = None;
                        // Their pushes are looked at again.
                        back[calls.of(node)].fill(false);
                    }
                    path.truncate(cut);
                }
                None if std::mem::replace(&mut seen[callee], true) => {}
                None => {
                    depth[callee] = Some(path.len());
                    path.push((callee, Some(edge), calls.of(callee), reached.len()));
                    reached.push(callee);
                }
            }
        }
    }
    Ok(back.iter().zip(&cuts).map(|(back, cut)| *back || *cut).collect())
}

/// Reverse post-order of a depth-first walk. It follows the last edge first,
/// so that reversed the first callee comes right after its caller.
fn callees_after_callers(calls: &Calls, back: &[bool]) -> Vec<NodeId> {
    let mut seen = vec![false; calls.nodes().len()];
    let mut order = Vec::with_capacity(calls.nodes().len());
    // The first root comes first in the result, so it is walked last.
    for start in calls.roots().into_iter().rev().chain(calls.nodes()) {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        let mut path = vec![(start, calls.of(start))];
        while let Some((node, rest)) = path.last_mut() {
            match rest.rfind(|edge| !back[*edge]) {
                None => {
                    order.push(*node);
                    path.pop();
                }
                Some(edge) => {
                    let callee = calls.edges[edge].callee;
                    if !std::mem::replace(&mut seen[callee], true) {
                        path.push((callee, calls.of(callee)));
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
