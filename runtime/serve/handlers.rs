//! Handlers by name: those of elements, those that every element has, and the
//! global ones. Names and forms are Click's.

use pkgraph_runtime::{EngineHandle, HandlerError, HandlerInfo, NodeId, Plan, Processing, Target};
use std::fmt::Write;

/// Handlers that every element has, served from the Plan.
pub static COMMON: [HandlerInfo; 5] = [
    read_only("class", "The element's class."),
    read_only("config", "Its arguments, as the graph has them."),
    read_only("handlers", "A line for each handler: name, then r and w for read and write."),
    read_only("name", "The element's name."),
    read_only("ports", "A line for each port: push or pull, and what it is connected to."),
];

/// Handlers of no element, served from the Plan.
pub static GLOBAL: [HandlerInfo; 9] = [
    read_only(
        "allocations",
        "Allocations on the heap by the program so far; empty if it does not count them.",
    ),
    read_only("classes", "The classes of the graph's elements, a line each."),
    read_only("config", "The graph as it runs, compounds expanded."),
    read_only("flatconfig", "The same as config."),
    read_only("list", "How many elements there are, then their names, a line each."),
    read_only("packages", "Nothing: there are no packages to load."),
    read_only("requirements", "Nothing: what a graph requires has been read already."),
    read_only("version", "The version of pkgraph."),
    read_only("waits", "How often the engine has waited for descriptors (epoll_wait)."),
];

const fn read_only(name: &'static str, doc: &'static str) -> HandlerInfo {
    HandlerInfo { name, read: true, write: false, doc }
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolveError {
    /// There is no such element; the sentence names those there are.
    NoElement(String),
    /// There is no such handler; the sentence names those there are.
    NoHandler(String),
}

impl From<ResolveError> for String {
    fn from(error: ResolveError) -> String {
        match error {
            ResolveError::NoElement(why) | ResolveError::NoHandler(why) => why,
        }
    }
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
    let own = plan.nodes[node].handlers.iter().map(|h| h.name.as_str());
    if own.clone().chain(common_names()).any(|known| known == handler) {
        return Ok(Resolved::Element(node, handler));
    }
    let known: Vec<&str> = own.chain(common_names()).collect();
    let why = format!("'{name}' has no handler '{handler}'; it has {}", known.join(", "));
    Err(ResolveError::NoHandler(why))
}

/// Reads a handler.
pub fn read(engine: &EngineHandle, handler: Resolved<'_>) -> Result<String, HandlerError> {
    match handler {
        Resolved::Global(name) => Ok(global(engine, name)),
        Resolved::Element(node, name) => {
            common(engine.plan(), node, name).map_or_else(|| engine.read(node, name), Ok)
        }
    }
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

fn global(engine: &EngineHandle, handler: &str) -> String {
    let plan = engine.plan();
    let mut text = String::new();
    match handler {
        "allocations" => {
            text = pkgraph_runtime::allocations().map_or(String::new(), |count| count.to_string());
        }
        "waits" => text = engine.waits().to_string(),
        "version" => text.push_str(env!("CARGO_PKG_VERSION")),
        "list" => {
            let _ = writeln!(text, "{}", plan.nodes.len());
            for node in &plan.nodes {
                let _ = writeln!(text, "{}", node.name);
            }
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
    text
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

fn common(plan: &Plan, id: NodeId, handler: &str) -> Option<String> {
    let node = &plan.nodes[id];
    let mut text = String::new();
    match handler {
        "class" => text.push_str(&node.class),
        "name" => text.push_str(&node.name),
        "config" => text.push_str(&node.config),
        "handlers" => {
            for common in common_names() {
                let _ = writeln!(text, "{common}\tr");
            }
            for own in &node.handlers {
                let read = if own.read { "r" } else { "" };
                let write = if own.write { "w" } else { "" };
                let _ = writeln!(text, "{}\t{read}{write}", own.name);
            }
        }
        "ports" => {
            let inputs = node.inputs.iter().map(|input| input.processing);
            ports(&mut text, plan, "input", inputs, |port| before(plan, id, port));
            let outputs = node.outputs.iter().map(|output| output.processing);
            ports(&mut text, plan, "output", outputs, |port| behind(plan, id, port));
        }
        _ => return None,
    }
    Some(text)
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
/// read as numbers and are no settings; and, whole, the handlers `counters`
/// and `delay`.
pub fn statistics(engine: &EngineHandle) -> String {
    let mut text = String::new();
    for (id, node) in engine.plan().nodes.iter().enumerate() {
        let mut numbers = String::new();
        let mut tables = String::new();
        // What can be written too is a setting.
        for handler in node.handlers.iter().filter(|handler| handler.read && !handler.write) {
            let Ok(value) = engine.read(id, &handler.name) else { continue };
            let value = value.trim();
            if value.parse::<f64>().is_ok() {
                let _ = write!(numbers, "  {} {value}", handler.name);
            } else if ["counters", "delay"].contains(&handler.name.as_str()) {
                let _ = writeln!(tables, "{} {}:", node.name, handler.name);
                for line in value.lines() {
                    let _ = writeln!(tables, "    {line}");
                }
            }
        }
        if !numbers.is_empty() {
            let _ = writeln!(text, "{} :: {}{numbers}", node.name, node.class);
        }
        text.push_str(&tables);
    }
    text
}
