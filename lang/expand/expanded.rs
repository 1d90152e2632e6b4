//! A text in which variables were replaced, and where each part came from.

use crate::Span;
use std::ops::Range;

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
    /// A text without variables, which is all of its source.
    pub fn literal(text: &str) -> Expanded {
        let mut expanded = Expanded::default();
        expanded.push_literal(text, 0);
        expanded
    }

    /// A text that stands for what is at `span`, and is not written there.
    pub(crate) fn value(text: &str, span: Span) -> Expanded {
        let mut expanded = Expanded::default();
        expanded.push_value(text, span);
        expanded
    }

    pub(super) fn push_literal(&mut self, text: &str, start: usize) {
        let span = Span::from(start..start + text.len());
        self.push(text, span, true);
    }

    pub(super) fn push_value(&mut self, text: &str, span: Span) {
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
