//! A picture in DOT, for Graphviz and other tools.

use super::{Element, Picture, Port, around, short};
use std::fmt::{self, Write};

pub fn print(picture: &Picture<'_>) -> String {
    let mut out = String::from("digraph {\n");
    out.push_str("    node [shape=record, fontname=\"monospace\"];\n");
    cluster(&mut out, picture, None, 1).expect("writing to a String does not fail");
    for connection in &picture.connections {
        let ((from, output), (to, input)) = (connection.from, connection.to);
        let style = if connection.pulls { " [style=dashed, arrowhead=empty]" } else { "" };
        let _ = writeln!(out, "    e{from}:o{output}:s -> e{to}:i{input}:n{style};");
    }
    out.push_str("}\n");
    out
}

/// What is in `compound`, or in none.
fn cluster(
    out: &mut String,
    picture: &Picture<'_>,
    compound: Option<&str>,
    depth: usize,
) -> fmt::Result {
    let indent = "    ".repeat(depth);
    for (id, element) in picture.elements.iter().enumerate() {
        if around(&element.node.name) == compound {
            writeln!(out, "{indent}e{id} [label=\"{}\"];", record(element))?;
        }
    }
    for (number, inner) in picture.compounds.iter().enumerate() {
        if around(inner) == compound {
            writeln!(out, "{indent}subgraph cluster_{number} {{")?;
            writeln!(out, "{indent}    label=\"{}\";", escape(short(inner)))?;
            cluster(out, picture, Some(inner), depth + 1)?;
            writeln!(out, "{indent}}}")?;
        }
    }
    Ok(())
}

/// Inputs above the name, outputs below.
fn record(element: &Element<'_>) -> String {
    let ports = |ports: &[Port], letter: char| {
        let port = |(i, port): (usize, &Port)| format!("<{letter}{i}> {}", escape(&port.label));
        ports.iter().enumerate().map(port).collect::<Vec<_>>().join("|")
    };
    let (inputs, outputs) = (ports(&element.inputs, 'i'), ports(&element.outputs, 'o'));
    let above = if inputs.is_empty() { String::new() } else { format!("{{{inputs}}}|") };
    let below = if outputs.is_empty() { String::new() } else { format!("|{{{outputs}}}") };
    format!("{{{above}{}{below}}}", escape(&element.label()))
}

/// What means something else in a record, or in a string.
fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        if "\\\"{}|<> ".contains(c) && c != ' ' {
            out.push('\\');
        }
        out.push(c);
        out
    })
}
