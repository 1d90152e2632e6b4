//! Brackets, quotes and comments that do not pair up.

use crate::scan::Unclosed;
use crate::{Diagnostic, Span};

/// What is wrong with the outline of a text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OutlineError {
    /// A comment without an end.
    Comment(usize),
    /// Quoting without an end.
    Quoting(Unclosed, usize),
    /// This bracket is never closed.
    Unclosed(char, usize),
    /// Nothing is open that this could close.
    Stray(usize),
    /// A parenthesis closed by a brace, or the other way round.
    Mismatch {
        /// The bracket that is open.
        open: usize,
        /// The one that is to close it.
        close: usize,
    },
    /// So many blocks around a block are too many.
    TooDeep(usize, usize),
    /// No line marker.
    Marker(usize, usize),
}

impl OutlineError {
    /// The diagnostic for a text that starts at `base`.
    pub fn diagnostic(self, base: usize) -> Diagnostic {
        let at = |start: usize, length: usize| Span::from(base + start..base + start + length);
        let unclosed = |span: Span, name: &str, closer: &str| {
            Diagnostic::new(span, format!("this {name} is not closed"))
                .help(format!("close it with `{closer}`"))
        };
        match self {
            OutlineError::Comment(start) => unclosed(at(start, 2), "comment", "*/"),
            OutlineError::Quoting(what, start) => {
                let (length, name, closer) = match what {
                    Unclosed::Comment => (2, "comment", "*/"),
                    Unclosed::DoubleQuote => (1, "string", "\""),
                    Unclosed::SingleQuote => (1, "string", "'"),
                    Unclosed::Data => (2, "data", ">"),
                };
                unclosed(at(start, length), name, closer)
            }
            OutlineError::Unclosed('{', start) => unclosed(at(start, 1), "brace", "}"),
            OutlineError::Unclosed(_, start) => unclosed(at(start, 1), "parenthesis", ")"),
            OutlineError::Stray(start) => Diagnostic::new(at(start, 1), "this closes nothing")
                .help("take it out, or open what it closes"),
            OutlineError::Mismatch { open, close } => {
                Diagnostic::new(at(close, 1), "this closes something else")
                    .label(at(open, 1), "this is open")
            }
            OutlineError::TooDeep(start, most) => {
                Diagnostic::new(at(start, 1), format!("blocks are nested more than {most} deep"))
                    .help("give inner compounds a name with `elementclass`")
            }
            OutlineError::Marker(start, end) => {
                Diagnostic::new(at(start, end - start), "this is no line marker")
                    .help("write `# 12 \"file\"`; comments start with `//`")
            }
        }
    }
}
