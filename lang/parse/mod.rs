//! Text to AST.
//!
//! `outline` finds the blocks first; each is parsed by itself, so that an
//! error in one leaves the others alone.

mod block;
pub(crate) mod outline;
mod outline_error;
mod syntax_error;
#[cfg(test)]
mod tests;

use crate::ast::{Class, Compound, Connection, ElementKind, Statement};
use crate::{Diagnostic, Span};
use block::Parser;
use outline::{Marker, Outline};

/// So many syntax errors are reported; a block is parsed once for each.
const MOST_ERRORS: usize = 10;

/// What a text says.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    /// The statements that could be made sense of.
    pub statements: Vec<Statement>,
    /// What the lines after certain places are called.
    pub markers: Vec<Marker>,
    /// What is wrong. Statements with errors are left out.
    pub errors: Vec<Diagnostic>,
}

/// Parses a whole text, which starts at `base` among all texts. After a syntax
/// error the block is parsed from the next semicolon on.
pub(crate) fn parse(text: &str, base: usize) -> Parsed {
    let outline = match Outline::new(text) {
        Ok(outline) => outline,
        Err(error) => {
            return Parsed { errors: vec![error.diagnostic(base)], ..Parsed::default() };
        }
    };
    let mut blocks = Blocks { text, base, outline: &outline, errors: Vec::new() };
    let statements = blocks.statements(None);
    let errors = blocks.errors;
    Parsed { statements, markers: outline.markers, errors }
}

/// The blocks of a text.
struct Blocks<'a> {
    text: &'a str,
    base: usize,
    outline: &'a Outline,
    errors: Vec<Diagnostic>,
}

impl Blocks<'_> {
    /// The statements of a group, or of the whole text.
    fn statements(&mut self, node: Option<usize>) -> Vec<Statement> {
        let mut statements = self.parse(node, |parser| parser.file());
        self.blocks_of(&mut statements);
        statements
    }

    /// Parses the blocks that are part of `statements`.
    fn blocks_of(&mut self, statements: &mut [Statement]) {
        for statement in statements {
            let Connection { first, hops } = match statement {
                Statement::Connection(connection) => connection,
                Statement::ElementClass { class: Class::Compound(compound), .. } => {
                    self.compound(compound);
                    continue;
                }
                _ => continue,
            };
            for element in first.iter_mut().chain(hops.iter_mut().flat_map(|hop| &mut hop.elements))
            {
                match &mut element.kind {
                    ElementKind::Declaration { class: Class::Compound(compound), .. }
                    | ElementKind::Compound { compound, .. } => self.compound(compound),
                    ElementKind::Group(inner) => *inner = self.statements(self.node(element.span)),
                    _ => {}
                }
            }
        }
    }

    fn compound(&mut self, compound: &mut Compound) {
        let node = self.node(compound.span);
        (compound.definitions, compound.rest) = self.parse(node, |parser| parser.compound_body());
        for definition in &mut compound.definitions {
            self.blocks_of(&mut definition.body);
        }
    }

    /// The brackets that open where `span` starts.
    fn node(&self, span: Span) -> Option<usize> {
        self.outline.node_at(span.start - self.base)
    }

    /// Parses a block by `rule`. Statements that are wrong are left out.
    fn parse<T: Default>(
        &mut self,
        node: Option<usize>,
        rule: impl Fn(&mut Parser<'_>) -> Option<T>,
    ) -> T {
        let (mut text, start) = self.outline.block(node);
        while self.errors.len() < MOST_ERRORS {
            let mut parser = Parser::new(&text, self.outline, self.base, start);
            if let Some(parsed) = rule(&mut parser) {
                return parsed;
            }
            let (at, expected) = (parser.furthest.at, parser.furthest.expected);
            let diagnostic = syntax_error::diagnostic(self.text, self.base, start + at, expected);
            self.errors.push(diagnostic);
            let statement = syntax_error::statement(&text, at);
            if text[statement.clone()].trim().is_empty() {
                break;
            }
            text.replace_range(statement.clone(), &" ".repeat(statement.len()));
        }
        T::default()
    }
}
