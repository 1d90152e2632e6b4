//! The picture of a graph: elements, compounds as boxes around theirs, ports, and
//! what is pushed and what is pulled.
//!
//! Where a graph comes from and where its picture goes this crate does not know.

mod dot;
mod svg;

pub use svg::STYLE;

use pkgraph_lang::Catalogue;
use pkgraph_runtime::{Node, NodeId, Plan, PortInfo, Processing, Target};
use std::collections::BTreeSet;

/// The most elements that [`svg`](svg()) draws: its layout takes time with more than the
/// square of them.
pub const MOST_DRAWN: usize = 500;

/// The picture as a file of Scalable Vector Graphics, as browsers show it; `None` if
/// the graph has more than [`MOST_DRAWN`] elements.
pub fn svg(plan: &Plan, catalogue: &Catalogue) -> Option<String> {
    is_drawn(plan).then(|| svg::print(&Picture::new(plan, catalogue)))
}

/// The same for a page that has [`STYLE`] among its rules.
pub fn inline(plan: &Plan, catalogue: &Catalogue) -> Option<String> {
    is_drawn(plan).then(|| svg::inline(&Picture::new(plan, catalogue)))
}

/// The graph in Graphviz's language, for tools that read it.
pub fn dot(plan: &Plan, catalogue: &Catalogue) -> String {
    dot::print(&Picture::new(plan, catalogue))
}

fn is_drawn(plan: &Plan) -> bool {
    plan.nodes.len() <= MOST_DRAWN
}

/// Octets of arguments that are shown; longer ones are only in the details.
const LONGEST: usize = 24;

/// What is to be seen of a graph.
struct Picture<'a> {
    pub elements: Vec<Element<'a>>,
    pub connections: Vec<Connection>,
    /// The compounds by their full names, those around others first.
    pub compounds: BTreeSet<&'a str>,
}

/// An element.
struct Element<'a> {
    pub node: &'a Node,
    pub inputs: Vec<Port>,
    pub outputs: Vec<Port>,
}

/// A port of an element.
struct Port {
    /// Its name; its number where it has none and is not alone.
    pub label: String,
    pub pulls: bool,
}

/// A connection, from an output to an input, each as (element, port).
struct Connection {
    pub from: (NodeId, usize),
    pub to: (NodeId, usize),
    pub pulls: bool,
}

impl<'a> Picture<'a> {
    pub fn new(plan: &'a Plan, catalogue: &Catalogue) -> Picture<'a> {
        let element = |node: &'a Node| {
            let info = catalogue.get(&node.class).expect("a checked class");
            let ports = (info.ports)(&node.args);
            let inputs = node.inputs.iter().map(|input| input.processing);
            let outputs = node.outputs.iter().map(|output| output.processing);
            Element {
                node,
                inputs: labelled(inputs, ports.inputs),
                outputs: labelled(outputs, ports.outputs),
            }
        };
        let mut connections = Vec::new();
        for (id, node) in plan.nodes.iter().enumerate() {
            for (port, output) in node.outputs.iter().enumerate() {
                let to = match output.target {
                    Some(Target::Forward { node, port }) => (node, port),
                    Some(Target::Back(edge)) => {
                        let edge = plan.back_edges[edge];
                        (edge.node, edge.port)
                    }
                    None => continue,
                };
                connections.push(Connection { from: (id, port), to, pulls: false });
            }
            let sources = node.inputs.iter().map(|input| input.source);
            connections.extend(sources.enumerate().filter_map(|(port, source)| {
                Some(Connection { from: source?, to: (id, port), pulls: true })
            }));
        }
        let compounds = plan
            .nodes
            .iter()
            .flat_map(|node| node.name.match_indices('/').map(|(slash, _)| &node.name[..slash]));
        Picture {
            elements: plan.nodes.iter().map(element).collect(),
            connections,
            compounds: compounds.collect(),
        }
    }
}

impl Element<'_> {
    /// Its name within the compound around it, unless that is made of the class;
    /// its class; its arguments if they are short.
    pub fn label(&self) -> String {
        let Node { name, class, config, .. } = self.node;
        let name = short(name);
        let made = name.strip_prefix(class.as_str()).is_some_and(|rest| rest.starts_with('@'));
        let name = if made { String::new() } else { format!("{name} :: ") };
        match config.is_empty() || config.len() > LONGEST {
            true => format!("{name}{class}"),
            false => format!("{name}{class}({})", config.replace('\n', " ")),
        }
    }

    /// All of it, for who wants to know.
    pub fn details(&self) -> String {
        let Node { name, class, config, location, .. } = self.node;
        match config.is_empty() {
            true => format!("{name} :: {class}\n{location}"),
            false => format!("{name} :: {class}({config})\n{location}"),
        }
    }
}

/// The compound around, if any.
fn around(name: &str) -> Option<&str> {
    name.rsplit_once('/').map(|(around, _)| around)
}

/// A name without those of the compounds around.
fn short(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn labelled(ports: impl ExactSizeIterator<Item = Processing>, info: PortInfo) -> Vec<Port> {
    let alone = ports.len() == 1;
    let label = |port: usize| match info.names.get(port) {
        Some(name) => name.to_string(),
        None if alone => String::new(),
        None => port.to_string(),
    };
    let ports = ports.enumerate();
    ports.map(|(i, kind)| Port { label: label(i), pulls: kind == Processing::Pull }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pkgraph_elements::{Builtin, ElementSet};
    use pkgraph_lang::{Source, compile};

    fn drawn(text: &str) -> (String, String) {
        let catalogue = Catalogue::new(Builtin::CATALOGUE);
        let source = Source { name: "g.click".into(), text: text.into() };
        let plan = compile(&source, &[], &catalogue).unwrap();
        (svg(&plan, &catalogue).unwrap(), dot(&plan, &catalogue))
    }

    #[test]
    fn compounds_ports_push_and_pull_are_seen() {
        let (svg, dot) = drawn(
            "elementclass Both { input -> q :: Queue(5) -> Unqueue -> output }
            InfiniteSource(DATA \"<&\") -> s :: Switch(0) -> b :: Both -> Discard; s[1] -> Discard;",
        );
        for part in [
            "label=\"b\";",
            "[label=\"{{<i0> }|q :: Queue(5)|{<o0> }}\"];",
            "[label=\"{{<i0> }|s :: Switch(0)|{<o0> 0|<o1> 1}}\"];",
            "[style=dashed, arrowhead=empty];",
        ] {
            assert!(dot.contains(part), "no {part} in\n{dot}");
        }
        assert_eq!(svg.matches("class=\"line\"").count(), 4, "{svg}");
        assert_eq!(svg.matches("class=\"line pulled\"").count(), 1, "{svg}");
        assert_eq!(svg.matches("class=\"compound\"").count(), 1, "{svg}");
        assert!(svg.contains("DATA &quot;&lt;&amp;&quot;") || svg.contains("&lt;&amp;"), "{svg}");
    }

    #[test]
    fn a_loop_can_be_drawn() {
        let (svg, dot) =
            drawn("InfiniteSource -> n :: Null -> t :: Tee(2) -> Discard; t[1] -> Null -> n;");
        assert_eq!(svg.matches("class=\"line\"").count(), 5, "{svg}");
        assert_eq!(dot.matches("->").count(), 5, "{dot}");
    }
}
