//! What is said of a text that does not fit the grammar.

use crate::{Diagnostic, Span};
use std::ops::Range;

/// The diagnostic for the word at `at` of `text`, where one of `expected` could
/// stand. The text itself starts at `base` among all texts.
pub(super) fn diagnostic(
    text: &str,
    base: usize,
    at: usize,
    mut expected: Vec<&str>,
) -> Diagnostic {
    let Range { start, end } = word_at(text, at);
    let found = match &text[start..end] {
        "" => "end of the text".to_string(),
        word => format!("`{word}`"),
    };
    let span = Span { start: base + start, end: base + end };
    let diagnostic = Diagnostic::new(span, format!("unexpected {found}"));
    // Several rules may have looked for the same.
    expected.sort_unstable();
    expected.dedup();
    match expected.as_slice() {
        [] => diagnostic,
        [one] => diagnostic.under(format!("expected {one}")),
        [rest @ .., last] => diagnostic.under(format!("expected {} or {last}", rest.join(", "))),
    }
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
