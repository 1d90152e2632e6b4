//! Quoting, comments and nesting inside configuration strings, and what of
//! them is never closed.

use crate::Span;
use std::ops::Range;

/// One argument of a configuration string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Argument {
    /// Its text: quoting kept, comments and the space around taken off.
    pub text: String,
    /// Its place in the configuration string.
    pub range: Range<usize>,
}

/// Splits a configuration string at its commas. A comma in quotes, in a
/// comment or in brackets does not count, and an empty argument at the end is
/// none.
pub(crate) fn split(config: &str) -> Vec<Argument> {
    // Brackets that do not pair up are no brackets.
    let nesting = brackets_pair_up(config);
    let mut arguments = Vec::new();
    let (mut start, mut depth, mut at) = (0, 0usize, 0);
    while at < config.len() {
        let end = token_end(config, at);
        match config.as_bytes()[at] {
            b'(' | b'[' if nesting => depth += 1,
            b')' | b']' if nesting => depth -= 1,
            b',' if depth == 0 => {
                arguments.push(argument(config, start..at));
                start = end;
            }
            _ => {}
        }
        at = end;
    }
    arguments.push(argument(config, start..config.len()));
    if arguments.last().is_some_and(|last| last.text.is_empty()) {
        arguments.pop();
    }
    arguments
}

fn brackets_pair_up(config: &str) -> bool {
    let mut open = Vec::new();
    let mut at = 0;
    while at < config.len() {
        match config.as_bytes()[at] {
            b'(' => open.push(b')'),
            b'[' => open.push(b']'),
            b @ (b')' | b']') if open.pop() != Some(b) => return false,
            _ => {}
        }
        at = token_end(config, at);
    }
    open.is_empty()
}

/// Takes the comments off one argument: each becomes, with the space around
/// it, one space.
fn argument(config: &str, range: Range<usize>) -> Argument {
    let mut text = String::new();
    let (mut first, mut last) = (range.end, range.start);
    let (mut at, mut left) = (range.start, None::<usize>);
    let mut right = range.start;
    while at < range.end {
        let end = token_end(config, at).min(range.end);
        let token = &config[at..end];
        if is_comment(token) {
            if let Some(left) = left.take() {
                text.push_str(&config[left..right]);
                text.push(' ');
            }
        } else if !token.starts_with(is_space) {
            first = first.min(at);
            last = end;
            left.get_or_insert(at);
            right = end;
        }
        at = end;
    }
    match left {
        Some(left) => text.push_str(&config[left..right]),
        None => text.truncate(text.trim_end_matches(is_space).len()),
    }
    if first > last {
        (first, last) = (range.start, range.start);
    }
    Argument { text, range: first..last }
}

/// Space as C has it.
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

pub(crate) fn is_comment(token: &str) -> bool {
    token.starts_with("//") || token.starts_with("/*")
}

/// The end of the token at `at`: a quoted string, data, a comment or one
/// character. What is not closed runs to the end.
pub(crate) fn token_end(text: &str, at: usize) -> usize {
    token(text, at).0
}

/// Something that needs an end and has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unclosed {
    /// `/*`
    Comment,
    /// `"`
    DoubleQuote,
    /// `'`
    SingleQuote,
    /// `\<`
    Data,
    /// `(`
    Parenthesis,
}

fn token(text: &str, at: usize) -> (usize, Option<Unclosed>) {
    let rest = &text.as_bytes()[at..];
    match rest {
        [b'/', b'/', ..] => {
            let end = rest.iter().position(|b| matches!(b, b'\n' | b'\r'));
            (end.map_or(text.len(), |end| at + end), None)
        }
        [b'/', b'*', ..] => match text[at + 2..].find("*/") {
            Some(end) => (at + 2 + end + 2, None),
            None => (text.len(), Some(Unclosed::Comment)),
        },
        [b'\'', ..] => match text[at + 1..].find('\'') {
            Some(end) => (at + 1 + end + 1, None),
            None => (text.len(), Some(Unclosed::SingleQuote)),
        },
        [b'"', ..] => double_quoted(text, at),
        [b'\\', b'<', ..] => data(text, at),
        _ => (at + text[at..].chars().next().map_or(1, char::len_utf8), None),
    }
}

fn double_quoted(text: &str, at: usize) -> (usize, Option<Unclosed>) {
    let octets = text.as_bytes();
    let mut end = at + 1;
    while end < octets.len() {
        match octets[end..] {
            [b'"', ..] => return (end + 1, None),
            [b'\\', b'<', ..] => end = data(text, end).0,
            [b'\\', ..] => end += 1 + text[end + 1..].chars().next().map_or(0, char::len_utf8),
            _ => end += 1,
        }
    }
    (text.len(), Some(Unclosed::DoubleQuote))
}

