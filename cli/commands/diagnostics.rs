//! How errors in a graph look: on a terminal, in a file, to an editor.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use pkgraph_lang::{Diagnostic, Sources, Span};
use serde_json::{Value, json};
use std::io::{IsTerminal, stderr};
use std::path::Path;

/// Prints errors of a graph on standard error.
pub fn print(sources: &Sources, errors: &[Diagnostic]) {
    eprint!("{}", text(sources, errors));
}

/// Errors of a graph as standard error takes them.
pub fn text(sources: &Sources, errors: &[Diagnostic]) -> String {
    let styled = stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    render(sources, errors, styled)
}

/// Renders `diagnostics` about `sources`, each with the lines it is about and
/// what to do, and one empty line between two. Color and style only if
/// `styled`, for a terminal.
fn render(sources: &Sources, diagnostics: &[Diagnostic], styled: bool) -> String {
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    let rendered: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| renderer.render(&[group(sources, diagnostic)]) + "\n")
        .collect();
    rendered.join("\n")
}

fn group<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic) -> Group<'a> {
    let title = Level::ERROR.primary_title(&diagnostic.message);
    let group = match diagnostic.span {
        None => Group::with_title(title),
        Some(span) => title.elements(snippets(sources, span, diagnostic)),
    };
    let notes = diagnostic.notes.iter().map(|note| Level::NOTE.message(note));
    let help = diagnostic.help.iter().map(|help| Level::HELP.message(help));
    group.elements(notes).elements(help)
}

/// The lines of each file that the error is about, the place itself first.
fn snippets<'a>(
    sources: &'a Sources,
    span: Span,
    diagnostic: &'a Diagnostic,
) -> Vec<Snippet<'a, Annotation<'a>>> {
    let primary = (AnnotationKind::Primary, span, diagnostic.label.as_str());
    let others = diagnostic
        .labels
        .iter()
        .map(|label| (AnnotationKind::Context, label.span, label.text.as_str()));
    let mut snippets: Vec<(usize, Snippet<'a, Annotation<'a>>)> = Vec::new();
    for (kind, span, label) in std::iter::once(primary).chain(others) {
        let excerpt = sources.excerpt(span.start);
        let end = span.end.min(excerpt.start + excerpt.text.len());
        let annotation = kind.span(span.start - excerpt.start..end - excerpt.start);
        let annotation = labelled(annotation, label);
        let known = snippets.iter().position(|(start, _)| *start == excerpt.start);
        let snippet = match known {
            Some(i) => snippets.remove(i).1,
            None => Snippet::source(excerpt.text).path(excerpt.name).line_start(excerpt.line),
        };
        let at = known.unwrap_or(snippets.len());
        snippets.insert(at, (excerpt.start, snippet.annotation(annotation)));
    }
    snippets.into_iter().map(|(_, snippet)| snippet).collect()
}

fn labelled<'a>(annotation: Annotation<'a>, label: &'a str) -> Annotation<'a> {
    if label.is_empty() { annotation } else { annotation.label(label) }
}

/// An error of the graph in `path`. Lines and columns count from 1, columns in
/// characters; the end is the place behind the last character. What is about
/// no place has neither. `related` has the other places, and `within` the
/// compound element in which it is wrong.
pub fn json(sources: &Sources, path: &Path, error: &Diagnostic) -> Value {
    let mut object = match error.span {
        Some(span) => place(sources, span),
        None => json!({ "file": path.display().to_string() }),
    };
    let related = error.labels.iter().map(|label| {
        let mut related = place(sources, label.span);
        related["message"] = json!(label.text);
        related
    });
    object["severity"] = json!("error");
    object["message"] = json!(error.message);
    object["notes"] = json!(error.notes);
    object["help"] = json!(error.help);
    object["label"] = json!(error.label);
    object["related"] = Value::Array(related.collect());
    object["within"] = json!(error.within);
    object
}

/// A graph that cannot be read.
pub fn unreadable(path: &Path, message: &str) -> Value {
    let file = path.display().to_string();
    json!({ "file": file, "severity": "error", "message": message, "notes": [], "help": null })
}

fn place(sources: &Sources, span: Span) -> Value {
    let (start, end) = (sources.location(span.start), sources.location(span.end));
    json!({
        "file": start.file,
        "line": start.line,
        "column": start.column,
        "end": { "line": end.line, "column": end.column },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pkgraph_lang::Source;

    fn sources(name: &str, text: &str) -> Sources {
        let mut sources = Sources::default();
        sources.add(&Source { name: name.into(), text: text.into() });
        sources
    }

    #[test]
    fn places_are_given_as_file_line_and_column() {
        let text = "a ->\n  ü b\n";
        let sources = sources("g.click", text);
        let at = text.find('b').unwrap();
        let diagnostic = Diagnostic::new(Span { start: at, end: at + 1 }, "wrong");
        let plain = render(&sources, std::slice::from_ref(&diagnostic), false);
        assert!(plain.contains("g.click:2:5"), "{plain}");
        assert!(!plain.contains('\x1b'));
        assert!(render(&sources, &[diagnostic], true).contains('\x1b'));
    }

    #[test]
    fn what_has_no_place_is_said_all_the_same() {
        let diagnostic = Diagnostic::new(None, "the graph does not define `X`").help("define it");
        let text = render(&sources("g.click", ""), &[diagnostic], false);
        assert!(text.starts_with("error: the graph does not define `X`"), "{text}");
        assert!(text.contains("help: define it"), "{text}");
    }
}
