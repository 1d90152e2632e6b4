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

/// A stretch of source text, in octets. It begins and ends between
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

/// All texts of a graph, one behind the other, so that a [`Span`] tells the
/// file as well.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    text: String,
    /// Where each line starts.
    lines: Vec<usize>,
    /// How many characters start before each multiple of [`STEP`] octets, so
    /// that a column far to the right is found without counting all before it.
    characters: Vec<usize>,
    /// The files, parted where a line marker gives the lines after it another
    /// name or number. In the order of the text.
    sections: Vec<Section>,
}

/// Octets from one count of characters to the next.
const STEP: usize = 256;

#[derive(Clone, Debug)]
struct Section {
    start: usize,
    /// The file's name.
    name: String,
    /// The number of its first line.
    line: usize,
}

/// A part of a file, for showing lines of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excerpt<'a> {
    /// The file's name.
    pub name: &'a str,
    /// The text.
    pub text: &'a str,
    /// Where it starts.
    pub start: usize,
    /// The number of its first line.
    pub line: usize,
}

impl Sources {
    /// Appends a text and returns where it starts.
    pub fn add(&mut self, source: &Source) -> usize {
        if !self.text.is_empty() {
            // The end of a text is a place of its own.
            self.text.push('\n');
        }
        let start = self.text.len();
        self.text.push_str(&source.text);
        let octets = source.text.as_bytes();
        // A line ends with LF, CR LF or CR.
        let ends = (0..octets.len()).filter(|&i| match octets[i] {
            b'\n' => true,
            b'\r' => octets.get(i + 1) != Some(&b'\n'),
            _ => false,
        });
        self.count_characters();
        self.lines.push(start);
        self.lines.extend(ends.map(|i| start + i + 1));
        self.sections.push(Section { start, name: source.name.clone(), line: 1 });
        start
    }

    /// Counts the characters of what was appended.
    fn count_characters(&mut self) {
        for step in self.characters.len()..=self.text.len() / STEP {
            let before = match step.checked_sub(1) {
                Some(last) => self.characters[last] + self.starts(last * STEP, step * STEP),
                None => 0,
            };
            self.characters.push(before);
        }
    }

    /// [`Self::characters`] by looking at each octet.
    fn starts(&self, from: usize, to: usize) -> usize {
        let octets = &self.text.as_bytes()[from..to];
        // The octets of a character after its first are 10xxxxxx.
        octets.iter().filter(|octet| **octet & 0xc0 != 0x80).count()
    }

    /// How many characters start from octet `from` up to octet `to`.
    fn characters(&self, from: usize, to: usize) -> usize {
        if to - from < STEP {
            return self.starts(from, to);
        }
        let before = |at: usize| {
            let step = at / STEP;
            self.characters.get(step).map_or(0, |before| before + self.starts(step * STEP, at))
        };
        before(to) - before(from)
    }

    /// From `start` in the last text on, lines count from `line`, and the file
    /// is called `name`, if that is given.
    pub(crate) fn mark(&mut self, start: usize, line: usize, name: Option<String>) {
        let name = name.or_else(|| self.sections.last().map(|last| last.name.clone()));
        self.sections.push(Section { start, name: name.unwrap_or_default(), line });
    }

    /// All the text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What `offset` is a part of.
    pub fn excerpt(&self, offset: usize) -> Excerpt<'_> {
        let after = self.sections.partition_point(|section| section.start <= offset);
        let Some(section) = self.sections.get(after.saturating_sub(1)) else {
            return Excerpt { name: "", text: "", start: 0, line: 1 };
        };
        let end = self.sections.get(after).map_or(self.text.len(), |next| next.start);
        let (start, line) = (section.start, section.line);
        Excerpt { name: &section.name, text: &self.text[start..end], start, line }
    }

    /// The lines on which `span` lies, as far as they are in the file in which it
    /// starts.
    pub fn lines(&self, span: Span) -> Excerpt<'_> {
        let Excerpt { name, text, start, line } = self.excerpt(span.start);
        let number = |at: usize| self.lines.partition_point(|start| *start <= at);
        let (top, first) = (number(start), number(span.start));
        let after = self.lines.partition_point(|start| *start < span.end.max(span.start + 1));
        let from = first.checked_sub(1).map_or(0, |i| self.lines[i]).max(start);
        let limit = start + text.len();
        let to = self.lines.get(after).map_or(limit, |end| (*end).min(limit));
        Excerpt { name, text: &self.text[from..to], start: from, line: line + (first - top) }
    }

    /// The file, line and column of `offset`.
    pub fn location(&self, offset: usize) -> Location {
        let excerpt = self.excerpt(offset);
        let line = |at: usize| self.lines.partition_point(|start| *start <= at);
        let (first, here) = (line(excerpt.start), line(offset));
        let start = here.checked_sub(1).map_or(0, |i| self.lines[i]);
        let offset = offset.min(self.text.len());
        Location {
            file: excerpt.name.to_string(),
            line: excerpt.line + (here - first),
            column: self.characters(start, offset) + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(name: &str, text: &str) -> Source {
        Source { name: name.into(), text: text.into() }
    }

    #[test]
    fn lines_and_columns_count_from_one() {
        let mut sources = Sources::default();
        sources.add(&source("g", "ab\nü c\r\nd\re"));
        for (needle, line, column) in [("ab", 1, 1), ("c", 2, 3), ("d", 3, 1), ("e", 4, 1)] {
            let at = sources.location(sources.text().find(needle).unwrap());
            assert_eq!((at.line, at.column), (line, column), "{needle}");
        }
        assert_eq!(sources.location(sources.text().len()).line, 4);
    }

    #[test]
    fn columns_are_characters_however_far_to_the_right() {
        let mut sources = Sources::default();
        sources.add(&source("a", "é"));
        let text = "aü€".repeat(1000);
        let base = sources.add(&source("b", &text));
        for (column, (at, _)) in text.char_indices().enumerate() {
            let found = sources.location(base + at);
            assert_eq!((found.line, found.column), (1, column + 1));
        }
    }

    #[test]
    fn every_text_has_its_own_lines() {
        let mut sources = Sources::default();
        sources.add(&source("a", "x\ny"));
        let start = sources.add(&source("b", "z\nmarked\nw"));
        sources.mark(start + 2, 70, Some("c".into()));
        for (offset, expected) in [
            (2, "a:2:1"),
            (3, "a:2:2"),
            (start, "b:1:1"),
            (start + 3, "c:70:2"),
            (start + 9, "c:71:1"),
        ] {
            assert_eq!(sources.location(offset).to_string(), expected);
        }
        assert_eq!(sources.excerpt(start + 4).text, "marked\nw");
    }
}
