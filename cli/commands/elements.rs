//! `pkgraph elements`: what elements there are, and the page of one.

use super::describe::{self, Port};
use super::reference;
use crate::program::{self, BAD_GRAPH};
use pkgraph_lang::ast::Identifier;
use pkgraph_lang::checks::names::NameError;
use pkgraph_lang::{Catalogue, Diagnostic, Span};
use pkgraph_runtime::{ElementInfo, say};
use pkgraph_serve::handlers;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::ExitCode;

/// Lists the elements, or says all about some.
#[derive(clap::Args, Debug)]
pub struct ElementsArgs {
    /// The elements; without one, all are listed by subject.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Prints the reference in Markdown.
    #[arg(long)]
    pub markdown: bool,
}

/// Columns of a line.
const WIDTH: usize = 80;

pub fn main(args: &ElementsArgs, catalogue: &Catalogue) -> ExitCode {
    let mut infos = Vec::new();
    for name in &args.names {
        match catalogue.get(name) {
            Some(info) => infos.push(info),
            None => {
                say!("{}", unknown(name, catalogue));
                return ExitCode::from(BAD_GRAPH);
            }
        }
    }
    let text = match (args.markdown, infos.is_empty()) {
        (true, true) => reference::reference(catalogue),
        (true, false) => reference::sections(&infos, catalogue),
        (false, true) => list(catalogue),
        (false, false) => infos.iter().map(|info| page(info)).collect::<Vec<_>>().join("\n"),
    };
    program::print(&text)
}

/// What a graph with this class would be told.
fn unknown(name: &str, catalogue: &Catalogue) -> String {
    let word = Identifier { text: name.to_string(), span: Span::default() };
    let known = catalogue.iter().map(|info| info.name);
    let error = Diagnostic::from(NameError::unknown_class(&word, known));
    match error.help {
        Some(help) => format!("{}\nhelp: {help}", error.message),
        None => format!("{}\nhelp: `pkgraph elements` lists them", error.message),
    }
}

/// The elements by subject, each sorted by name.
pub fn by_subject(catalogue: &Catalogue) -> BTreeMap<&'static str, Vec<&'static ElementInfo>> {
    let mut subjects: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for info in catalogue.iter() {
        subjects.entry(info.subject).or_default().push(info);
    }
    subjects
}

// Below, writing to a String does not fail.

fn list(catalogue: &Catalogue) -> String {
    let longest = catalogue.iter().map(|info| info.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (subject, infos) in by_subject(catalogue) {
        let _ = writeln!(text, "{subject}");
        for info in infos {
            let synopsis = describe::plain(info.synopsis, str::to_string);
            let start = format!("  {:longest$}  ", info.name);
            text.push_str(&paragraph(&synopsis, &start, longest + 4));
        }
        text.push('\n');
    }
    text.push_str("`pkgraph elements NAME` says more.\n");
    text
}

fn page(info: &ElementInfo) -> String {
    let plain = |text| describe::plain(text, |name| format!("`{name}`"));
    let mut text = format!("{} ({})\n\n", describe::usage(info), info.subject);
    text.push_str(&paragraph(&plain(info.synopsis), "", 0));
    if !info.description.is_empty() {
        let _ = writeln!(text, "\n{}", plain(info.description));
    }
    if let Some(needs) = describe::needs(info) {
        let _ = writeln!(text, "\n{needs}");
    }
    if !info.args.is_empty() {
        text.push_str("\nArguments, each also as NAME value\n");
        for arg in info.args {
            entry(&mut text, arg.name, &format!("{}, {}", arg.type_name, describe::how(arg)));
            text.push_str(&paragraph(&plain(arg.doc), "      ", 6));
        }
    }
    let [inputs, outputs] = describe::ports(info);
    for (title, ports) in [("Inputs", inputs), ("Outputs", outputs)] {
        if !ports.is_empty() {
            let _ = writeln!(text, "\n{title}");
        }
        for Port { label, kind, doc } in ports {
            entry(&mut text, &label.replace('`', ""), &kind);
            // Whoever writes an element may leave this out.
            if !doc.is_empty() {
                text.push_str(&paragraph(&plain(doc), "      ", 6));
            }
        }
    }
    text.push_str("\nHandlers\n");
    for handler in info.handlers {
        entry(&mut text, handler.name, describe::access(handler));
        text.push_str(&paragraph(&plain(handler.doc), "      ", 6));
    }
    let common: Vec<&str> = handlers::COMMON.iter().map(|handler| handler.name).collect();
    let _ = writeln!(text, "  {}: those of every element", common.join(", "));
    let annotations = [("requires", info.requires), ("reads", info.reads), ("writes", info.writes)];
    if annotations.iter().any(|(_, annotations)| !annotations.is_empty()) {
        text.push_str("\nAnnotations\n");
        for (what, annotations) in annotations {
            if let Some(names) = describe::annotations(annotations) {
                let _ = writeln!(text, "  {what} {names}");
            }
        }
    }
    text.push_str("\nExample\n");
    for line in info.example.lines() {
        let _ = writeln!(text, "  {line}");
    }
    if !info.output.is_empty() {
        text.push_str("\nHandlers at its end\n");
        for line in info.output.lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    text
}

fn entry(text: &mut String, name: &str, what: &str) {
    text.push_str(&paragraph(&format!("{name}: {what}"), "  ", 4));
}

/// The words of `text` in lines, the first behind `start`, the others behind
/// `indent` spaces.
fn paragraph(text: &str, start: &str, indent: usize) -> String {
    let indent = " ".repeat(indent);
    let options = textwrap::Options::new(WIDTH).initial_indent(start).subsequent_indent(&indent);
    format!("{}\n", textwrap::fill(text, options))
}
