//! Handlers by name: those of elements, those that every element has, and the
//! global ones. Names and forms are Click's.

use crate::Reading;
use pkgraph_runtime::{
    Column, EngineHandle, Handler, HandlerError, HandlerInfo, HandlerValue, Kind, Node, NodeId,
    Plan, Processing, Purpose, Quantity, Table, Target, Value,
};
use std::borrow::Cow;
use std::fmt::Write;
use thiserror::Error;

const ACCESS: &[Column] = &[Column::text("name"), Column::text("access")];
const CLASSES: &[Column] = &[Column::text("name"), Column::text("class")];

/// Handlers that every element has, served from the Plan.
pub static COMMON: [HandlerInfo; 5] = [
    read_only("class", "The element's class."),
    read_only("config", "Its arguments, as the graph has them."),
    names("handlers", "A line for each handler: name, then r and w for read and write.", ACCESS),
    read_only("name", "The element's name."),
    read_only("ports", "A line for each port: push or pull, and what it is connected to."),
];

/// Handlers of no element, served from the Plan.
pub static GLOBAL: [HandlerInfo; 9] = [
    growing(
        "allocations",
        "Allocations on the heap by the program so far; empty if it does not count them.",
    ),
    read_only("classes", "The classes of the graph's elements, a line each."),
    read_only("config", "The graph as it runs, compounds expanded."),
    read_only("flatconfig", "The same as config."),
    names("list", "How many elements there are, then their names, a line each.", CLASSES),
    read_only("packages", "Nothing: there are no packages to load."),
    read_only("requirements", "Nothing: what a graph requires has been read already."),
    read_only("version", "The version of pkgraph."),
    growing("waits", "How often the engine has waited for descriptors (epoll_wait)."),
];

const fn read_only(name: &'static str, doc: &'static str) -> HandlerInfo {
    known(name, doc, Kind::Text, false)
}

/// A number that counts what it is called.
const fn growing(name: &'static str, doc: &'static str) -> HandlerInfo {
    known(name, doc, Kind::Number, true)
}

const fn known(name: &'static str, doc: &'static str, kind: Kind, grows: bool) -> HandlerInfo {
    HandlerInfo {
        name,
        read: true,
        write: false,
        kind,
        quantity: Quantity::new(if grows { name } else { "" }, grows),
        purpose: Purpose { summary: false, metrics: false },
        doc,
    }
}

/// A table of names and something else about each.
const fn names(name: &'static str, doc: &'static str, columns: &'static [Column]) -> HandlerInfo {
    known(name, doc, Kind::Table(Cow::Borrowed(columns)), false)
}

fn common_names<'a>() -> impl Iterator<Item = &'a str> + Clone {
    COMMON.iter().map(|handler| handler.name)
}

fn is_common(name: &str) -> bool {
    common_names().any(|common| common == name)
}

/// What a handler's name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved<'a> {
    /// A handler of an element, its own or a common one.
    Element(NodeId, &'a str),
    /// A global handler.
    Global(&'a str),
}

/// Why a name means no handler.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ResolveError {
    /// There is no such element; the sentence names those there are.
    #[error("{0}")]
    NoElement(String),
    /// There is no such handler; the sentence names those there are.
    #[error("{0}")]
    NoHandler(String),
}

/// Finds the handler that `NAME.HANDLER`, `NUMBER.HANDLER` (elements count
/// from 1) or `HANDLER` means.
pub fn resolve<'a>(plan: &Plan, text: &'a str) -> Result<Resolved<'a>, ResolveError> {
    let Some((name, handler)) = text.rsplit_once('.') else {
        let globals: Vec<&str> = GLOBAL.iter().map(|handler| handler.name).collect();
        return if globals.contains(&text) {
            Ok(Resolved::Global(text))
        } else {
            let known = globals.join(", ");
            let why = format!("no global handler '{text}'; there are {known}, and NAME.HANDLER");
            Err(ResolveError::NoHandler(why))
        };
    };
    let number = || name.parse::<usize>().ok().filter(|n| (1..=plan.nodes.len()).contains(n));
    let Some(node) = plan.find(name).or_else(|| number().map(|n| n - 1)) else {
        let names: Vec<&str> = plan.nodes.iter().map(|node| node.name.as_str()).collect();
        let why = format!("no element named '{name}'; there are {}", names.join(", "));
        return Err(ResolveError::NoElement(why));
    };
    let own = plan.nodes[node].handlers.iter().map(|h| &*h.name);
    if own.clone().chain(common_names()).any(|known| known == handler) {
        return Ok(Resolved::Element(node, handler));
    }
    let known: Vec<&str> = own.chain(common_names()).collect();
    let why = format!("'{name}' has no handler '{handler}'; it has {}", known.join(", "));
    Err(ResolveError::NoHandler(why))
}

