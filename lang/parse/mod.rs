//! Text to AST. No type of the parser generator leaves this module.
//!
//! `outline` finds the blocks first; each is parsed by itself, so that an
//! error in one leaves the others alone.

mod build;
pub(crate) mod outline;
mod outline_error;
mod syntax_error;
#[cfg(test)]
mod tests;

use crate::Diagnostic;
use crate::ast::Statement;
use outline::{Marker, Outline};
use pest::Parser;
use pest::iterators::Pair;

/// The generated parser; its `Rule` has no documentation of its own.
#[allow(missing_docs)]
mod generated {
    #[derive(pest_derive::Parser)]
    #[grammar = "grammar.pest"]
    pub(super) struct Grammar;
}
use generated::{Grammar, Rule};

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
    /// Parses a block by `rule` and hands it to `build` with the place where
    /// it starts. Statements that are wrong are left out.
    fn parse<T: Default>(
        &mut self,
        rule: Rule,
        node: Option<usize>,
        build: impl FnOnce(&mut Self, Pair<'_, Rule>, usize) -> T,
    ) -> T {
        let (mut text, start) = self.outline.block(node);
        while self.errors.len() < MOST_ERRORS {
            let error = match Grammar::parse(rule, &text) {
                Ok(mut pairs) => {
                    return pairs.next().map(|pair| build(self, pair, start)).unwrap_or_default();
                }
                Err(error) => error,
            };
            let (at, diagnostic) = syntax_error::diagnostic(self.text, self.base, start, &error);
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
