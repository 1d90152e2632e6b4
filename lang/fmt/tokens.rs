//! A text as tokens, comments among them.

use crate::parse::outline::{Bracket, Outline};
use std::collections::HashSet;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name, a keyword, a variable, `::`, ports or `...`.
    Word,
    Arrow,
    Comma,
    Semicolon,
    /// `(...)` behind a class.
    Config,
    /// `{` or `(`, and whether what is in it stands on lines of its own.
    Open(bool),
    Close(bool),
    /// `|`
    Bar,
    /// `||`
    Or,
    LineComment,
    BlockComment,
    /// `# 12 "file"`
    Marker,
}

/// A token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    pub text: String,
    /// How many lines end between it and the one before.
    pub newlines: usize,
    /// Whether a statement starts with it.
    pub starts: bool,
}

impl Token {
    pub fn is_comment(&self) -> bool {
        matches!(self.kind, Kind::LineComment | Kind::BlockComment | Kind::Marker)
    }

    pub fn is_keyword(&self) -> bool {
        matches!(self.text.as_str(), "elementclass" | "require" | "define")
    }
}

/// The tokens of a text that can be parsed. `starts` are the places where
/// chains start.
pub(super) fn tokens(text: &str, outline: &Outline, starts: &HashSet<usize>) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut comments = outline.comments.iter().peekable();
    // The blocks around, as indices into the tokens.
    let mut open: Vec<usize> = Vec::new();
    let (mut at, mut newlines) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        let first = rest.as_bytes()[0];
        if first.is_ascii_whitespace() || first == 0x0b {
            let ends = first == b'\n' || first == b'\r' && !rest.starts_with("\r\n");
            newlines += usize::from(ends);
            at += 1;
            continue;
        }
        let (kind, end) = if let Some(comment) = comments.next_if(|comment| comment.start == at) {
            let kind = match first {
                b'#' => Kind::Marker,
                _ if rest.starts_with("/*") => Kind::BlockComment,
                _ => Kind::LineComment,
            };
            (kind, comment.end)
        } else if let Some(node) = outline.node_at(at) {
            match outline.nodes[node].kind {
                Bracket::Config => (Kind::Config, outline.nodes[node].close + 1),
                Bracket::Group | Bracket::Compound => (Kind::Open(false), at + 1),
            }
        } else {
            (kind(rest), at + length(rest))
        };
        let mut token = &text[at..end];
        let ports;
        if first == b'[' && !token.contains('/') {
            ports = self::ports(token);
            token = &ports;
        }
        let starts = starts.contains(&at);
        let mut token = Token { kind, text: token.to_string(), newlines, starts };
        token.starts |= token.is_keyword();
        if newlines > 0 || matches!(kind, Kind::LineComment | Kind::Marker) {
            for &block in &open {
                tokens[block].kind = Kind::Open(true);
            }
        }
        match kind {
            Kind::Open(_) => open.push(tokens.len()),
            Kind::Close(_) => {
                let block = open.pop().map(|block| tokens[block].kind);
                token.kind = Kind::Close(block == Some(Kind::Open(true)));
            }
            _ => {}
        }
        tokens.push(token);
        (at, newlines) = (end, 0);
    }
    tokens
}

fn kind(rest: &str) -> Kind {
    match rest.as_bytes() {
        [b'-' | b'=', b'>', ..] => Kind::Arrow,
        [b'|', b'|', ..] => Kind::Or,
        [b'|', ..] => Kind::Bar,
        [b',', ..] => Kind::Comma,
        [b';', ..] => Kind::Semicolon,
        [b'}' | b')', ..] => Kind::Close(false),
        _ => Kind::Word,
    }
}

fn length(rest: &str) -> usize {
    if rest.starts_with('[') {
        return rest.find(']').map_or(rest.len(), |end| end + 1);
    }
    if ["->", "=>", "||", "::"].iter().any(|token| rest.starts_with(token)) {
        return 2;
    }
    if rest.starts_with("...") {
        return 3;
    }
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '@' | '/' | '$');
    let length = rest.find(|c: char| !word(c)).unwrap_or(rest.len());
    // A comment ends a name.
    let length = rest[..length].find("//").unwrap_or(length);
    let comment = rest[..length].ends_with('/') && rest[length..].starts_with('*');
    match length - usize::from(comment) {
        0 => rest.chars().next().map_or(1, char::len_utf8),
        length => length,
    }
}

/// `[ 0,1 - 2 ,]` as `[0, 1-2,]`.
fn ports(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\x0b').collect();
    text.replace(',', ", ").replace(", ]", ",]")
}