/// Reads a handler.
pub fn read(engine: &EngineHandle, handler: Resolved<'_>) -> Result<Value, HandlerError> {
    match (of_plan(engine.plan(), handler), handler) {
        (Some(value), _) => Ok(value),
        (None, Resolved::Element(node, name)) => engine.read(node, name),
        (None, Resolved::Global(_)) => Ok(engine.waits().value()),
    }
}

/// Reads a handler that does not depend on the running graph. `None` for the
/// elements' own, and for `waits`.
pub fn of_plan(plan: &Plan, handler: Resolved<'_>) -> Option<Value> {
    match handler {
        Resolved::Global(name) => global(plan, name),
        Resolved::Element(node, name) => common(plan, node, name),
    }
}

/// Reads a handler, with what is declared about its value.
pub fn reading(engine: &EngineHandle, handler: Resolved<'_>) -> Result<Reading, HandlerError> {
    let value = read(engine, handler)?;
    let (kind, quantity) = declared(engine.plan(), handler);
    Ok(Reading { value, kind, quantity })
}

/// What is declared about a handler's value.
pub fn declared(plan: &Plan, handler: Resolved<'_>) -> (Kind, Quantity) {
    let of = |known: &[HandlerInfo], name| {
        let info = known.iter().find(|info| info.name == name);
        info.map(|info| (info.kind.clone(), info.quantity.clone()))
    };
    let found = match handler {
        Resolved::Global(name) => of(&GLOBAL, name),
        Resolved::Element(node, name) => of(&COMMON, name).or_else(|| {
            let own = plan.nodes[node].handlers.iter().find(|own| own.name == name);
            own.map(|own| (own.kind.clone(), own.quantity.clone()))
        }),
    };
    found.unwrap_or((Kind::Text, Quantity::default()))
}

/// Writes a handler.
pub fn write(
    engine: &EngineHandle,
    handler: Resolved<'_>,
    value: &str,
) -> Result<(), HandlerError> {
    match handler {
        Resolved::Element(node, name) if !is_common(name) => engine.write(node, name, value),
        _ => Err(HandlerError::NotWritable),
    }
}

/// Whether a handler can be read and written.
pub fn access(plan: &Plan, handler: Resolved<'_>) -> (bool, bool) {
    match handler {
        Resolved::Element(node, name) if !is_common(name) => {
            let own = plan.nodes[node].handlers.iter().find(|h| h.name == name);
            own.map_or((false, false), |h| (h.read, h.write))
        }
        _ => (true, false),
    }
}

// Below, writing to a String does not fail.

fn global(plan: &Plan, handler: &str) -> Option<Value> {
    let mut text = String::new();
    match handler {
        "allocations" => {
            if let Some(count) = pkgraph_runtime::allocations() {
                return Some(count.value());
            }
        }
        "waits" => return None,
        "version" => text.push_str(env!("CARGO_PKG_VERSION")),
        "list" => {
            let _ = writeln!(text, "{}", plan.nodes.len());
            for node in &plan.nodes {
                let _ = writeln!(text, "{}", node.name);
            }
            let row = |node: &Node| vec![node.name.as_str().into(), node.class.as_str().into()];
            return Some(Value::Table(Table { rows: plan.nodes.iter().map(row).collect(), text }));
        }
        "classes" => {
            let mut classes: Vec<&str> = plan.nodes.iter().map(|n| n.class.as_str()).collect();
            classes.sort_unstable();
            classes.dedup();
            for class in classes {
                let _ = writeln!(text, "{class}");
            }
        }
        "config" | "flatconfig" => text = flat(plan),
        _ => {}
    }
    Some(Value::Text(text))
}

/// The graph as it runs: declarations, then connections.
fn flat(plan: &Plan) -> String {
    let mut text = String::new();
    for node in &plan.nodes {
        let _ = write!(text, "{} :: {}", node.name, node.class);
        let _ = match node.config.as_str() {
            "" => writeln!(text, ";"),
            config => writeln!(text, "({config});"),
        };
    }
    text.push('\n');
    for (id, node) in plan.nodes.iter().enumerate() {
        for port in 0..node.outputs.len() {
            for (to, input) in behind(plan, id, port) {
                let to = &plan.nodes[to].name;
                let _ = writeln!(text, "{}[{port}] -> [{input}]{to};", node.name);
            }
        }
    }
    text
}

