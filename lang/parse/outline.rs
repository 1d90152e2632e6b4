//! Where the blocks, configurations, comments and line markers of a text are.
//! One pass without recursion, before the parser sees anything.

use super::outline_error::OutlineError;
use crate::Span;
use crate::scan;

/// Blocks nest at most this deep.
const MOST_NESTED: usize = 64;

/// What a pair of parentheses or braces is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bracket {
    /// `(...)` behind a class: not looked into.
    Config,
    /// `(...)`: a group of statements.
    Group,
    /// `{...}`
    Compound,
}

/// A pair of parentheses or braces.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub kind: Bracket,
    /// Where it opens.
    pub open: usize,
    /// Where it closes.
    pub close: usize,
    /// The first node behind it, as an index into the outline's.
    next: usize,
}

/// `# line "file"`: what the next line is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Marker {
    /// Where the next line starts.
    pub start: usize,
    /// Its number.
    pub line: usize,
    /// Its file.
    pub file: Option<String>,
}

/// The outline of a text.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// In the order in which they open.
    pub nodes: Vec<Node>,
    pub markers: Vec<Marker>,
    /// The comments and markers.
    pub comments: Vec<Span>,
    /// The text with space for comments and configurations.
    plain: String,
}

impl Outline {
    /// Finds everything in `text`.
    pub fn new(text: &str) -> Result<Outline, OutlineError> {
        let mut scanner = Scanner {
            text,
            plain: text.as_bytes().to_vec(),
            open: Vec::new(),
            before: Before::Other,
            outline: Outline::default(),
        };
        let mut at = 0;
        while at < text.len() {
            at = scanner.step(at)?;
        }
        if let Some(&(node, _)) = scanner.open.first() {
            let open = scanner.outline.nodes[node].open;
            return Err(OutlineError::Unclosed(text.as_bytes()[open] as char, open));
        }
        let plain = String::from_utf8(scanner.plain).unwrap_or_default();
        Ok(Outline { plain, ..scanner.outline })
    }

    /// The node that opens at `at`, as an index.
    pub fn node_at(&self, at: usize) -> Option<usize> {
        self.nodes.binary_search_by_key(&at, |node| node.open).ok()
    }

    /// What the parser sees of a block, or of the whole text, and where that
    /// starts: space where other blocks are.
    pub fn block(&self, node: Option<usize>) -> (String, usize) {
        let (first, end, range) = match node {
            None => (0, self.nodes.len(), 0..self.plain.len()),
            Some(i) => (i + 1, self.nodes[i].next, self.nodes[i].open + 1..self.nodes[i].close),
        };
        let start = range.start;
        let mut text = self.plain.as_bytes()[range].to_vec();
        let mut child = first;
        while child < end {
            let Node { open, close, next, .. } = self.nodes[child];
            blank(&mut text[open + 1 - start..close - start]);
            child = next;
        }
        (String::from_utf8(text).unwrap_or_default(), start)
    }
}

fn blank(text: &mut [u8]) {
    text.fill(b' ');
}

/// What stands before a parenthesis decides what it opens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// A class or a compound: a configuration.
    Class,
    /// `elementclass`, and then the name.
    ElementClass,
    ClassName,
    /// Anything else: a group.
    Other,
}

struct Scanner<'a> {
    text: &'a str,
    plain: Vec<u8>,
    /// The blocks around, as indices into the nodes, each with whether it
    /// stands for a class.
    open: Vec<(usize, bool)>,
    before: Before,
    outline: Outline,
}

