//! Where variables stand in a text.

use crate::scan;
use std::ops::Range;

/// An occurrence of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use<'a> {
    pub range: Range<usize>,
    pub name: &'a str,
    /// What stands between the brackets of `${name[index]}`.
    pub index: Option<&'a str>,
    /// What follows the hyphen in `${name-default}`.
    pub default: Option<&'a str>,
    pub in_double_quotes: bool,
}

/// The variables that `text` uses: `$name`, `${name}`, `${name[index]}` and
/// `${name-default}` outside single quotes and comments.
pub(super) fn uses(text: &str) -> Vec<Use<'_>> {
    let mut uses = Vec::new();
    let octets = text.as_bytes();
    let mut in_double_quotes = false;
    let mut closers = Closers { text, next: [0; 2] };
    let mut at = 0;
    while at < text.len() {
        match octets[at] {
            b'"' => {
                in_double_quotes = !in_double_quotes;
                at += 1;
            }
            b'\\' if in_double_quotes && octets.get(at + 1) != Some(&b'<') => at += 2,
            b'$' => match use_at(text, at, &mut closers) {
                Some(found) => {
                    at = found.range.end;
                    uses.push(Use { in_double_quotes, ..found });
                }
                None => at += 1,
            },
            b'\'' | b'/' if !in_double_quotes => at = scan::token_end(text, at),
            _ => at += 1,
        }
    }
    uses
}

/// The next closing brace and the next closing bracket. Each part of the text is
/// searched once, however often it is asked for.
struct Closers<'a> {
    text: &'a str,
    next: [usize; 2],
}

impl Closers<'_> {
    /// The first `closer` at or behind `at`, which never goes back.
    fn find(&mut self, closer: char, at: usize) -> Option<usize> {
        let next = &mut self.next[usize::from(closer == ']')];
        if *next < at || !self.text[*next..].starts_with(closer) {
            let start = at.max(*next);
            *next = self.text[start..].find(closer).map_or(self.text.len(), |n| start + n);
        }
        Some(*next).filter(|next| *next < self.text.len())
    }
}

fn use_at<'a>(text: &'a str, at: usize, closers: &mut Closers<'_>) -> Option<Use<'a>> {
    let rest = &text[at + 1..];
    let Some(rest) = rest.strip_prefix('{') else {
        let (name, _) = name(rest);
        let range = at..at + 1 + name.len();
        return found(Use { range, name, index: None, default: None, in_double_quotes: false });
    };
    let end = closers.find('}', at)?;
    let range = at..end + 1;
    let (name, rest) = name(rest[..end - at - 2].trim_start_matches(scan::is_space));
    let mut rest = rest.trim_start_matches(scan::is_space);
    let mut index = None;
    if let Some(bracket) = rest.strip_prefix('[') {
        let start = end - bracket.len();
        let inside = closers.find(']', start).filter(|close| *close < end)? - start;
        index = Some(bracket[..inside].trim_matches(scan::is_space));
        rest = bracket[inside + 1..].trim_start_matches(scan::is_space);
    }
    let default = if rest.is_empty() { None } else { Some(rest.strip_prefix('-')?) };
    found(Use { range, name, index, default, in_double_quotes: false })
}

fn name(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    text.split_at(end.unwrap_or(text.len()))
}

fn found(use_: Use<'_>) -> Option<Use<'_>> {
    (!use_.name.is_empty()).then_some(use_)
}

/// `text` with every dollar sign that a variable would start with quoted, so
/// that it stands for itself.
pub(crate) fn literal(text: &str) -> String {
    let mut out = String::new();
    let mut rest = 0;
    for use_ in uses(text) {
        out.push_str(&text[rest..use_.range.start]);
        out.push_str(if use_.in_double_quotes { "\\$" } else { "'$'" });
        rest = use_.range.start + 1;
    }
    out.push_str(&text[rest..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ways_to_write_a_variable() {
        for (text, name, index, default) in [
            ("$a_1-x", "a_1", None, None),
            ("${a}", "a", None, None),
            ("${a[0]}", "a", Some("0"), None),
            ("${ a [ $n ] - x y}", "a", Some("$n"), Some(" x y")),
            ("${a-}", "a", None, Some("")),
        ] {
            let found = &uses(text)[0];
            assert_eq!((found.name, found.index, found.default), (name, index, default), "{text}");
        }
        for text in ["$", "${}", "${a+}", "${a[0}", "'$a'", "\"\\$a\"", "/*$a*/", "$(x)", "$$"] {
            assert_eq!(uses(text), [], "{text}");
        }
    }

    #[test]
    fn quoted_variables_stand_for_themselves() {
        for (text, quoted) in [("$a \"$b\" '$c' $", "'$'a \"\\$b\" '$c' $"), ("ü$ü", "ü$ü")] {
            assert_eq!(literal(text), quoted);
            assert_eq!(uses(quoted), []);
        }
    }
}
