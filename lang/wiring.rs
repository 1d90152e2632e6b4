//! The graph with every port a number: what the checks of ports and the Plan
//! work on.

use crate::checks::compounds::CompoundError;
use crate::checks::ports;
use crate::graph::{Graph, Port, PortId};
use crate::{Diagnostic, Span};
use foldhash::HashSet;
use petgraph::visit::EdgeRef;
use pkgraph_runtime::{Args, PortInfo, Ports};

/// The ports and the links of a graph.
#[derive(Clone, Debug, Default)]
pub struct Wiring {
    /// The ports of each element; `None` for one whose class or arguments are
    /// wrong.
    pub ports: Vec<Option<Ports>>,
    /// The connections between ports that exist, in the order of the text,
    /// each once.
    pub links: Vec<Link>,
    /// Whether connections of an element were left out, those of its inputs
    /// and those of its outputs: it may be connected better than it looks.
    pub vague: Vec<[bool; 2]>,
    at: [Ends; 2],
}

/// The links at the ports of one side, sorted by their ports.
#[derive(Clone, Debug, Default)]
struct Ends {
    /// The first port of each element among those of all elements, and behind them
    /// how many there are.
    ports: Vec<usize>,
    /// The first link of each of these ports in `links`, and behind them how many
    /// there are.
    firsts: Vec<usize>,
    links: Vec<usize>,
}

impl Ends {
    /// The ends on `side` of `links`, where each element has so many ports.
    fn new(counts: &[usize], links: &[Link], side: Side) -> Ends {
        let mut ports = vec![0];
        ports.extend(counts.iter().scan(0, |total, count| {
            *total += count;
            Some(*total)
        }));
        let slot = |link: &Link| {
            let (node, port) = link.end(side);
            ports[node] + port
        };
        let total: usize = counts.iter().sum();
        // Where the next link of each port is put is one place further right, so
        // that in the end it is the first of the port behind.
        let mut firsts = vec![0; total + 2];
        for link in links {
            firsts[slot(link) + 2] += 1;
        }
        for port in 1..firsts.len() {
            firsts[port] += firsts[port - 1];
        }
        let mut sorted = vec![0; links.len()];
        for (i, link) in links.iter().enumerate() {
            let next = &mut firsts[slot(link) + 1];
            sorted[*next] = i;
            *next += 1;
        }
        Ends { ports, firsts, links: sorted }
    }
}

/// A connection between two ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The output: element and port.
    pub from: (usize, usize),
    /// The input: element and port.
    pub to: (usize, usize),
    /// Where the output is written.
    pub from_span: Span,
    /// Where the input is written.
    pub to_span: Span,
}

/// An end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// Where packets come in.
    Input,
    /// Where packets go out.
    Output,
}

impl Side {
    /// Both.
    pub const BOTH: [Side; 2] = [Side::Input, Side::Output];

    /// The opposite one.
    pub fn other(self) -> Side {
        match self {
            Side::Input => Side::Output,
            Side::Output => Side::Input,
        }
    }

    /// The ports of this side.
    pub fn of(self, ports: &Ports) -> &PortInfo {
        match self {
            Side::Input => &ports.inputs,
            Side::Output => &ports.outputs,
        }
    }

    /// What the side is called.
    pub fn name(self) -> &'static str {
        match self {
            Side::Input => "input",
            Side::Output => "output",
        }
    }
}

impl Link {
    /// The element and port on `side` of the link.
    pub fn end(&self, side: Side) -> (usize, usize) {
        match side {
            Side::Input => self.to,
            Side::Output => self.from,
        }
    }

    /// Where that end is written.
    pub fn span(&self, side: Side) -> Span {
        match side {
            Side::Input => self.to_span,
            Side::Output => self.from_span,
        }
    }
}

