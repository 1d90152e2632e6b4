//! The reference of the elements in Markdown: docs/elements.md.

use super::describe::{self, Port};
use super::elements::by_subject;
use pkgraph_lang::Catalogue;
use pkgraph_runtime::{Annotation, ElementInfo, HandlerInfo};
use pkgraph_serve::handlers;
use std::fmt::Write;

const INTRODUCTION: &str = "\
# The elements

*Made from the declarations of the elements by `pkgraph elements --markdown`; a
test compares the two.*

`pkgraph elements NAME` prints what stands here about one. An argument without
\"by name\" is given in its place, in this order, or as `NAME value`; the others
as `NAME value` only. Ports are push, pull, or either, which then is the same
for all such ports of one element.
";

// Below, writing to a String does not fail.

/// The whole reference.
pub fn reference(catalogue: &Catalogue) -> String {
    let mut text = format!("{INTRODUCTION}\n");
    let subjects = by_subject(catalogue);
    for (subject, infos) in &subjects {
        let names: Vec<String> = infos.iter().map(|info| link(info.name, catalogue)).collect();
        let _ = writeln!(text, "- **{subject}**: {}", names.join(", "));
    }
    for (subject, infos) in subjects {
        let _ = write!(text, "\n## Subject {subject}\n\n{}", sections(&infos, catalogue));
    }
    text.push_str("\n## Handlers of every element\n");
    handler_table(&mut text, &handlers::COMMON, catalogue);
    text.push_str("\n## Handlers of the graph\n");
    handler_table(&mut text, &handlers::GLOBAL, catalogue);
    text.push_str(
        "\n## Annotations\n\nWhat elements note about a packet without writing into its octets.\n",
    );
    table(&mut text, ["annotation", ""]);
    for annotation in Annotation::ALL {
        row(&mut text, [&annotation.to_string(), annotation.doc()], catalogue);
    }
    text
}

/// A section for each element.
pub fn sections(infos: &[&ElementInfo], catalogue: &Catalogue) -> String {
    infos.iter().map(|info| section(info, catalogue)).collect::<Vec<_>>().join("\n")
}

fn section(info: &ElementInfo, catalogue: &Catalogue) -> String {
    let plain = |text| describe::plain(text, |name| link(name, catalogue));
    let mut text = format!("### {}\n\n{}\n", info.name, plain(info.synopsis));
    let _ = write!(text, "\n```\n{}\n```\n", describe::usage(info));
    if !info.description.is_empty() {
        let _ = writeln!(text, "\n{}", plain(info.description));
    }
    if let Some(needs) = describe::needs(info) {
        let _ = writeln!(text, "\n{needs}");
    }
    if !info.args.is_empty() {
        table(&mut text, ["argument", "type", "", ""]);
        for arg in info.args {
            let cells = [&code(arg.name), arg.type_name, &how(arg), arg.doc];
            row(&mut text, cells, catalogue);
        }
    }
    let [inputs, outputs] = describe::ports(info);
    if !inputs.is_empty() || !outputs.is_empty() {
        table(&mut text, ["port", "", ""]);
    }
    for (side, ports) in [("input", inputs), ("output", outputs)] {
        for Port { label, kind, doc } in ports {
            row(&mut text, [&format!("{side} {label}"), &kind, doc], catalogue);
        }
    }
    if !info.handlers.is_empty() {
        handler_table(&mut text, info.handlers, catalogue);
    }
    let annotations = [("requires", info.requires), ("reads", info.reads), ("writes", info.writes)];
    let lines = annotations.into_iter().filter_map(|(what, annotations)| {
        describe::annotations(annotations).map(|names| format!("{what} {names}"))
    });
    let lines: Vec<String> = lines.collect();
    if !lines.is_empty() {
        let _ = writeln!(text, "\nAnnotations: {}.", lines.join("; "));
    }
    let _ = write!(text, "\nExample:\n\n```\n{}\n```\n", info.example);
    if !info.output.is_empty() {
        let _ = write!(text, "\nHandlers at its end:\n\n```\n{}\n```\n", info.output);
    }
    text
}

/// With the default as code, which it is.
fn how(arg: &pkgraph_runtime::ArgInfo) -> String {
    let how = describe::how(arg);
    match how.split_once("default ") {
        Some((place, default)) => format!("{place}default {}", code(default)),
        None => how,
    }
}

fn handler_table(text: &mut String, handlers: &[HandlerInfo], catalogue: &Catalogue) {
    table(text, ["handler", "", ""]);
    for handler in handlers {
        row(text, [&code(handler.name), describe::access(handler), handler.doc], catalogue);
    }
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

/// The name of an element, with a link to its section.
fn link(name: &str, catalogue: &Catalogue) -> String {
    match catalogue.get(name) {
        Some(_) => format!("[`{name}`](#{})", name.to_lowercase()),
        None => code(name),
    }
}

fn table<const N: usize>(text: &mut String, titles: [&str; N]) {
    let _ = writeln!(text, "\n| {} |\n|{}", titles.join(" | "), " --- |".repeat(N));
}

fn row<const N: usize>(text: &mut String, cells: [&str; N], catalogue: &Catalogue) {
    let plain = |text| describe::plain(text, |name| link(name, catalogue));
    let cells = cells.map(|cell| plain(cell).replace('|', "\\|"));
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}
