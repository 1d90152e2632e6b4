//! Checked graph to Plan. Nothing can go wrong here any more, except that a graph
//! is too large, and nothing about its meaning is left to decide after it.

pub mod calls;
pub(crate) mod limits;
#[cfg(test)]
mod properties;

use crate::Sources;
use crate::checks::processing::Kinds;
use crate::graph::{Element, Graph};
use crate::scan;
use crate::wiring::{Side, Wiring};
use calls::{CallOrder, Edge};
use foldhash::HashMap;
use pkgraph_runtime::{
    Args, BackEdge, ElementInfo, Handler, Input, Node, NodeId, Output, Plan, PortInfo, Processing,
    Target,
};

/// A graph that passed all checks.
pub struct Checked<'a> {
    /// The elements.
    pub graph: Graph,
    /// Their declarations.
    pub infos: Vec<&'static ElementInfo>,
    /// Their arguments.
    pub args: Vec<Args>,
    /// Their connections.
    pub wiring: &'a Wiring,
    /// Their ports' kinds.
    pub kinds: &'a Kinds,
    /// Who calls whom.
    pub calls: CallOrder,
}

/// Makes the Plan. `None` if so many sinks are reached from so many outputs that
/// there is no telling which need room.
pub fn lower(checked: Checked<'_>, sources: &Sources) -> Option<Plan> {
    let Checked { graph, infos, args, wiring, kinds, calls } = checked;
    let mut back_edges = Vec::new();
    let mut back_indices = HashMap::default();
    for &Edge { caller, port, callee, callee_port, .. } in &calls.back_edges {
        back_indices.insert((caller, port), back_edges.len());
        back_edges.push(BackEdge { node: callee, port: callee_port });
    }
    let elements = graph.into_nodes_edges().0.into_iter().map(|node| node.weight);
    let elements = elements.zip(args).enumerate();
    let handlers = |info: &ElementInfo| info.handlers.iter().map(Handler::from).collect();
    let nodes = elements.map(|(id, (element, args))| Node {
        handlers: handlers(infos[id]),
        config: config(&element),
        name: element.name,
        class: element.class,
        args,
        location: sources.location(element.span.start),
        inputs: inputs(id, wiring, kinds),
        outputs: outputs(id, wiring, kinds, &back_indices),
    });
    let mut nodes: Vec<Node> = nodes.collect();
    if !limits::fill(&mut nodes, &infos, &calls.order) {
        return None;
    }
    let tasks = (0..nodes.len()).filter(|id| infos[*id].task && is_active(&nodes[*id], infos[*id]));
    Some(Plan {
        tasks: tasks.collect(),
        flushes: calls.order.iter().copied().filter(|id| infos[*id].flush).collect(),
        nodes,
        order: calls.order,
        back_edges,
    })
}

/// Whether an element with a task has to move packets by itself: one whose
/// ports are agnostic does not where its neighbours do.
fn is_active(node: &Node, info: &ElementInfo) -> bool {
    let ports = (info.ports)(&node.args);
    let agnostic = |declared: PortInfo| declared.processing(0) == Processing::Agnostic;
    let input = node.inputs.first().filter(|_| agnostic(ports.inputs));
    let output = node.outputs.first().filter(|_| agnostic(ports.outputs));
    input.is_none_or(|input| input.processing == Processing::Pull)
        && output.is_none_or(|output| output.processing == Processing::Push)
}

/// The arguments as written, without comments, in one line.
fn config(element: &Element) -> String {
    let arguments = scan::split(&element.config.text);
    arguments.iter().map(|argument| argument.text.as_str()).collect::<Vec<_>>().join(", ")
}

fn inputs(id: NodeId, wiring: &Wiring, kinds: &Kinds) -> Vec<Input> {
    let ports = wiring.at(id, Side::Input).enumerate();
    let input = |(port, links): (usize, &[usize])| {
        let processing = kinds.of(wiring, id, Side::Input, port);
        let source = links.first().map(|link| wiring.links[*link].from);
        Input { processing, source: source.filter(|_| processing == Processing::Pull) }
    };
    ports.map(input).collect()
}

fn outputs(
    id: NodeId,
    wiring: &Wiring,
    kinds: &Kinds,
    back: &HashMap<(NodeId, usize), usize>,
) -> Vec<Output> {
    let ports = wiring.at(id, Side::Output).enumerate();
    let output = |(port, links): (usize, &[usize])| {
        let processing = kinds.of(wiring, id, Side::Output, port);
        let target = links.first().filter(|_| processing == Processing::Push).map(|link| {
            let (node, input) = wiring.links[*link].to;
            match back.get(&(id, port)) {
                Some(index) => Target::Back(*index),
                None => Target::Forward { node, port: input },
            }
        });
        Output { processing, target, limits: Vec::new() }
    };
    ports.map(output).collect()
}

#[cfg(test)]
mod tests {
    use crate::testing::plan;

    #[test]
    fn nodes_tell_what_the_text_said() {
        let text = "define($N 5)\nSource ->\n  q :: Queue(/* so many */ $N)\n -> Puller;";
        let plan = plan(text);
        let q = &plan.nodes[plan.find("q").unwrap()];
        assert_eq!((q.class.as_str(), q.config.as_str()), ("Queue", "5"));
        assert_eq!(q.args.get("CAPACITY"), Some("5"));
        assert_eq!(q.location.to_string(), "test.click:3:3");
    }

    #[test]
    fn tasks_are_in_order_of_declaration_and_flushes_in_call_order() {
        let plan =
            plan("d, e :: Sink; p :: Puller -> e; s :: Source -> q :: Queue -> p; Source -> d");
        let names = |ids: &[usize]| {
            ids.iter().map(|id| plan.nodes[*id].name.as_str()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(&plan.tasks), "p s Source@6");
        assert_eq!(names(&plan.order), "p e s q Source@6 d");
        assert_eq!(names(&plan.flushes), "e d");
    }

    #[test]
    fn agnostic_elements_run_where_they_move_packets() {
        for (text, tasks) in [
            ("s :: FreeSource -> Discard", 1),
            ("s :: FreeSource -> Counter -> Puller", 1),
            ("Source -> FreeSink", 1),
            ("Source -> Queue -> FreeSink", 2),
        ] {
            assert_eq!(plan(text).tasks.len(), tasks, "{text}");
        }
    }

    #[test]
    fn optional_outputs_have_no_target() {
        let plan = plan("Source -> c :: Split -> Discard");
        let c = &plan.nodes[plan.find("c").unwrap()];
        let targets: Vec<bool> = c.outputs.iter().map(|output| output.target.is_some()).collect();
        assert_eq!(targets, [true, false, false]);
    }
}
