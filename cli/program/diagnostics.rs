//! How errors in a graph look, on a terminal and in a file.

use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet,
};
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
        .map(|diagnostic| without_nameless(&renderer.render(&[group(sources, diagnostic)])))
        .collect();
    rendered.join("\n")
}

/// The text without the lines `:::` that the renderer puts before a part of a long
/// line, whose name and place stand before it already.
fn without_nameless(text: &str) -> String {
    let is_nameless = |line: &str| {
        let mut escaped = false;
        let visible = line.chars().filter(|c| {
            escaped |= *c == '\x1b';
            let visible = !escaped;
            escaped &= *c != 'm';
            visible
        });
        line.contains(":::") && visible.collect::<String>().trim() == ":::"
    };
    let kept = text.lines().filter(|line| !is_nameless(line));
    kept.flat_map(|line| [line, "\n"]).collect()
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

/// A place, how it is marked, and what stands under it.
type Mark<'a> = (AnnotationKind, Span, &'a str);

/// Places further apart than this are shown apart, and of a longer line a part.
const NEAR: usize = 4096;
/// Octets on both sides of a place in a long line.
const AROUND: usize = 60;

/// The lines of each file that the error is about, the place itself first. Only
/// they are handed on, so that an error in a long text costs no more than one in a
/// short text.
fn snippets<'a>(sources: &'a Sources, span: Span, diagnostic: &'a Diagnostic) -> Vec<Element<'a>> {
    let primary = (AnnotationKind::Primary, span, diagnostic.label.as_str());
    let others = diagnostic
        .labels
        .iter()
        .map(|label| (AnnotationKind::Context, label.span, label.text.as_str()));
    // Marks close to each other, with what they cover.
    let mut near: Vec<(Span, Vec<Mark<'a>>)> = Vec::new();
    for mark in std::iter::once(primary).chain(others) {
        let covered = |with: &Span| Span {
            start: with.start.min(mark.1.start),
            end: with.end.max(mark.1.end),
        };
        let file = |span: Span| sources.excerpt(span.start).start;
        let joins = |with: &Span| {
            let all = covered(with);
            file(*with) == file(mark.1) && all.end - all.start <= NEAR
        };
        match near.iter_mut().find(|(with, _)| joins(with)) {
            Some((with, marks)) => {
                *with = covered(with);
                marks.push(mark);
            }
            None => near.push((mark.1, vec![mark])),
        }
    }
    near.into_iter().flat_map(|(covered, marks)| shown(sources, covered, marks)).collect()
}

/// The lines that `covered` is on with `marks` in them; of long ones what is around
/// each mark.
fn shown<'a>(sources: &'a Sources, covered: Span, marks: Vec<Mark<'a>>) -> Vec<Element<'a>> {
    let lines = sources.lines(covered);
    if lines.text.len() <= 2 * NEAR {
        let annotations = marks.into_iter().map(|mark| annotation(mark, lines.start, lines.text));
        let snippet = Snippet::source(lines.text).path(lines.name).line_start(lines.line);
        return vec![snippet.annotations(annotations).into()];
    }
    let part = |mark: Mark<'a>| {
        let (from, to) = (mark.1.start.saturating_sub(AROUND), mark.1.start + AROUND);
        let start = lines.text.floor_char_boundary(from.saturating_sub(lines.start));
        let end = lines.text.ceil_char_boundary(to.saturating_sub(lines.start));
        let text = &lines.text[start..end];
        let at = sources.location(mark.1.start);
        let origin = Origin::path(lines.name).line(at.line).char_column(at.column);
        let line = at.line - text[..mark.1.start - lines.start - start].matches('\n').count();
        let annotation = annotation(mark, lines.start + start, text);
        [origin.into(), Snippet::source(text).line_start(line).annotation(annotation).into()]
    };
    marks.into_iter().flat_map(part).collect()
}

/// Marks a place in `text`, which starts at `start`.
fn annotation<'a>((kind, span, label): Mark<'a>, start: usize, text: &str) -> Annotation<'a> {
    let end = (span.end - start).min(text.len());
    let end = text.floor_char_boundary(end);
    labelled(kind.span(span.start - start..end), label)
}

fn labelled<'a>(annotation: Annotation<'a>, label: &'a str) -> Annotation<'a> {
    if label.is_empty() { annotation } else { annotation.label(label) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pkgraph_lang::Source;
    use pkgraph_runtime::CpuTime;

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
    fn of_a_long_line_a_part_is_shown() {
        let text = format!("ok;\n{}here {}", "é ".repeat(50_000), "x ".repeat(50_000));
        let sources = sources("g.click", &text);
        let at = text.find("here").unwrap();
        let diagnostic = Diagnostic::new(Span { start: at, end: at + 4 }, "wrong")
            .label(Span { start: 0, end: 2 }, "there");
        for styled in [false, true] {
            let text = render(&sources, std::slice::from_ref(&diagnostic), styled);
            assert!(text.len() < 2000 && text.contains("g.click:2:100001"), "{text}");
            assert!(text.contains("g.click:1:1"), "{text}");
        }
        let plain = render(&sources, &[diagnostic], false);
        let mut lines = plain.lines().skip(3);
        let (line, mark) = (lines.next().unwrap(), lines.next().unwrap());
        let column = |text: &str, of| text[..text.find(of).unwrap()].chars().count();
        assert!(line.starts_with("2 | "), "{plain}");
        assert_eq!(column(line, "here"), column(mark, "^^^^"), "{plain}");
    }

    #[test]
    fn printing_takes_as_long_as_there_are_errors() {
        let time = |n: usize| {
            let text = "x ".repeat(n);
            let sources = sources("g.click", &text);
            let error = |i: usize| Diagnostic::new(Span { start: 2 * i, end: 2 * i + 1 }, "wrong");
            let errors: Vec<Diagnostic> = (0..n).map(error).collect();
            let start = CpuTime::of_this_thread();
            let _ = render(&sources, &errors, false);
            let used = CpuTime::of_this_thread().since(start);
            used.user + used.kernel
        };
        // Longer lines than are shown whole, and a slip of the clock is tried again.
        let tries = (0..5).map(|_| (time(5_000), time(20_000)));
        assert!(tries.into_iter().any(|(small, large)| large < small * 8));
    }

    #[test]
    fn what_has_no_place_is_said_all_the_same() {
        let diagnostic = Diagnostic::new(None, "the graph does not define `X`").help("define it");
        let text = render(&sources("g.click", ""), &[diagnostic], false);
        assert!(text.starts_with("error: the graph does not define `X`"), "{text}");
        assert!(text.contains("help: define it"), "{text}");
    }
}
