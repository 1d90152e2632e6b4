//! Quoting, comments and nesting inside configuration strings.

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
    if config.is_empty() {
        return Vec::new();
    }
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
}

/// [`token_end`], and what of the token is not closed.
pub(crate) fn token(text: &str, at: usize) -> (usize, Option<Unclosed>) {
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

/// Whether parentheses and quotes in a configuration string pair up, so that
/// it is one between parentheses.
pub(crate) fn is_closed(config: &str) -> bool {
    let (mut depth, mut at) = (0usize, 0);
    while at < config.len() {
        let (end, unclosed) = token(config, at);
        match config.as_bytes()[at] {
            _ if unclosed.is_some() => return false,
            b'(' => depth += 1,
            b')' if depth == 0 => return false,
            b')' => depth -= 1,
            _ => {}
        }
        at = end;
    }
    depth == 0
}

/// The words of an argument: what space outside quotes parts.
pub(crate) fn words(argument: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut at) = (None, 0);
    while at < argument.len() {
        let end = token_end(argument, at);
        let token = &argument[at..end];
        if is_comment(token) || token.starts_with(is_space) {
            words.extend(start.take().map(|start| &argument[start..at]));
        } else {
            start.get_or_insert(at);
        }
        at = end;
    }
    words.extend(start.map(|start| &argument[start..]));
    words
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
    fn what_is_closed() {
        for (text, closed) in [
            ("", true),
            ("a (b) \")\" // it is )", true),
            ("a /* b", false),
            ("\"b", false),
            ("'b", false),
            ("\\<00", false),
            ("b(c", false),
            (") (", false),
        ] {
            assert_eq!(is_closed(text), closed, "{text}");
        }
    }

    #[test]
    fn words_are_parted_by_bare_space() {
        for (text, expected) in [
            ("", &[][..]),
            ("  a  b ", &["a", "b"]),
            ("\"a b\"c d", &["\"a b\"c", "d"]),
            ("a/* x */b", &["a", "b"]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }
}
