//! The parser generator's pairs to the AST.

use super::{Blocks, Rule};
use crate::Span;
use crate::ast::{
    Arrow, Class, Compound, Config, Connection, Definition, Element, ElementKind, Formal, Hop,
    Identifier, PortItem, Ports, Statement,
};
use pest::iterators::Pair;

impl Blocks<'_> {
    /// The statements of a group, or of the whole text.
    pub(super) fn statements(&mut self, node: Option<usize>) -> Vec<Statement> {
        self.parse(Rule::file, node, |blocks, pair, start| {
            let mut builder = Builder { start: blocks.base + start, blocks };
            pair.into_inner().filter_map(|pair| builder.statement(pair)).collect()
        })
    }

    /// The definitions of a compound, and its `...`.
    fn definitions(&mut self, node: Option<usize>) -> (Vec<Definition>, Option<Span>) {
        self.parse(Rule::compound_body, node, |blocks, pair, start| {
            let mut builder = Builder { start: blocks.base + start, blocks };
            let (mut definitions, mut rest) = (Vec::new(), None);
            for pair in pair.into_inner() {
                match pair.as_rule() {
                    Rule::definition => definitions.push(builder.definition(pair)),
                    Rule::rest => rest = Some(builder.span(&pair)),
                    _ => {}
                }
            }
            (definitions, rest)
        })
    }
}

/// Builds one block.
struct Builder<'b, 'a> {
    blocks: &'b mut Blocks<'a>,
    /// Where the block starts among all texts.
    start: usize,
}

impl Builder<'_, '_> {
    fn statement(&mut self, pair: Pair<'_, Rule>) -> Option<Statement> {
        Some(match pair.as_rule() {
            Rule::connection => Statement::Connection(self.connection(pair)),
            Rule::require => Statement::Require(self.inner_config(pair)?),
            Rule::define => Statement::Define(self.inner_config(pair)?),
            Rule::elementclass => {
                let mut parts = pair.into_inner().skip(1);
                let name = self.identifier(&parts.next()?);
                Statement::ElementClass { name, class: self.class(&parts.next()?) }
            }
            _ => return None,
        })
    }

