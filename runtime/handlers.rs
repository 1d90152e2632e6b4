//! Handlers by name: `NAME.HANDLER`, those of elements and those that every
//! element has.

use crate::{Engine, HandlerError, NodeId, Plan};
use std::fmt::Write;

/// Handlers that every element has, served from the Plan.
const COMMON: [&str; 5] = ["class", "config", "handlers", "name", "ports"];

/// Finds the element and the handler that `name.handler` means.
///
/// The error is a sentence for the user.
pub fn resolve<'a>(plan: &Plan, text: &'a str) -> Result<(NodeId, &'a str), String> {
    let (name, handler) =
        text.rsplit_once('.').ok_or_else(|| format!("'{text}': expected NAME.HANDLER"))?;
    let node = plan.find(name).ok_or_else(|| {
        let names: Vec<&str> = plan.nodes.iter().map(|node| node.name.as_str()).collect();
        format!("no element named '{name}'; there are {}", names.join(", "))
    })?;
    let own = plan.nodes[node].handlers.iter().any(|h| h.name == handler);
    if !own && !COMMON.contains(&handler) {
        let mut known: Vec<&str> =
            plan.nodes[node].handlers.iter().map(|h| h.name.as_str()).collect();
        known.extend(COMMON);
        return Err(format!("'{name}' has no handler '{handler}'; it has {}", known.join(", ")));
    }
    Ok((node, handler))
}

/// Reads a handler of `node`, its own or a common one.
pub fn read(engine: &Engine, node: NodeId, handler: &str) -> Result<String, HandlerError> {
    common(engine.plan(), node, handler).map_or_else(|| engine.read(node, handler), Ok)
}

/// Writes a handler of `node`.
pub fn write(
    engine: &Engine,
    node: NodeId,
    handler: &str,
    value: &str,
) -> Result<(), HandlerError> {
    if COMMON.contains(&handler) {
        return Err(HandlerError::NotWritable);
    }
    engine.write(node, handler, value)
}

fn common(plan: &Plan, id: NodeId, handler: &str) -> Option<String> {
    let node = &plan.nodes[id];
    let mut text = String::new();
    // Writing to a String does not fail.
    match handler {
        "class" => text.push_str(&node.class),
        "name" => text.push_str(&node.name),
        "config" => text.push_str(&node.config),
        "handlers" => {
            for common in COMMON {
                let _ = writeln!(text, "{common}\tr");
            }
            for own in &node.handlers {
                let (read, write) =
                    (if own.read { "r" } else { "" }, if own.write { "w" } else { "" });
                let _ = writeln!(text, "{}\t{read}{write}", own.name);
            }
        }
        "ports" => {
            let _ = writeln!(text, "{} inputs, {} outputs", node.inputs.len(), node.outputs.len());
        }
        _ => return None,
    }
    Some(text)
}

/// A line for each element that counts something: all of its handlers that
/// read as numbers; and, whole, the handlers `counters` and `delay`.
pub fn statistics(engine: &Engine) -> String {
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
