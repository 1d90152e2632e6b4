//! Source texts, spans of octets in them, and lines and columns.

use pkgraph_runtime::Location;
use std::ops::Range;

/// A graph's text and what the user calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file's name, as diagnostics show it.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// A stretch of a source text, in octets. It begins and ends between
/// characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first octet.
    pub start: usize,
    /// The octet after the last.
    pub end: usize,
}

impl Span {
    /// The span from the beginning of this one to the end of `other`.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start, end: other.end }
    }

    /// The span as a range, for slicing.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Span {
        Span { start: range.start, end: range.end }
    }
}

/// The lines of a source, for turning offsets into locations.
#[derive(Debug)]
pub struct SourceMap<'a> {
    source: &'a Source,
    /// Where each line starts.
    starts: Vec<usize>,
    /// In ASCII a column needs no counting, and a long line costs nothing.
    ascii: bool,
}

impl<'a> SourceMap<'a> {
    /// Finds the lines of `source`. A line ends with LF, CR LF or CR.
    pub fn new(source: &'a Source) -> SourceMap<'a> {
        let octets = source.text.as_bytes();
        let ends = (0..octets.len()).filter(|&i| match octets[i] {
            b'\n' => true,
            b'\r' => octets.get(i + 1) != Some(&b'\n'),
            _ => false,
        });
        let starts = std::iter::once(0).chain(ends.map(|i| i + 1)).collect();
        SourceMap { source, starts, ascii: source.text.is_ascii() }
    }

    /// The line and column of `offset`.
    pub fn location(&self, offset: usize) -> Location {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line - 1];
        let column = match self.source.text.get(start..offset) {
            Some(before) if !self.ascii => before.chars().count(),
            _ => offset - start,
        };
        Location { file: self.source.name.clone(), line, column: column + 1 }
    }

    /// The text of `span`.
    pub fn text(&self, span: Span) -> &'a str {
        &self.source.text[span.range()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one() {
        let source = Source { name: "g".into(), text: "ab\nü c\r\nd\re".into() };
        let map = SourceMap::new(&source);
        for (needle, line, column) in [("ab", 1, 1), ("c", 2, 3), ("d", 3, 1), ("e", 4, 1)] {
            let at = map.location(source.text.find(needle).unwrap());
            assert_eq!((at.line, at.column), (line, column), "{needle}");
        }
        assert_eq!(map.location(source.text.len()).line, 4);
    }
}
