//! How errors in a graph look, on a terminal and in a file.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use pkgraph_lang::{Diagnostic, Sources, Span};
use pkgraph_runtime::output;
use std::io::{IsTerminal, stderr};

/// Prints errors of a graph on standard error.
pub fn print(sources: &Sources, errors: &[Diagnostic]) {
    output::say_text(&text(sources, errors));
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