/// The input ports behind an output port.
fn behind(plan: &Plan, id: NodeId, port: usize) -> Vec<(NodeId, usize)> {
    match plan.nodes[id].outputs[port].target {
        Some(Target::Forward { node, port }) => vec![(node, port)],
        Some(Target::Back(edge)) => {
            let edge = plan.back_edges[edge];
            vec![(edge.node, edge.port)]
        }
        // A pull edge is known at its other end.
        None => inputs(plan)
            .filter(|(n, i)| plan.nodes[*n].inputs[*i].source == Some((id, port)))
            .collect(),
    }
}

/// The output ports before an input port.
fn before(plan: &Plan, id: NodeId, port: usize) -> Vec<(NodeId, usize)> {
    let outputs = plan
        .nodes
        .iter()
        .enumerate()
        .flat_map(|(n, node)| (0..node.outputs.len()).map(move |o| (n, o)));
    outputs.filter(|(n, o)| behind(plan, *n, *o).contains(&(id, port))).collect()
}

fn inputs(plan: &Plan) -> impl Iterator<Item = (NodeId, usize)> {
    plan.nodes.iter().enumerate().flat_map(|(n, node)| (0..node.inputs.len()).map(move |i| (n, i)))
}

fn common(plan: &Plan, id: NodeId, handler: &str) -> Option<Value> {
    let node = &plan.nodes[id];
    let mut text = String::new();
    match handler {
        "class" => text.push_str(&node.class),
        "name" => text.push_str(&node.name),
        "config" => text.push_str(&node.config),
        "handlers" => {
            let own = node.handlers.iter().map(|own| {
                let access = match (own.read, own.write) {
                    (true, true) => "rw",
                    (false, true) => "w",
                    _ => "r",
                };
                (&*own.name, access)
            });
            let mut rows = Vec::new();
            for (name, access) in common_names().map(|name| (name, "r")).chain(own) {
                let _ = writeln!(text, "{name}\t{access}");
                rows.push(vec![name.into(), access.into()]);
            }
            return Some(Value::Table(Table { rows, text }));
        }
        "ports" => {
            let inputs = node.inputs.iter().map(|input| input.processing);
            ports(&mut text, plan, "input", inputs, |port| before(plan, id, port));
            let outputs = node.outputs.iter().map(|output| output.processing);
            ports(&mut text, plan, "output", outputs, |port| behind(plan, id, port));
        }
        _ => return None,
    }
    Some(Value::Text(text))
}

/// How many ports there are; then for each its kind, a dash where Click may
/// count packets, and what it is connected to.
fn ports(
    text: &mut String,
    plan: &Plan,
    side: &str,
    ports: impl ExactSizeIterator<Item = Processing>,
    peers: impl Fn(usize) -> Vec<(NodeId, usize)>,
) {
    let plural = if ports.len() == 1 { "" } else { "s" };
    let _ = writeln!(text, "{} {side}{plural}", ports.len());
    for (port, processing) in ports.enumerate() {
        let kind = if processing == Processing::Pull { "pull" } else { "push" };
        let peers: Vec<String> =
            peers(port).iter().map(|(n, p)| format!("{} [{p}]", plan.nodes[*n].name)).collect();
        let _ = writeln!(text, "{kind}\t-\t{}", peers.join(", "));
    }
}

/// A line for each element that counts something: all of its handlers that
/// read as numbers and are no settings; and, whole, the tables that are declared
/// to be in the summary.
pub fn statistics(engine: &EngineHandle) -> String {
    let nodes = &engine.plan().nodes;
    let wanted = |handler: &&Handler| {
        // What can be written too is a setting.
        let is_counted = handler.kind == Kind::Number || handler.purpose.summary;
        handler.read && !handler.write && is_counted
    };
    let of_node = |node: NodeId| nodes[node].handlers.iter().filter(wanted);
    let all =
        (0..nodes.len()).flat_map(|id| of_node(id).map(move |one| (id, one.name.to_string())));
    let mut values = engine.read_all(all.collect()).into_iter();
    let mut text = String::new();
    for (id, node) in nodes.iter().enumerate() {
        let mut numbers = String::new();
        let mut tables = String::new();
        for handler in of_node(id) {
            // Writing to a String does not fail.
            match values.next() {
                Some(Ok(Value::Number(number))) => {
                    let _ = write!(numbers, "  {} {number}", handler.name);
                }
                Some(Ok(value)) => {
                    let _ = writeln!(tables, "{} {}:", node.name, handler.name);
                    for line in value.to_string().lines() {
                        let _ = writeln!(tables, "    {line}");
                    }
                }
                Some(Err(_)) | None => {}
            }
        }
        if !numbers.is_empty() {
            let _ = writeln!(text, "{} :: {}{numbers}", node.name, node.class);
        }
        text.push_str(&tables);
    }
    text
}
