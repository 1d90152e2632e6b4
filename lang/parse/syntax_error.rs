//! What the parser generator's errors say in our words.

use super::Rule;
use crate::{Diagnostic, Span};
use pest::error::{Error, ErrorVariant, InputLocation};
use std::ops::Range;

/// Where `error` happened in the block that starts at `start` of `text`, and
/// the diagnostic. The text itself starts at `base` among all texts.
pub(super) fn diagnostic(
    text: &str,
    base: usize,
    start: usize,
    error: &Error<Rule>,
) -> (usize, Diagnostic) {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let Range { start, end } = word_at(text, start + at);
    let found = match &text[start..end] {
        "" => "end of the text".to_string(),
        word => format!("`{word}`"),
    };
    let span = Span { start: base + start, end: base + end };
    let diagnostic = Diagnostic::new(span, format!("unexpected {found}"));
    let diagnostic = match expected(error) {
        Some(expected) => diagnostic.under(format!("expected {expected}")),
        None => diagnostic,
    };
    (at, diagnostic)
}

/// The statement around `at` in a block, without its semicolon.
pub(super) fn statement(block: &str, at: usize) -> Range<usize> {
    let start = block[..at].rfind([';', '|']).map_or(0, |i| i + 1);
    let end = [";", "||"].iter().filter_map(|end| block[at..].find(end)).min();
    start..end.map_or(block.len(), |i| at + i)
}

/// The word, arrow or character at `at`.
fn word_at(text: &str, at: usize) -> Range<usize> {
    let rest = &text[at..];
    let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '@'));
    let length = match word.unwrap_or(rest.len()) {
        0 if rest.starts_with("...") => 3,
        0 if ["->", "=>", "::", "||"].iter().any(|token| rest.starts_with(token)) => 2,
        0 => rest.chars().next().map_or(0, char::len_utf8),
        length => length,
    };
    at..at + length
}

/// What could stand there instead.
fn expected(error: &Error<Rule>) -> Option<String> {
    let ErrorVariant::ParsingError { positives, .. } = &error.variant else { return None };
    let mut names: Vec<&str> = positives.iter().filter_map(name).collect();
    // In the order of the grammar, so that the sentence does not depend on
    // the generator's.
    names.sort_unstable();
    names.dedup();
    match names.as_slice() {
        [] => None,
        [one] => Some(one.to_string()),
        [rest @ .., last] => Some(format!("{} or {last}", rest.join(", "))),
    }
}

fn name(rule: &Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::identifier => "a name",
        Rule::element | Rule::elements | Rule::named | Rule::anonymous | Rule::group => {
            "an element"
        }
        Rule::arrow => "an arrow",
        Rule::config => "`(`",
        Rule::port | Rule::port_item => "a port",
        Rule::open_end => "`,` or `]`",
        Rule::connection | Rule::elementclass | Rule::require | Rule::define => "a statement",
        Rule::elementclass_word | Rule::require_word | Rule::define_word => "a statement",
        Rule::input_ports | Rule::output_ports => "`[`",
        Rule::compound => "`{`",
        Rule::variable => "a variable",
        Rule::bar => "`|`",
        Rule::definition => "a definition",
        Rule::rest => "`...`",
        _ => return None,
    })
}
