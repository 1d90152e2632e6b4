//! How errors in a graph look on a terminal, and in a file.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use pkgraph_lang::{Diagnostic, Source};
use std::io::{IsTerminal, stderr};

/// Prints errors of a graph on standard error.
pub fn print(source: &Source, errors: &[Diagnostic]) {
    let styled = stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    eprint!("{}", render(source, errors, styled));
}

/// Renders `diagnostics` about `source`, each with the lines it is about and
/// what to do, and one empty line between two. Color and style only if
/// `styled`, for a terminal.
fn render(source: &Source, diagnostics: &[Diagnostic], styled: bool) -> String {
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    let rendered: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| renderer.render(&[group(source, diagnostic)]) + "\n")
        .collect();
    rendered.join("\n")
}

fn group<'a>(source: &'a Source, diagnostic: &'a Diagnostic) -> Group<'a> {
    let title = Level::ERROR.primary_title(&diagnostic.message);
    let group = match diagnostic.span {
        None => Group::with_title(title),
        Some(span) => {
            let primary = AnnotationKind::Primary.span(span.range());
            let others = diagnostic.labels.iter().map(|label| {
                labelled(AnnotationKind::Context.span(label.span.range()), &label.text)
            });
            title.element(
                Snippet::source(&source.text)
                    .path(&source.name)
                    .annotation(labelled(primary, &diagnostic.label))
                    .annotations(others),
            )
        }
    };
    let notes = diagnostic.notes.iter().map(|note| Level::NOTE.message(note));
    let help = diagnostic.help.iter().map(|help| Level::HELP.message(help));
    group.elements(notes).elements(help)
}

fn labelled<'a>(annotation: Annotation<'a>, label: &'a str) -> Annotation<'a> {
    if label.is_empty() { annotation } else { annotation.label(label) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_given_as_file_line_and_column() {
        let source = Source { name: "g.click".into(), text: "a ->\n  ü b\n".into() };
        let at = source.text.find('b').unwrap();
        let diagnostic = Diagnostic::new(pkgraph_lang::Span { start: at, end: at + 1 }, "wrong");
        let plain = render(&source, std::slice::from_ref(&diagnostic), false);
        assert!(plain.contains("g.click:2:5"), "{plain}");
        assert!(!plain.contains('\x1b'));
        assert!(render(&source, &[diagnostic], true).contains('\x1b'));
    }

    #[test]
    fn what_has_no_place_is_said_all_the_same() {
        let source = Source { name: "g.click".into(), text: String::new() };
        let diagnostic = Diagnostic::new(None, "the graph does not define `X`").help("define it");
        let text = render(&source, &[diagnostic], false);
        assert!(text.starts_with("error: the graph does not define `X`"), "{text}");
        assert!(text.contains("help: define it"), "{text}");
    }
}
