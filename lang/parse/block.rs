//! One block of a text to AST, by recursive descent. The blocks in it stay empty
//! here.
//!
//! The language is Click's (click.5). Space may stand between any two words.
//! Statements need no separator: a semicolon ends one where the text would otherwise
//! read on.
//!
//! ```text
//! file          = statement*
//! compound body = definition ("||" ("..." | definition))*
//! definition    = (formals? "|")? statement*
//! formals       = formal ("," formal)*
//! formal        = name? "$" variable
//! statement     = ";" | "elementclass" name class | "require" config
//!               | "define" config | connection
//! connection    = elements? (arrow elements)* arrow?
//! arrow         = "->" | "=>"
//! elements      = element ("," element)*
//! element       = ports? (named | compound config? | group) ports? | ports
//! named         = name ("::" class)? config?
//! class         = compound | name
//! ports         = "[" (range ("," range)* ","?)? "]"
//! range         = port ("-" port)?
//! config, group = "(" ")"
//! compound      = "{" "}"
//! ```

use super::outline::{Outline, is_word};
use crate::Span;
use crate::ast::{
    Arrow, Class, Compound, Config, Connection, Definition, Element, ElementKind, Formal, Hop,
    Identifier, PortItem, Ports, Statement,
};

/// Parses a block. A rule gives `None` where it does not fit.
pub(super) struct Parser<'a> {
    text: &'a str,
    outline: &'a Outline,
    /// Where the text of the outline starts among all texts.
    base: usize,
    /// Where the block starts among all texts.
    start: usize,
    /// The next word in the block: there is no space.
    at: usize,
    pub furthest: Furthest,
}

/// The furthest place that was reached. A text that does not fit is wrong there.
#[derive(Default)]
pub(super) struct Furthest {
    /// The place in the block.
    pub at: usize,
    /// What would fit there.
    pub expected: Vec<&'static str>,
}

