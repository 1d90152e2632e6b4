//! What the parser generator's errors say in our words.

use super::Rule;
use crate::scan::{self, Unclosed};
use crate::{Diagnostic, Span};
use pest::error::{Error, ErrorVariant, InputLocation};
use std::ops::Range;

/// The diagnostic for `error`, which happened in `text`, and the statement to
/// leave out when looking for further errors, if that makes sense.
pub(super) fn diagnostic(text: &str, error: &Error<Rule>) -> (Diagnostic, Option<Range<usize>>) {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    // Something that is never closed eats the rest of the text, so the place
    // where the parser gave up says nothing.
    if let Some((unclosed, span)) = scan::unclosed(text) {
        return (self::unclosed(unclosed, span), None);
    }
    let span = word_at(text, at);
    let found = match &text[span.range()] {
        "" => "end of the text".to_string(),
        word => format!("`{word}`"),
    };
    let diagnostic = Diagnostic::new(span, format!("unexpected {found}"));
    if text[at..].starts_with('{') || text[at..].starts_with("elementclass") {
        return (diagnostic.help("compound elements are not part of this language yet"), None);
    }
    let diagnostic = match expected(error) {
        Some(expected) => diagnostic.under(format!("expected {expected}")),
        None => diagnostic,
    };
    (diagnostic, scan::statement(text, at))
}

fn unclosed(what: Unclosed, span: Span) -> Diagnostic {
    let (name, closer) = match what {
        Unclosed::Comment => ("comment", "*/"),
        Unclosed::DoubleQuote => ("string", "\""),
        Unclosed::SingleQuote => ("string", "'"),
        Unclosed::Data => ("data", ">"),
        Unclosed::Parenthesis => ("parenthesis", ")"),
    };
    Diagnostic::new(span, format!("this {name} is not closed"))
        .help(format!("close it with `{closer}`"))
}

/// The word, arrow or character at `at`.
fn word_at(text: &str, at: usize) -> Span {
    let rest = &text[at..];
    let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '@'));
    let length = match word.unwrap_or(rest.len()) {
        0 if ["->", "=>", "::", "||"].iter().any(|token| rest.starts_with(token)) => 2,
        0 => rest.chars().next().map_or(0, char::len_utf8),
        length => length,
    };
    Span { start: at, end: at + length }
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
        Rule::element | Rule::elements | Rule::declaration | Rule::reference => "an element",
        Rule::arrow => "an arrow",
        Rule::config | Rule::config_text => "`(`",
        Rule::port | Rule::port_item => "a port",
        Rule::open_end => "`,` or `]`",
        Rule::connection | Rule::require | Rule::define => "a statement",
        Rule::input_ports | Rule::output_ports => "`[`",
        Rule::require_word | Rule::define_word => "a statement",
        _ => return None,
    })
}
