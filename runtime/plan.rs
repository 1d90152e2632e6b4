//! The Plan: a checked graph with every decision made. The dynamic engine
//! walks it, the emitter prints it; neither decides anything.

use crate::{Args, HandlerInfo, Kind, Processing, Purpose, Quantity};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt::{self, Write};

/// A checked graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The elements, in the order of their declaration. [`NodeId`]s index it.
    pub nodes: Vec<Node>,
    /// All nodes in call order: whoever calls (pushes to, pulls from) comes
    /// before whom it calls, except over back edges. The engines keep elements
    /// in this order, so that what an element can reach is what comes after.
    pub order: Vec<NodeId>,
    /// The nodes with a task, in the order in which the loop runs them.
    pub tasks: Vec<NodeId>,
    /// The nodes that are flushed after a burst, in the order of the calls.
    pub flushes: Vec<NodeId>,
    /// The back edges: push edges whose packets join a FIFO.
    pub back_edges: Vec<BackEdge>,
}

/// An index into [`Plan::nodes`].
pub type NodeId = usize;

/// An element of the graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its name in the graph, such as `c` or `Counter@3`.
    pub name: String,
    /// Its class.
    pub class: String,
    /// Its arguments, bound to the declared names.
    pub args: Args,
    /// Its arguments as written, variables replaced.
    pub config: String,
    /// Where it is declared.
    pub location: Location,
    /// Its handlers, besides those that every element has.
    pub handlers: Vec<Handler>,
    /// Its input ports, all connected.
    pub inputs: Vec<Input>,
    /// Its output ports.
    pub outputs: Vec<Output>,
}

/// A handler of an element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handler {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Whether it can be read.
    pub read: bool,
    /// Whether it can be written.
    pub write: bool,
    /// What it reads as.
    pub kind: Kind,
    /// What it says if it is a number.
    pub quantity: Quantity,
    /// What it is for.
    pub purpose: Purpose,
}

impl From<&HandlerInfo> for Handler {
    fn from(info: &HandlerInfo) -> Handler {
        Handler {
            name: info.name.into(),
            read: info.read,
            write: info.write,
            kind: info.kind.clone(),
            quantity: info.quantity.clone(),
            purpose: info.purpose,
        }
    }
}

/// A place in a graph's text. Lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The file, as the user named it.
    pub file: String,
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// An input port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Push or pull, never agnostic.
    pub processing: Processing,
    /// For a pull input, where `pull` asks: (node, output port).
    pub source: Option<(NodeId, usize)>,
}

/// An output port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Push or pull, never agnostic.
    pub processing: Processing,
    /// For a push output, where `push` goes. `None` for a pull output and for
    /// an optional port that is not connected.
    pub target: Option<Target>,
    /// What a push into this port may need: `room` promises the least that
    /// the sinks promise for so many packets each.
    pub limits: Vec<Limit>,
}

/// Where a push edge leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// Input `port` of `node`, called at once.
    Forward {
        /// The element.
        node: NodeId,
        /// Its input.
        port: usize,
    },
    /// By way of the FIFO: an index into [`Plan::back_edges`].
    Back(usize),
}

/// The end of a back edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackEdge {
    /// The element.
    pub node: NodeId,
    /// Its input.
    pub port: usize,
}

/// A need for room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// A node whose element is limited.
    pub node: NodeId,
    /// Its input.
    pub port: usize,
    /// How many packets one push may bring it, at most.
    pub packets: usize,
}

impl Plan {
    /// The node called `name`.
    pub fn find(&self, name: &str) -> Option<NodeId> {
        self.nodes.iter().position(|node| node.name == name)
    }

    /// The shape of the graph without names and arguments. Two plans of equal
    /// topology have the same compiled loop.
    pub fn topology(&self) -> String {
        let mut text = String::new();
        for node in &self.nodes {
            let _ = write!(text, "{}", node.class);
            for input in &node.inputs {
                let _ = write!(text, " <{:?} {:?}", input.processing, input.source);
            }
            for output in &node.outputs {
                let _ = write!(text, " >{:?} {:?}", output.processing, output.target);
                for limit in &output.limits {
                    let _ = write!(text, " {}.{}/{}", limit.node, limit.port, limit.packets);
                }
            }
            text.push('\n');
        }
        let _ = writeln!(text, "order {:?}", self.order);
        let _ = writeln!(text, "tasks {:?} flushes {:?}", self.tasks, self.flushes);
        for edge in &self.back_edges {
            let _ = writeln!(text, "back {}.{}", edge.node, edge.port);
        }
        text
    }
}