impl<'a> Parser<'a> {
    /// A parser of the block that starts at `start` in the text of `outline`, which
    /// starts at `base` among all texts. In the place of blocks in it there is space.
    pub fn new(text: &'a str, outline: &'a Outline, base: usize, start: usize) -> Parser<'a> {
        let furthest = Furthest::default();
        let mut parser = Parser { text, outline, base, start: base + start, at: 0, furthest };
        parser.skip(0);
        parser
    }

    /// A whole text or a group.
    pub fn file(&mut self) -> Option<Vec<Statement>> {
        let statements = self.statements();
        self.is_at_end().then_some(statements)
    }

    /// The definitions of a compound, and its `...`.
    pub fn compound_body(&mut self) -> Option<(Vec<Definition>, Option<Span>)> {
        let (mut definitions, mut rest) = (vec![self.definition()], None);
        while self.token("||").is_some() {
            match self.token("...").or_else(|| self.expected(&["`...`"])) {
                Some(span) => rest = Some(span),
                None => definitions.push(self.definition()),
            }
        }
        self.is_at_end().then_some((definitions, rest))
    }

    fn definition(&mut self) -> Definition {
        let start = self.at;
        let formals = self.maybe(|parser| {
            let formals = parser.maybe(|parser| parser.list(Parser::formal)).unwrap_or_default();
            let bar = if parser.is_next("||") { None } else { parser.token("|") };
            bar.or_else(|| parser.expected(&["`|`"])).map(|_| formals)
        });
        let (formals, body) = (formals.unwrap_or_default(), self.statements());
        // An empty one is shown by the brace or bar before it.
        let start = self.start + start - usize::from(self.at == start);
        Definition { formals, body, span: Span { start, end: start + 1 } }
    }

    fn formal(&mut self) -> Option<Formal> {
        let keyword = self.identifier();
        let sign = usize::from(self.is_next("$"));
        let length = length(&self.text[self.at + sign..], |b| is_word(b) && b != b'@');
        if sign == 0 || length == 0 {
            return self.expected(if keyword.is_some() { &["a variable"] } else { &[] });
        }
        let mut name = self.word(sign + length)?;
        name.text.remove(0);
        Some(Formal { keyword, name })
    }

    fn statements(&mut self) -> Vec<Statement> {
        let mut statements = Vec::new();
        loop {
            while self.token(";").is_some() {}
            match self.maybe(Parser::statement) {
                Some(statement) => statements.push(statement),
                None => return statements,
            }
        }
    }

    fn statement(&mut self) -> Option<Statement> {
        match self.name() {
            word @ "elementclass" => {
                let name = self.skip(word.len()).identifier();
                let name = name.or_else(|| self.expected(&["a name"]))?;
                Some(Statement::ElementClass { name, class: self.class()?.0 })
            }
            word @ "require" => self.skip(word.len()).config().map(Statement::Require),
            word @ "define" => self.skip(word.len()).config().map(Statement::Define),
            _ if self.is_arrow() || self.is_element() => {
                self.connection().map(Statement::Connection)
            }
            _ => self.expected(&["a statement"]),
        }
    }

    fn connection(&mut self) -> Option<Connection> {
        let mut first = if self.is_arrow() { Vec::new() } else { self.elements(true)? };
        let mut hops = Vec::new();
        while self.is_arrow() {
            let arrow = if self.is_next("->") { Arrow::One } else { Arrow::Many };
            let arrow_span = self.take(2);
            if first.is_empty() {
                first.push(implicit(arrow_span));
            }
            let elements = self.maybe(|parser| parser.elements(false));
            let last = elements.is_none();
            if last && !self.ends_connection() {
                return None;
            }
            let elements = elements.unwrap_or_else(|| vec![implicit(arrow_span)]);
            hops.push(Hop { arrow, arrow_span, elements });
            if last {
                return Some(Connection { first, hops });
            }
        }
        self.expected(&["an arrow"]).or(Some(Connection { first, hops }))
    }

    /// Whether a connection may end with the arrow before this place.
    fn ends_connection(&self) -> bool {
        let is_over = self.at == self.text.len() || self.is_next(";") || self.is_next("||");
        is_over || is_keyword(self.name())
    }

    fn elements(&mut self, first: bool) -> Option<Vec<Element>> {
        self.list(|parser| parser.element(first))
    }

    fn element(&mut self, first: bool) -> Option<Element> {
        if !self.is_element() {
            return self.expected(&["an element"]);
        }
        let mut inputs = if self.is_next("[") { Some(self.ports()?) } else { None };
        if let Some((span, kind)) = self.kind() {
            return Some(Element { inputs, kind, outputs: self.maybe(Parser::ports), span });
        }
        let span = inputs.as_ref()?.span;
        // The ports of `input`, which has outputs only.
        let outputs = if first { inputs.take() } else { None };
        Some(Element { inputs, kind: ElementKind::Implicit, outputs, span })
    }

    /// An element without its ports, and where it is.
    fn kind(&mut self) -> Option<(Span, ElementKind)> {
        if let Some(span) = self.brackets("(") {
            return Some((span, ElementKind::Group(Vec::new())));
        }
        let (start, compound) = (self.start + self.at, self.compound());
        let (mut end, kind) = if let Some((compound, end)) = compound {
            (end, ElementKind::Compound { compound, config: self.config() })
        } else if let Some(name) = self.identifier() {
            let class = self.maybe(|parser| parser.token("::").and_then(|_| parser.class()));
            match (class, self.config()) {
                (None, config) => (name.span.end, ElementKind::Reference { name, config }),
                (Some((class, end)), config) => {
                    (end, ElementKind::Declaration { name, class, config })
                }
            }
        } else {
            return self.expected(&["a name", "`{`", "an element"]);
        };
        if let ElementKind::Compound { config: Some(config), .. }
        | ElementKind::Declaration { config: Some(config), .. }
        | ElementKind::Reference { config: Some(config), .. } = &kind
        {
            end = config.span.end + 1;
        }
        Some((Span { start, end }, kind))
    }

    /// A class and where it ends.
    fn class(&mut self) -> Option<(Class, usize)> {
        if let Some((compound, end)) = self.compound() {
            return Some((Class::Compound(compound), end));
        }
        let name = self.identifier().or_else(|| self.expected(&["`{`", "a name"]))?;
        let end = name.span.end;
        Some((Class::Named(name), end))
    }

    /// A compound, of which only the place is known yet, and where it ends.
    fn compound(&mut self) -> Option<(Compound, usize)> {
        let Span { start, end } = self.brackets("{")?;
        let span = Span { start, end: start + 1 };
        Some((Compound { definitions: Vec::new(), rest: None, span }, end))
    }

    fn config(&mut self) -> Option<Config> {
        let span = self.brackets("(").or_else(|| self.expected(&["`(`"]))?;
        Some(Config { span: Span { start: span.start + 1, end: span.end - 1 } })
    }

    fn ports(&mut self) -> Option<Ports> {
        let start = self.token("[").or_else(|| self.expected(&["`[`"]))?;
        let items = self.maybe(|parser| parser.list(Parser::port_item)).unwrap_or_default();
        let open = items.is_empty()
            || self.token(",").or_else(|| self.expected(&["`,` or `]`"])).is_some();
        Some(Ports { items, open, span: start.to(self.token("]")?) })
    }

    fn port_item(&mut self) -> Option<PortItem> {
        let first = self.port()?;
        let last = self.maybe(|parser| match parser.is_next("->") {
            true => None,
            false => parser.token("-").and_then(|_| parser.port()),
        });
        Some(PortItem { first, last })
    }

    fn port(&mut self) -> Option<Identifier> {
        let length = length(&self.text[self.at..], is_word);
        self.word(length).or_else(|| self.expected(&["a port"]))
    }

    fn list<T>(&mut self, item: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = vec![item(self)?];
        while let Some(next) = self.maybe(|parser| parser.token(",").and_then(|_| item(parser))) {
            items.push(next);
        }
        Some(items)
    }

    /// What `rule` gives. Nothing is read if it does not fit.
    fn maybe<T>(&mut self, rule: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let before = self.at;
        let found = rule(self);
        if found.is_none() {
            self.at = before;
        }
        found
    }

    /// Brackets with what is between them.
    fn brackets(&mut self, open: &str) -> Option<Span> {
        let at = self.is_next(open).then(|| self.start + self.at - self.base)?;
        let node = self.outline.nodes[self.outline.node_at(at)?];
        Some(self.take(node.close + 1 - node.open))
    }

    fn identifier(&mut self) -> Option<Identifier> {
        let name = self.name();
        if is_keyword(name) { None } else { self.word(name.len()) }
    }

    /// The name that is next; empty if none is. It may be a keyword.
    fn name(&self) -> &'a str {
        let rest = &self.text[self.at..];
        let mut end = length(rest, is_word);
        while end > 0 && rest[end..].starts_with('/') {
            match length(&rest[end + 1..], is_word) {
                0 => break,
                part => end += 1 + part,
            }
        }
        &rest[..end]
    }

    fn word(&mut self, length: usize) -> Option<Identifier> {
        let text = &self.text[self.at..self.at + length];
        (length > 0).then(|| Identifier { text: text.to_string(), span: self.take(length) })
    }

    fn token(&mut self, token: &str) -> Option<Span> {
        self.is_next(token).then(|| self.take(token.len()))
    }

    fn take(&mut self, length: usize) -> Span {
        let start = self.start + self.at;
        self.skip(length);
        Span { start, end: start + length }
    }

    /// Goes on `length` octets, and then to the next word.
    fn skip(&mut self, length: usize) -> &mut Self {
        self.at += length;
        self.at += self.text[self.at..].bytes().take_while(|octet| *octet == b' ').count();
        self
    }

    fn is_next(&self, token: &str) -> bool {
        self.text.as_bytes()[self.at..].starts_with(token.as_bytes())
    }

    fn is_arrow(&self) -> bool {
        self.is_next("->") || self.is_next("=>")
    }

    fn is_element(&self) -> bool {
        match self.text.as_bytes().get(self.at) {
            Some(b'[' | b'(' | b'{') => true,
            Some(octet) => is_word(*octet) && !is_keyword(self.name()),
            None => false,
        }
    }

    fn is_at_end(&mut self) -> bool {
        self.expected::<()>(&[]);
        self.at == self.text.len()
    }

    /// Keeps what would fit here if no rule has come further.
    fn expected<T>(&mut self, names: &[&'static str]) -> Option<T> {
        if self.furthest.at < self.at {
            self.furthest.at = self.at;
            self.furthest.expected.clear();
        }
        if self.furthest.at == self.at {
            self.furthest.expected.extend(names);
        }
        None
    }
}

/// How many octets at the start of `text` are of a kind.
fn length(text: &str, is_part: fn(u8) -> bool) -> usize {
    text.bytes().take_while(|octet| is_part(*octet)).count()
}

fn is_keyword(name: &str) -> bool {
    matches!(name, "elementclass" | "require" | "provide" | "define")
}

fn implicit(span: Span) -> Element {
    Element { inputs: None, kind: ElementKind::Implicit, outputs: None, span }
}