fn data(text: &str, at: usize) -> (usize, Option<Unclosed>) {
    let octets = text.as_bytes();
    let mut end = at + 2;
    while end < octets.len() {
        match octets[end..] {
            [b'>', ..] => return (end + 1, None),
            [b'/', b'/' | b'*', ..] => end = token_end(text, end),
            _ => end += 1,
        }
    }
    (text.len(), Some(Unclosed::Data))
}

/// The first thing in a graph's text that is never closed. Quotes mean
/// something only inside parentheses.
pub(crate) fn unclosed(text: &str) -> Option<(Unclosed, Span)> {
    let mut open: Vec<usize> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let first = text.as_bytes()[at];
        let comment = is_comment(&text[at..]);
        let (end, unclosed) = match open.last() {
            None if !comment => (at + text[at..].chars().next().map_or(1, char::len_utf8), None),
            _ => token(text, at),
        };
        match first {
            _ if unclosed.is_some() => {
                let length = if matches!(first, b'/' | b'\\') { 2 } else { 1 };
                return unclosed.map(|what| (what, Span::from(at..at + length)));
            }
            b'(' => open.push(at),
            b')' => drop(open.pop()),
            _ => {}
        }
        at = end;
    }
    open.first().map(|at| (Unclosed::Parenthesis, Span::from(*at..at + 1)))
}

/// The statement around `at` up to its semicolon, if it has one. Nothing in
/// `text` is unclosed.
pub(crate) fn statement(text: &str, at: usize) -> Option<Range<usize>> {
    let (mut start, mut depth, mut next) = (0, 0usize, 0);
    while next < text.len() {
        let quoting = depth > 0 || is_comment(&text[next..]);
        let end = match quoting {
            true => token_end(text, next),
            false => next + text[next..].chars().next().map_or(1, char::len_utf8),
        };
        match text.as_bytes()[next] {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b';' if depth == 0 && next >= at => return Some(start..end),
            b';' if depth == 0 => start = end,
            _ => {}
        }
        next = end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_split_at_bare_commas() {
        for (config, arguments) in [
            ("", &[][..]),
            (" /* nothing */ ", &[]),
            ("1, 2", &["1", "2"]),
            ("1, ", &["1"]),
            ("1, /* x */", &["1"]),
            (",", &[""]),
            (", 2", &["", "2"]),
            ("a   b", &["a   b"]),
            ("a /* c */  b", &["a b"]),
            ("a // c, d\n, b", &["a", "b"]),
            ("a /* trailing */", &["a"]),
            ("\"a, b\", 'c, d'", &["\"a, b\"", "'c, d'"]),
            ("\"/* kept */\"", &["\"/* kept */\""]),
            ("\\<00, 01>, x", &["\\<00, 01>", "x"]),
            ("\"\\\", \", y", &["\"\\\", \"", "y"]),
            ("f(a, b), [c, d]", &["f(a, b)", "[c, d]"]),
            ("[, b", &["[", "b"]),
            ("ü, ö", &["ü", "ö"]),
        ] {
            let split = split(config);
            let texts: Vec<&str> = split.iter().map(|a| a.text.as_str()).collect();
            assert_eq!(texts, arguments, "{config:?}");
        }
    }

    #[test]
    fn arguments_know_their_place() {
        let config = "  one , /* c */ two // x\n ,, \"th ree\" ";
        let places: Vec<&str> = split(config).into_iter().map(|a| &config[a.range]).collect();
        assert_eq!(places, ["one", "two", "", "\"th ree\""]);
    }

    #[test]
    fn what_is_not_closed() {
        for (text, what, at) in [
            ("a /* b", Unclosed::Comment, 2),
            ("a(\"b)", Unclosed::DoubleQuote, 2),
            ("a('b)", Unclosed::SingleQuote, 2),
            ("a(\\<00)", Unclosed::Data, 2),
            ("a(b(c)", Unclosed::Parenthesis, 1),
        ] {
            let (found, span) = unclosed(text).unwrap();
            assert_eq!((found, span.start), (what, at), "{text}");
        }
        for text in ["", "a(')') // (", "a ' b", "a(\"(\") /* ( */"] {
            assert_eq!(unclosed(text), None, "{text}");
        }
    }
}