impl Scanner<'_> {
    /// Takes in what is at `at` and returns where the next thing starts.
    fn step(&mut self, at: usize) -> Result<usize, OutlineError> {
        let rest = &self.text[at..];
        if scan::is_comment(rest) {
            let (end, unclosed) = scan::token(self.text, at);
            if unclosed.is_some() {
                return Err(OutlineError::Comment(at));
            }
            self.comment(at, end);
            return Ok(end);
        }
        let first = self.text.as_bytes()[at];
        match first {
            b'#' if self.starts_line(at) => return self.marker(at),
            b'(' if self.before == Before::Class => return self.config(at),
            b'(' => self.enter(Bracket::Group, at)?,
            b'{' => self.enter(Bracket::Compound, at)?,
            b')' | b'}' => self.leave(first, at)?,
            _ if is_word(first) => {
                let length = rest.bytes().position(|b| !is_word(b) && b != b'/');
                return Ok(self.word(at, length.unwrap_or(rest.len())));
            }
            // One kind of space for the parser.
            _ if first.is_ascii_whitespace() || first == 0x0b => self.plain[at] = b' ',
            _ => self.before = Before::Other,
        }
        Ok(at + rest.chars().next().map_or(1, char::len_utf8))
    }

    fn word(&mut self, at: usize, length: usize) -> usize {
        // A comment may follow at once.
        let word = &self.text[at..at + length];
        let length = match word.contains('/') {
            true => word.find("//").unwrap_or(length),
            false => length,
        };
        let comment = self.text.as_bytes().get(at + length) == Some(&b'*');
        let length = if comment && word.ends_with('/') { length - 1 } else { length };
        self.before = match (self.before, &self.text[at..at + length]) {
            (_, "elementclass") => Before::ElementClass,
            (Before::ElementClass, _) => Before::ClassName,
            (Before::ClassName, _) => Before::Other,
            _ => Before::Class,
        };
        at + length
    }

    fn comment(&mut self, at: usize, end: usize) {
        blank(&mut self.plain[at..end]);
        self.outline.comments.push(Span { start: at, end });
    }

    fn starts_line(&self, at: usize) -> bool {
        let before = self.text[..at].trim_end_matches([' ', '\t']);
        before.is_empty() || before.ends_with(['\n', '\r'])
    }

    fn marker(&mut self, at: usize) -> Result<usize, OutlineError> {
        let rest = &self.text[at..];
        let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let mut next = at + length;
        if self.text[next..].starts_with("\r\n") {
            next += 1;
        }
        if next < self.text.len() {
            next += 1;
        }
        let line = &rest[..length];
        // The line by which a shell finds the program is none of ours.
        if !(at == 0 && line.starts_with("#!")) {
            let (line, file) = parse_marker(line).ok_or(OutlineError::Marker(at, at + length))?;
            self.outline.markers.push(Marker { start: next, line, file });
        }
        self.comment(at, at + length);
        blank(&mut self.plain[at + length..next]);
        Ok(next)
    }

    fn config(&mut self, open: usize) -> Result<usize, OutlineError> {
        let mut depth = 1usize;
        let mut at = open + 1;
        while at < self.text.len() {
            let (end, unclosed) = scan::token(self.text, at);
            if let Some(what) = unclosed {
                return Err(OutlineError::Quoting(what, at));
            }
            match self.text.as_bytes()[at] {
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                let next = self.outline.nodes.len() + 1;
                let node = Node { kind: Bracket::Config, open, close: at, next };
                self.outline.nodes.push(node);
                blank(&mut self.plain[open + 1..at]);
                self.before = Before::Other;
                return Ok(end);
            }
            at = end;
        }
        Err(OutlineError::Unclosed('(', open))
    }

    fn enter(&mut self, kind: Bracket, at: usize) -> Result<(), OutlineError> {
        if self.open.len() == MOST_NESTED {
            return Err(OutlineError::TooDeep(at, MOST_NESTED));
        }
        // A definition of a class takes no configuration behind it.
        let class = kind == Bracket::Compound && self.before != Before::ClassName;
        self.open.push((self.outline.nodes.len(), class));
        self.outline.nodes.push(Node { kind, open: at, close: at, next: 0 });
        self.before = Before::Other;
        Ok(())
    }

    fn leave(&mut self, closer: u8, at: usize) -> Result<(), OutlineError> {
        let Some((node, class)) = self.open.pop() else { return Err(OutlineError::Stray(at)) };
        let next = self.outline.nodes.len();
        let node = &mut self.outline.nodes[node];
        let expected = if node.kind == Bracket::Compound { b'}' } else { b')' };
        if closer != expected {
            return Err(OutlineError::Mismatch { open: node.open, close: at });
        }
        self.before = if class { Before::Class } else { Before::Other };
        (node.close, node.next) = (at, next);
        Ok(())
    }
}

pub(super) fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'@')
}

/// `# 12 "file"` or `#line 12 "file"`, the file optional.
fn parse_marker(line: &str) -> Option<(usize, Option<String>)> {
    let line = line.strip_prefix('#')?.trim_start();
    let line = line.strip_prefix("line").unwrap_or(line).trim();
    let digits = line.find(|c: char| !c.is_ascii_digit()).unwrap_or(line.len());
    let number = line[..digits].parse().ok().filter(|n| *n < usize::MAX / 2)?;
    let file = line[digits..].trim();
    if file.is_empty() {
        return Some((number, None));
    }
    // What a preprocessor says after the name is for compilers.
    let (file, _) = file.strip_prefix('"')?.split_once('"')?;
    Some((number, Some(file.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parentheses_open_what_stands_before_them_says() {
        for (text, kinds) in [
            ("A(x)", "Config"),
            ("a -> (b)", "Group"),
            ("{ } (x)", "Compound Config"),
            ("elementclass A { } (x)", "Compound Group"),
            ("elementclass A B (x)", "Group"),
            ("A /* c */ (x)", "Config"),
            ("A//c\n(x) (y)", "Config Group"),
            ("a [0] (b(\")\"))", "Group Config"),
            ("require(x)", "Config"),
        ] {
            let outline = Outline::new(text).unwrap();
            let found: Vec<String> =
                outline.nodes.iter().map(|node| format!("{:?}", node.kind)).collect();
            assert_eq!(found.join(" "), kinds, "{text}");
        }
    }

    #[test]
    fn the_parser_sees_one_block() {
        let outline = Outline::new("a(x) -> { b // c\n -> (d) } -> ()").unwrap();
        assert_eq!(outline.block(None).0, "a( ) -> {                } -> ()");
        assert_eq!(outline.block(Some(1)), (" b       -> ( ) ".to_string(), 9));
    }

    #[test]
    fn line_markers() {
        for (line, expected) in [
            ("# 12 \"f\"", Some((12, Some("f".to_string())))),
            ("#line 3", Some((3, None))),
            ("# 1 \"f\" 2 3", Some((1, Some("f".to_string())))),
            ("# x", None),
            ("#", None),
        ] {
            assert_eq!(parse_marker(line), expected, "{line}");
        }
        assert_eq!(Outline::new("#!/usr/bin/env pkgraph\na").unwrap().markers, []);
    }
}