impl Wiring {
    /// Resolves the ports of `graph`, whose elements have the arguments
    /// `args`.
    pub fn new(graph: &Graph, args: &[Option<Args>], errors: &mut Vec<Diagnostic>) -> Wiring {
        let elements = graph.node_weights().zip(args);
        let ports = elements.map(|(e, args)| Some((e.info?.ports)(args.as_ref()?)));
        let mut wiring = Wiring {
            ports: ports.collect(),
            links: Vec::with_capacity(graph.edge_count()),
            vague: graph.node_weights().map(|element| [element.misspelt; 2]).collect(),
            at: Default::default(),
        };
        // Where all ports are numbers, the graph has each connection once.
        let is_name = |port: &Port| matches!(port.id, PortId::Name(_));
        let named = graph.edge_weights().any(|c| is_name(&c.output) || is_name(&c.input));
        let mut seen = HashSet::default();
        for edge in graph.edge_references() {
            let (from, to) = (edge.source().index(), edge.target().index());
            let connection = edge.weight();
            let output = wiring.number(graph, from, Side::Output, &connection.output, errors);
            let input = wiring.number(graph, to, Side::Input, &connection.input, errors);
            let (Some(output), Some(input)) = (output, input) else {
                // Nor can it be said that the other end lacks a connection.
                wiring.vague[from][Side::Output as usize] = true;
                wiring.vague[to][Side::Input as usize] = true;
                continue;
            };
            let (from, to) = ((from, output), (to, input));
            if !named || seen.insert((from, to)) {
                let (from_span, to_span) = (connection.output.span, connection.input.span);
                wiring.links.push(Link { from, to, from_span, to_span });
            }
        }
        wiring.sort(errors);
        wiring
    }

    /// The number of a port, if the element has it. Of an element that is not
    /// known, a number is taken as it is.
    fn number(
        &self,
        graph: &Graph,
        node: usize,
        side: Side,
        port: &Port,
        errors: &mut Vec<Diagnostic>,
    ) -> Option<usize> {
        let found = ports::resolve(&graph[node_index(node)], self.ports[node], side, port);
        found.unwrap_or_else(|error| {
            let trail = graph[node_index(node)].trail.as_ref();
            errors.push(Diagnostic::from(*error).within(trail));
            None
        })
    }

    /// The links at each port of `node` on `side`, as indices into
    /// [`Wiring::links`]. The ports are those that the element must have, that
    /// are connected, and of outputs those that are optional, since a packet
    /// may be pushed into one.
    pub fn at(
        &self,
        node: usize,
        side: Side,
    ) -> impl ExactSizeIterator<Item = &[usize]> + DoubleEndedIterator + Clone {
        let Ends { ports, firsts, links } = &self.at[side as usize];
        (ports[node]..ports[node + 1]).map(|port| &links[firsts[port]..firsts[port + 1]])
    }

    /// Sorts the links by their ports.
    fn sort(&mut self, errors: &mut Vec<Diagnostic>) {
        let ports = |node: usize, side: Side| {
            let info = *side.of(self.ports[node].as_ref()?);
            let optional = side == Side::Output && info.optional_from < info.max;
            Some(if optional && info.max <= MOST_PORTS { info.max } else { info.min })
        };
        let mut counts = Side::BOTH.map(|side| {
            let counts = (0..self.ports.len()).map(|node| ports(node, side).unwrap_or(0));
            counts.collect::<Vec<usize>>()
        });
        for link in &self.links {
            for side in Side::BOTH {
                let (node, port) = link.end(side);
                let count = &mut counts[side as usize][node];
                *count = (*count).max(port + 1);
            }
        }
        let total: usize = counts.iter().flatten().sum();
        if total > MOST_ALL_PORTS {
            let (span, what, most) = (Span::default(), "ports", MOST_ALL_PORTS);
            errors.push(CompoundError::TooLarge { span, what, most }.into());
            // Nothing is said of connections.
            self.links.clear();
            self.ports.fill(None);
            counts.iter_mut().for_each(|counts| counts.fill(0));
        }
        self.at = Side::BOTH.map(|side| Ends::new(&counts[side as usize], &self.links, side));
    }
}

/// An element has at most so many inputs, and so many outputs.
pub(crate) const MOST_PORTS: usize = 65_536;

/// All elements together have at most so many ports.
const MOST_ALL_PORTS: usize = 1 << 20;

/// The index of an element in the graph.
pub(crate) fn node_index(node: usize) -> petgraph::graph::NodeIndex {
    petgraph::graph::NodeIndex::new(node)
}
