//! How much room each push needs: which limited sinks a packet can reach, and
//! how many packets it can become on the way there.

use pkgraph_runtime::{ElementInfo, Fan, Limit, Node, NodeId, Output, Processing, Target};
use std::collections::BTreeMap;

/// A graph has at most so many limits: behind a row of Tees with a sink each, that
/// is the square of them.
pub(crate) const MOST_LIMITS: usize = 1 << 21;

/// Packets by (sink, input).
type Need = BTreeMap<(NodeId, usize), usize>;

/// Sets the limits of all push outputs. `order` has callers before callees.
///
/// `false` if there are too many.
///
/// A back edge adds nothing: what goes over it is stored first. So does what
/// is behind an element with a pull output.
pub(super) fn fill(nodes: &mut [Node], infos: &[&ElementInfo], order: &[NodeId]) -> bool {
    // What a packet needs that is pushed into an element which is no sink.
    let mut needs: Vec<Need> = vec![Need::new(); nodes.len()];
    let mut count = 0;
    for &id in order.iter().rev() {
        let mut total = Need::new();
        let stores = nodes[id].outputs.iter().any(|o| o.processing == Processing::Pull);
        for port in 0..nodes[id].outputs.len() {
            let need = need(&nodes[id].outputs[port], infos, &needs);
            count += need.len();
            if count > MOST_LIMITS {
                return false;
            }
            if !stores {
                add(&mut total, &need, infos[id].fan);
            }
            let limit = |(&(node, port), &packets): (_, &usize)| Limit { node, port, packets };
            nodes[id].outputs[port].limits = need.iter().map(limit).collect();
        }
        needs[id] = total;
    }
    true
}

/// What a push into `output` needs.
fn need(output: &Output, infos: &[&ElementInfo], needs: &[Need]) -> Need {
    match output.target {
        Some(Target::Forward { node, port }) if infos[node].limited => {
            Need::from([((node, port), 1)])
        }
        Some(Target::Forward { node, .. }) => needs[node].clone(),
        Some(Target::Back(_)) | None => Need::new(),
    }
}

/// Adds the need of one more output.
fn add(total: &mut Need, need: &Need, fan: Fan) {
    for (&sink, &packets) in need {
        let sum = total.entry(sink).or_default();
        *sum = match fan {
            Fan::One => packets.max(*sum),
            Fan::All => packets.saturating_add(*sum),
        };
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::plan;

    /// The limits of output 0 of `s`, as `sink.port*packets`.
    fn limits(text: &str) -> String {
        let plan = plan(text);
        let limits = &plan.nodes[plan.find("s").unwrap()].outputs[0].limits;
        let limit = limits.iter().map(|limit| {
            format!("{}.{}*{}", plan.nodes[limit.node].name, limit.port, limit.packets)
        });
        limit.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn packets_are_counted_along_the_paths() {
        for (graph, expected) in [
            ("s -> Discard", ""),
            ("s -> a", "a.0*1"),
            ("s -> Counter -> a", "a.0*1"),
            ("s -> t :: Tee; t[0] -> a; t[1] -> a; t[2] -> b", "a.0*2 b.0*1"),
            ("s -> m :: Match(x, y); m[0] -> a; m[1] -> a;", "a.0*1"),
            (
                "s -> m :: Match(x, y); m[0] -> t :: Tee -> a; t[1] -> a; m[1] -> a; t[2] -> b",
                "a.0*2 b.0*1",
            ),
            ("s -> t :: Tee => u :: Tee, v :: Tee; u => a, a, b; v => a, b", "a.0*3 b.0*2"),
            ("s -> Queue -> Unqueue -> a", ""),
            ("s -> a -> b", "a.0*1"),
            ("s -> t :: Tee -> c :: Counter -> t; t [1] -> a", "a.0*1"),
        ] {
            let text = format!("Source -> a :: Sink; Source -> b :: Sink; s :: Source; {graph}");
            assert_eq!(limits(&text), expected, "{text}");
        }
    }

    #[test]
    fn a_long_row_of_tees_does_not_overflow() {
        let names: Vec<String> = (0..=70).map(|i| format!("t{i}")).collect();
        let mut text = format!("a :: Sink; {} :: Tee; s :: Source -> t0;", names.join(", "));
        for pair in names.windows(2) {
            text += &format!("{} => {}, {};", pair[0], pair[1], pair[1]);
        }
        text += "t70 -> a";
        assert_eq!(limits(&text), format!("a.0*{}", usize::MAX));
    }
}
