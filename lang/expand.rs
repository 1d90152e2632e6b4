//! Variables: what `define` sets and how configuration strings use it.

use crate::checks::variables::VariableError;
use crate::scan;
use crate::{Diagnostic, Span};
use std::ops::Range;

/// The variables of a scope.
#[derive(Clone, Debug, Default)]
pub struct Variables(Vec<Variable>);

/// A variable.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name, without the dollar sign.
    pub name: String,
    /// Its value, in which other variables may occur.
    pub value: String,
    /// Where it is defined.
    pub span: Span,
}

/// Values may use variables; this deep they are taken to use themselves.
const DEPTH: usize = 10;

impl Variables {
    /// Adds a variable. One of that name that is already there is returned
    /// instead.
    pub fn define(&mut self, variable: Variable) -> Result<(), &Variable> {
        match self.0.iter().position(|v| v.name == variable.name) {
            Some(i) => Err(&self.0[i]),
            None => {
                self.0.push(variable);
                Ok(())
            }
        }
    }

    /// Replaces the value of `name`, if there is such a variable.
    pub fn set(&mut self, name: &str, value: &str) -> bool {
        let found = self.0.iter_mut().find(|v| v.name == name);
        found.map(|v| v.value = value.to_string()).is_some()
    }

    /// All names, in order of definition.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|v| v.name.as_str())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|v| v.name == name).map(|v| v.value.as_str())
    }

    /// Replaces the variables in `text`, which stands at `start` in the
    /// source.
    pub fn expand(&self, text: &str, start: usize, errors: &mut Vec<Diagnostic>) -> Expanded {
        let mut expanded = Expanded::default();
        let mut literal = 0;
        for use_ in uses(text) {
            expanded.push_literal(&text[literal..use_.range.start], start + literal);
            let span = Span::from(start + use_.range.start..start + use_.range.end);
            match self.value(&use_, DEPTH) {
                Ok(value) => expanded.push_value(&value, span),
                Err(Failure::Undefined(name)) => {
                    errors.push(VariableError::undefined(span, &name, self).into());
                }
                Err(Failure::Recursive) => {
                    let name = use_.name.to_string();
                    errors.push(VariableError::Recursive { span, name }.into());
                }
            }
            literal = use_.range.end;
        }
        expanded.push_literal(&text[literal..], start + literal);
        expanded
    }

    fn value(&self, use_: &Use<'_>, depth: usize) -> Result<String, Failure> {
        let value = self.get(use_.name).or(use_.default);
        let value = value.ok_or_else(|| Failure::Undefined(use_.name.to_string()))?;
        let value = self.expand_value(value, depth)?;
        Ok(if use_.in_double_quotes { escape(&value) } else { value })
    }

    fn expand_value(&self, text: &str, depth: usize) -> Result<String, Failure> {
        let mut out = String::new();
        let mut literal = 0;
        for use_ in uses(text) {
            if depth == 0 {
                return Err(Failure::Recursive);
            }
            out.push_str(&text[literal..use_.range.start]);
            out.push_str(&self.value(&use_, depth - 1)?);
            literal = use_.range.end;
        }
        out.push_str(&text[literal..]);
        Ok(out)
    }
}

enum Failure {
    Undefined(String),
    Recursive,
}

/// Inside a double-quoted string a value is text, not syntax. A value that is
/// a quoted string itself joins it without its quotes.
fn escape(value: &str) -> String {
    let inner = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
    match inner {
        Some(inner) if scan::token_end(value, 0) == value.len() => inner.to_string(),
        _ => value.replace('\\', "\\\\").replace('"', "\\\""),
    }
}

/// An occurrence of a variable.
struct Use<'a> {
    range: Range<usize>,
    name: &'a str,
    /// What follows the hyphen in `${name-default}`.
    default: Option<&'a str>,
    in_double_quotes: bool,
}

