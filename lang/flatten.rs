//! A graph as text without compounds, variables and shorthand, in the form in
//! which Click writes it: what it requires, declarations, connections. To
//! flatten that again changes nothing.

use crate::expand::literal;
use crate::graph::{Element, Graph, PortId};
use crate::{Catalogue, Diagnostic, Program, on_sockets, scan};
use foldhash::HashMap;
use petgraph::visit::EdgeRef;
use std::fmt::{self, Write};

/// Flattens a graph. Whether its elements like their arguments and
/// connections is not asked.
pub fn flatten(
    program: &Program,
    defines: &[(String, String)],
    catalogue: &Catalogue,
) -> Result<String, Vec<Diagnostic>> {
    let mut errors = program.errors.clone();
    let built = on_sockets::build(program, defines, catalogue, &mut errors);
    if !errors.is_empty() {
        return Err(crate::in_order(errors));
    }
    let mut out = String::new();
    requirements(&mut out, &built.packages);
    let elements: Vec<&Element> = built.graph.node_weights().collect();
    for element in &elements {
        let _ = write!(out, "{} :: {}", element.name, element.class);
        match config(element).as_str() {
            "" => out.push_str(";\n"),
            config => {
                let _ = writeln!(out, "({config});");
            }
        }
    }
    let connections = connections(&built.graph);
    if !connections.is_empty() {
        out.push('\n');
    }
    print_chains(&mut out, &elements, &connections);
    Ok(out)
}

fn requirements(out: &mut String, packages: &[String]) {
    let mut listed: Vec<String> = Vec::new();
    for package in packages {
        let package = format!("package {package}");
        if !listed.contains(&package) {
            listed.push(package);
        }
    }
    if !listed.is_empty() {
        let _ = write!(out, "require({});\n\n", listed.join(", "));
    }
}

/// The arguments without comments. Empty ones at the end say nothing.
fn config(element: &Element) -> String {
    let arguments = scan::split(&element.config.text);
    let last = arguments.iter().rposition(|argument| !argument.text.is_empty());
    let arguments = arguments.iter().take(last.map_or(0, |last| last + 1));
    literal(&arguments.map(|argument| argument.text.as_str()).collect::<Vec<_>>().join(", "))
}

/// The output and the input of a connection.
type Edge<'a> = (End<'a>, End<'a>);

/// An element and one of its ports, in an order for printing.
type End<'a> = (usize, Port<'a>);

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Port<'a> {
    Number(usize),
    Name(&'a str),
}

impl fmt::Display for Port<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Port::Number(number) => number.fmt(f),
            Port::Name(name) => f.write_str(name),
        }
    }
}

fn port(id: &PortId) -> Port<'_> {
    match id {
        PortId::Number(number) => Port::Number(*number),
        PortId::Name(name) => Port::Name(name),
    }
}

/// The connections, sorted by their inputs as Click sorts them.
fn connections(graph: &Graph) -> Vec<Edge<'_>> {
    let edges = graph.edge_references().map(|edge| {
        let (output, input) = (port(&edge.weight().output.id), port(&edge.weight().input.id));
        ((edge.source().index(), output), (edge.target().index(), input))
    });
    let mut edges: Vec<Edge<'_>> = edges.collect();
    edges.sort_by_key(|(from, to)| (*to, *from));
    edges
}

/// Prints connections as chains: one that ends at input 0 goes on with one
/// from output 0.
fn print_chains(out: &mut String, elements: &[&Element], connections: &[Edge<'_>]) {
    let next = successors(connections);
    let mut starts = vec![true; connections.len()];
    for &i in next.iter().flatten() {
        starts[i] = false;
    }
    let mut printed = vec![false; connections.len()];
    // Chains with a start, and then the circles.
    for circles in [false, true] {
        for first in 0..connections.len() {
            if printed[first] || !(starts[first] || circles) {
                continue;
            }
            let (node, output) = connections[first].0;
            out.push_str(&elements[node].name);
            if output != Port::Number(0) {
                let _ = write!(out, " [{output}]");
            }
            let mut at = Some(first);
            while let Some(i) = at.filter(|&i| !printed[i]) {
                printed[i] = true;
                out.push_str(if i == first { " -> " } else { "\n    -> " });
                let (node, input) = connections[i].1;
                if input != Port::Number(0) {
                    let _ = write!(out, "[{input}] ");
                }
                out.push_str(&elements[node].name);
                at = next[i];
            }
            out.push_str(";\n");
        }
    }
}

/// The connection that each goes on with: the first to an input 0, or the last
/// of those that leave there.
fn successors(connections: &[Edge<'_>]) -> Vec<Option<usize>> {
    let mut leaving: HashMap<usize, Vec<usize>> = HashMap::default();
    for (i, (from, _)) in connections.iter().enumerate() {
        if from.1 == Port::Number(0) {
            leaving.entry(from.0).or_default().push(i);
        }
    }
    let best = |candidates: &Vec<usize>| {
        let straight = candidates.iter().find(|i| connections[**i].1.1 == Port::Number(0));
        straight.or(candidates.last()).copied()
    };
    let best: HashMap<usize, usize> =
        leaving.iter().filter_map(|(node, all)| Some((*node, best(all)?))).collect();
    connections
        .iter()
        .enumerate()
        .map(|(i, (_, to))| {
            let found = best.get(&to.0).copied().filter(|_| to.1 == Port::Number(0));
            found.filter(|next| *next != i)
        })
        .collect()
}