    fn definition(&mut self, pair: Pair<'_, Rule>) -> Definition {
        let Span { start, end } = self.span(&pair);
        // An empty one is shown by the brace or bar before it.
        let start = if start == end { start - 1 } else { start };
        let span = Span { start, end: start + 1 };
        let mut definition = Definition { formals: Vec::new(), body: Vec::new(), span };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::formals => {
                    definition.formals = part.into_inner().filter_map(|f| self.formal(f)).collect();
                }
                _ => definition.body.extend(self.statement(part)),
            }
        }
        definition
    }

    fn formal(&self, pair: Pair<'_, Rule>) -> Option<Formal> {
        let mut parts = pair.into_inner();
        let first = self.identifier(&parts.next()?);
        let (keyword, mut name) = match parts.next() {
            Some(variable) => (Some(first), self.identifier(&variable)),
            None => (None, first),
        };
        name.text.remove(0);
        Some(Formal { keyword, name })
    }

    fn connection(&mut self, pair: Pair<'_, Rule>) -> Connection {
        let mut connection = Connection { first: Vec::new(), hops: Vec::new() };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::arrow => {
                    let arrow = if part.as_str() == "=>" { Arrow::Many } else { Arrow::One };
                    let (arrow_span, elements) = (self.span(&part), Vec::new());
                    if connection.first.is_empty() {
                        connection.first.push(implicit(arrow_span));
                    }
                    connection.hops.push(Hop { arrow, arrow_span, elements });
                }
                Rule::elements => {
                    let elements = self.elements(part, connection.hops.is_empty());
                    match connection.hops.last_mut() {
                        Some(hop) => hop.elements = elements,
                        None => connection.first = elements,
                    }
                }
                _ => {}
            }
        }
        if let Some(last) = connection.hops.last_mut().filter(|hop| hop.elements.is_empty()) {
            last.elements.push(implicit(last.arrow_span));
        }
        connection
    }

    fn elements(&mut self, pair: Pair<'_, Rule>, first: bool) -> Vec<Element> {
        pair.into_inner().filter_map(|pair| self.element(pair, first)).collect()
    }

    fn element(&mut self, pair: Pair<'_, Rule>, first: bool) -> Option<Element> {
        let (mut inputs, mut outputs, mut kind) = (None, None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::input_ports => inputs = Some(self.ports(part)),
                Rule::output_ports => outputs = Some(self.ports(part)),
                _ => kind = Some(self.kind(part)?),
            }
        }
        if kind.is_none() && first {
            // The ports of `input`, which has outputs only.
            std::mem::swap(&mut inputs, &mut outputs);
        }
        let ports = inputs.as_ref().or(outputs.as_ref()).map(|ports| ports.span);
        let (span, kind) = kind.or(ports.map(|span| (span, ElementKind::Implicit)))?;
        Some(Element { inputs, kind, outputs, span })
    }

    /// The element without its ports, and where it is.
    fn kind(&mut self, pair: Pair<'_, Rule>) -> Option<(Span, ElementKind)> {
        let (rule, start) = (pair.as_rule(), self.span(&pair).start);
        if rule == Rule::group {
            let (node, span) = self.node(start)?;
            return Some((span, ElementKind::Group(self.blocks.statements(Some(node)))));
        }
        let parts: Vec<_> = pair.into_inner().collect();
        let config = parts.last().filter(|last| last.as_rule() == Rule::config);
        let config = config.and_then(|pair| self.config(pair));
        let declared = parts.get(1).filter(|part| part.as_rule() != Rule::config);
        let class = declared.unwrap_or(&parts[0]);
        // The pair itself takes in the space after it.
        let end = match (&config, class.as_rule()) {
            (Some(config), _) => config.span.end + 1,
            (None, Rule::compound) => self.node(self.span(class).start)?.1.end,
            (None, _) => self.span(class).end,
        };
        let kind = match (rule, declared) {
            (Rule::named, Some(class)) => {
                let (name, class) = (self.identifier(&parts[0]), self.class(class));
                ElementKind::Declaration { name, class, config }
            }
            (Rule::named, None) => {
                ElementKind::Reference { name: self.identifier(&parts[0]), config }
            }
            _ => ElementKind::Compound { compound: self.compound(&parts[0]), config },
        };
        Some((Span { start, end }, kind))
    }

    fn class(&mut self, pair: &Pair<'_, Rule>) -> Class {
        match pair.as_rule() {
            Rule::compound => Class::Compound(self.compound(pair)),
            _ => Class::Named(self.identifier(pair)),
        }
    }

    fn compound(&mut self, pair: &Pair<'_, Rule>) -> Compound {
        let span = self.span(pair);
        let node = self.node(span.start).map(|(node, _)| node);
        let (definitions, rest) = self.blocks.definitions(node);
        Compound { definitions, rest, span: Span { end: span.start + 1, ..span } }
    }

    fn ports(&self, pair: Pair<'_, Rule>) -> Ports {
        let mut ports = Ports { items: Vec::new(), open: false, span: self.span(&pair) };
        for part in pair.into_inner() {
            if part.as_rule() == Rule::open_end {
                ports.open = true;
                continue;
            }
            let mut ends = part.into_inner().map(|end| self.identifier(&end));
            if let Some(first) = ends.next() {
                ports.items.push(PortItem { first, last: ends.next() });
            }
        }
        ports.open |= ports.items.is_empty();
        ports
    }

    /// The configuration of a pair that contains one.
    fn inner_config(&self, pair: Pair<'_, Rule>) -> Option<Config> {
        let config = pair.into_inner().find(|inner| inner.as_rule() == Rule::config)?;
        self.config(&config)
    }

    fn config(&self, pair: &Pair<'_, Rule>) -> Option<Config> {
        let (_, span) = self.node(self.span(pair).start)?;
        Some(Config { span: Span { start: span.start + 1, end: span.end - 1 } })
    }

    /// The brackets that open at `at`, with what is between.
    fn node(&self, at: usize) -> Option<(usize, Span)> {
        let base = self.blocks.base;
        let node = self.blocks.outline.node_at(at - base)?;
        let found = self.blocks.outline.nodes[node];
        Some((node, Span { start: found.open + base, end: found.close + base + 1 }))
    }

    fn identifier(&self, pair: &Pair<'_, Rule>) -> Identifier {
        Identifier { text: pair.as_str().to_string(), span: self.span(pair) }
    }

    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let (start, end) = (pair.as_span().start(), pair.as_span().end());
        Span { start: self.start + start, end: self.start + end }
    }
}

fn implicit(span: Span) -> Element {
    Element { inputs: None, kind: ElementKind::Implicit, outputs: None, span }
}