/// The variables that `text` uses: `$name`, `${name}` and `${name-default}`
/// outside single quotes and comments.
fn uses(text: &str) -> Vec<Use<'_>> {
    let mut uses = Vec::new();
    let octets = text.as_bytes();
    let mut in_double_quotes = false;
    let mut at = 0;
    while at < text.len() {
        match octets[at] {
            b'"' => {
                in_double_quotes = !in_double_quotes;
                at += 1;
            }
            b'\\' if in_double_quotes && octets.get(at + 1) != Some(&b'<') => at += 2,
            b'$' => match use_at(text, at) {
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

fn use_at(text: &str, at: usize) -> Option<Use<'_>> {
    let name_length = |rest: &str| {
        rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len())
    };
    let rest = &text[at + 1..];
    let (name, default, length) = match rest.strip_prefix('{') {
        Some(rest) => {
            let inner = &rest[..rest.find('}')?];
            let (name, default) = inner.split_at(name_length(inner));
            let default = match default {
                "" => None,
                _ => Some(default.strip_prefix('-')?),
            };
            (name, default, inner.len() + 2)
        }
        None => (&rest[..name_length(rest)], None, name_length(rest)),
    };
    let range = at..at + 1 + length;
    (!name.is_empty()).then_some(Use { range, name, default, in_double_quotes: false })
}

/// A text in which variables were replaced, and where each part came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expanded {
    /// The text.
    pub text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    /// Where the piece starts in the text.
    start: usize,
    /// Where it came from.
    span: Span,
    /// Whether it stands there as it is, or is what a variable holds.
    literal: bool,
}

impl Expanded {
    fn push_literal(&mut self, text: &str, start: usize) {
        let span = Span::from(start..start + text.len());
        self.push(text, span, true);
    }

    fn push_value(&mut self, text: &str, span: Span) {
        self.push(text, span, false);
    }

    fn push(&mut self, text: &str, span: Span, literal: bool) {
        if !text.is_empty() {
            self.pieces.push(Piece { start: self.text.len(), span, literal });
            self.text.push_str(text);
        }
    }

    /// The place in the source of a range of the text.
    pub fn span(&self, range: Range<usize>) -> Span {
        let piece_at = |at: usize| {
            let after = self.pieces.partition_point(|piece| piece.start <= at);
            self.pieces.get(after.saturating_sub(1))
        };
        let start = piece_at(range.start).map_or(0, |piece| match piece.literal {
            true => piece.span.start + (range.start - piece.start),
            false => piece.span.start,
        });
        if range.is_empty() {
            return Span { start, end: start };
        }
        let end = piece_at(range.end - 1).map_or(start, |piece| match piece.literal {
            true => piece.span.start + (range.end - piece.start),
            false => piece.span.end,
        });
        Span { start, end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        let mut variables = Variables::default();
        for (name, value) in
            [("A", "1"), ("B", "$A, 2"), ("Q", "\"x y\""), ("S", "say \"hi\""), ("LOOP", "$LOOP")]
        {
            let variable =
                Variable { name: name.into(), value: value.into(), span: Span::default() };
            variables.define(variable).unwrap();
        }
        variables
    }

    #[test]
    fn values_replace_variables() {
        for (text, expanded) in [
            ("", ""),
            ("$A", "1"),
            ("x$A.y${A}z", "x1.y1z"),
            ("$B", "1, 2"),
            ("'$A' \"$A\"", "'$A' \"1\""),
            ("\"a $Q\" $Q", "\"a x y\" \"x y\""),
            ("\"$S\"", "\"say \\\"hi\\\"\""),
            ("\"\\$A\"", "\"\\$A\""),
            ("$A // it's $A\n$A", "1 // it's $A\n1"),
            ("${NONE-7} ${A-7}", "7 1"),
            ("$ $$ $(x) ${} ${A+}", "$ $$ $(x) ${} ${A+}"),
            ("ü$A", "ü1"),
        ] {
            let mut errors = Vec::new();
            assert_eq!(variables().expand(text, 0, &mut errors).text, expanded, "{text}");
            assert_eq!(errors, [], "{text}");
        }
    }

    #[test]
    fn what_has_no_value_is_an_error() {
        for (text, message) in [("a $NONE", "`$NONE` is not defined"), ("$LOOP", "uses itself")] {
            let mut errors = Vec::new();
            variables().expand(text, 5, &mut errors);
            assert!(errors[0].message.contains(message), "{text}: {}", errors[0].message);
        }
    }

    #[test]
    fn parts_know_where_they_came_from() {
        let expanded = variables().expand("ab$B cd", 10, &mut Vec::new());
        assert_eq!(expanded.text, "ab1, 2 cd");
        for (range, span) in
            [(0..2, 10..12), (2..3, 12..14), (4..6, 12..14), (7..9, 15..17), (1..8, 11..16)]
        {
            assert_eq!(expanded.span(range.clone()), Span::from(span), "{range:?}");
        }
    }
}
