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
        parser.advance(0);
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
            match self.token("...") {
                Some(span) => rest = Some(span),
                None => {
                    self.expected("`...`");
                    definitions.push(self.definition());
                }
            }
        }
        self.is_at_end().then_some((definitions, rest))
    }

    fn definition(&mut self) -> Definition {
        let start = self.at;
        let formals = self.maybe(|parser| {
            let formals = parser.maybe(|parser| parser.list(Parser::formal)).unwrap_or_default();
            let bar = (!parser.is_next("||")).then(|| parser.token("|")).flatten();
            parser.or_expected(bar, "`|`").map(|_| formals)
        });
        let (formals, body) = (formals.unwrap_or_default(), self.statements());
        // An empty one is shown by the brace or bar before it.
        let start = self.start + start - usize::from(self.at == start);
        Definition { formals, body, span: Span { start, end: start + 1 } }
    }

    fn formal(&mut self) -> Option<Formal> {
        let keyword = self.identifier();
        let name = self.is_next("$").then(|| 1 + length(&self.text[self.at + 1..], is_variable));
        let Some(length) = name.filter(|length| *length > 1) else {
            match keyword {
                Some(_) => self.expected("a variable"),
                None => self.reach(),
            }
            return None;
        };
        let mut name = self.word(length);
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
        let name = self.name();
        match name {
            "elementclass" => {
                self.advance(name.len());
                let name = self.identifier();
                let name = self.or_expected(name, "a name")?;
                Some(Statement::ElementClass { name, class: self.class()?.0 })
            }
            "require" | "define" => {
                self.advance(name.len());
                let config = self.config()?;
                Some(match name {
                    "require" => Statement::Require(config),
                    _ => Statement::Define(config),
                })
            }
            _ if self.is_arrow() || self.is_element() => {
                self.connection().map(Statement::Connection)
            }
            _ => {
                self.expected("a statement");
                None
            }
        }
    }

    fn connection(&mut self) -> Option<Connection> {
        let first = if self.is_arrow() { Vec::new() } else { self.elements(true)? };
        let mut connection = Connection { first, hops: Vec::new() };
        while self.is_arrow() {
            let arrow = if self.is_next("->") { Arrow::One } else { Arrow::Many };
            let arrow_span = self.take(2);
            if connection.first.is_empty() {
                connection.first.push(implicit(arrow_span));
            }
            let elements = self.maybe(|parser| parser.elements(false));
            let last = elements.is_none();
            if last && !self.ends_connection() {
                return None;
            }
            let elements = elements.unwrap_or_else(|| vec![implicit(arrow_span)]);
            connection.hops.push(Hop { arrow, arrow_span, elements });
            if last {
                return Some(connection);
            }
        }
        self.expected("an arrow");
        Some(connection)
    }

    /// Whether a connection may end with the arrow before this place.
    fn ends_connection(&self) -> bool {
        self.at == self.text.len()
            || self.is_next(";")
            || self.is_next("||")
            || is_keyword(self.name())
    }

    fn elements(&mut self, first: bool) -> Option<Vec<Element>> {
        self.list(|parser| parser.element(first))
    }

    fn element(&mut self, first: bool) -> Option<Element> {
        if !self.is_element() {
            self.expected("an element");
            return None;
        }
        let mut inputs = if self.is_next("[") { Some(self.ports()?) } else { None };
        if let Some((span, kind)) = self.kind() {
            let outputs = self.maybe(Parser::ports);
            return Some(Element { inputs, kind, outputs, span });
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
        if let Some(span) = self.brackets("{") {
            let (compound, config) = (compound(span), self.config());
            let end = config.map_or(span.end, |config| config.span.end + 1);
            return Some((Span { end, ..span }, ElementKind::Compound { compound, config }));
        }
        let Some(name) = self.identifier() else {
            for name in ["a name", "`{`", "an element"] {
                self.expected(name);
            }
            return None;
        };
        let class = self.maybe(|parser| parser.token("::").and_then(|_| parser.class()));
        let config = self.config();
        let end = class.as_ref().map_or(name.span.end, |(_, end)| *end);
        let end = config.map_or(end, |config| config.span.end + 1);
        let span = Span { end, ..name.span };
        Some(match class {
            Some((class, _)) => (span, ElementKind::Declaration { name, class, config }),
            None => (span, ElementKind::Reference { name, config }),
        })
    }

    /// A class and where it ends.
    fn class(&mut self) -> Option<(Class, usize)> {
        if let Some(span) = self.brackets("{") {
            return Some((Class::Compound(compound(span)), span.end));
        }
        self.expected("`{`");
        let name = self.identifier();
        let name = self.or_expected(name, "a name")?;
        let end = name.span.end;
        Some((Class::Named(name), end))
    }

    fn config(&mut self) -> Option<Config> {
        let found = self.brackets("(");
        let Span { start, end } = self.or_expected(found, "`(`")?;
        Some(Config { span: Span { start: start + 1, end: end - 1 } })
    }

    fn ports(&mut self) -> Option<Ports> {
        let open = self.token("[");
        let open = self.or_expected(open, "`[`")?;
        let items = self.maybe(|parser| parser.list(Parser::port_item)).unwrap_or_default();
        let grows = items.is_empty() || {
            let comma = self.token(",");
            self.or_expected(comma, "`,` or `]`").is_some()
        };
        let span = open.to(self.token("]")?);
        Some(Ports { items, open: grows, span })
    }

    fn port_item(&mut self) -> Option<PortItem> {
        let first = self.port()?;
        let last = self.maybe(|parser| {
            (!parser.is_next("->")).then(|| parser.token("-")).flatten()?;
            parser.port()
        });
        Some(PortItem { first, last })
    }

    fn port(&mut self) -> Option<Identifier> {
        let length = length(&self.text[self.at..], is_word);
        let found = (length > 0).then(|| self.word(length));
        self.or_expected(found, "a port")
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
        if !self.is_next(open) {
            return None;
        }
        let node = self.outline.node_at(self.start + self.at - self.base)?;
        let node = self.outline.nodes[node];
        Some(self.take(node.close + 1 - node.open))
    }

    fn identifier(&mut self) -> Option<Identifier> {
        let name = self.name();
        (!name.is_empty() && !is_keyword(name)).then(|| self.word(name.len()))
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

    fn word(&mut self, length: usize) -> Identifier {
        let text = self.text[self.at..self.at + length].to_string();
        Identifier { text, span: self.take(length) }
    }

    fn token(&mut self, token: &str) -> Option<Span> {
        self.is_next(token).then(|| self.take(token.len()))
    }

    fn take(&mut self, length: usize) -> Span {
        let start = self.start + self.at;
        self.advance(length);
        Span { start, end: start + length }
    }

    fn advance(&mut self, length: usize) {
        self.at += length;
        self.at += self.text.as_bytes()[self.at..].iter().take_while(|b| **b == b' ').count();
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
        self.reach();
        self.at == self.text.len()
    }

    fn or_expected<T>(&mut self, found: Option<T>, name: &'static str) -> Option<T> {
        if found.is_none() {
            self.expected(name);
        }
        found
    }

    /// `name` would fit here.
    fn expected(&mut self, name: &'static str) {
        self.reach();
        if self.furthest.at == self.at {
            self.furthest.expected.push(name);
        }
    }

    fn reach(&mut self) {
        if self.furthest.at < self.at {
            self.furthest.at = self.at;
            self.furthest.expected.clear();
        }
    }
}

/// How many octets at the start of `text` are of a kind.
fn length(text: &str, is_part: fn(u8) -> bool) -> usize {
    text.bytes().take_while(|octet| is_part(*octet)).count()
}

fn is_variable(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || octet == b'_'
}

fn is_keyword(name: &str) -> bool {
    matches!(name, "elementclass" | "require" | "provide" | "define")
}

/// A compound of which only the place is known yet.
fn compound(span: Span) -> Compound {
    let span = Span { end: span.start + 1, ..span };
    Compound { definitions: Vec::new(), rest: None, span }
}

fn implicit(span: Span) -> Element {
    Element { inputs: None, kind: ElementKind::Implicit, outputs: None, span }
}
