//! The layout of a text: indentation, spaces and semicolons. Where lines break
//! inside a chain is left to the author, comments and configurations are kept
//! as they are.

mod tokens;

use crate::ast::{Class, Compound, Element, ElementKind, Statement};
use crate::parse::outline::Outline;
use crate::parse::parse;
use crate::{Diagnostic, Source, Sources};
use std::collections::HashSet;
use tokens::{Kind, Token};

/// Lays out a text anew, or says why it cannot be parsed.
pub fn fmt(source: &Source) -> Result<String, (Sources, Vec<Diagnostic>)> {
    let parsed = parse(&source.text, 0);
    let outline = Outline::new(&source.text).ok().filter(|_| parsed.errors.is_empty());
    let Some(outline) = outline else {
        let mut sources = Sources::default();
        sources.add(source);
        return Err((sources, crate::in_order(parsed.errors)));
    };
    let mut starts = HashSet::new();
    chains(&parsed.statements, &mut starts);
    let tokens = semicolons(tokens::tokens(&source.text, &outline, &starts));
    Ok(lay_out(&tokens))
}

/// Where the chains of all blocks start.
fn chains(statements: &[Statement], starts: &mut HashSet<usize>) {
    for statement in statements {
        match statement {
            Statement::Connection(connection) => {
                if let Some(first) = connection.first.first() {
                    let ports = first.inputs.as_ref().map(|ports| ports.span.start);
                    starts.insert(ports.unwrap_or(first.span.start));
                }
                let hops = connection.hops.iter().flat_map(|hop| &hop.elements);
                connection.first.iter().chain(hops).for_each(|e| inside_element(e, starts));
            }
            Statement::ElementClass { class, .. } => inside_class(class, starts),
            Statement::Require(_) | Statement::Define(_) => {}
        }
    }
}

fn inside_element(element: &Element, starts: &mut HashSet<usize>) {
    match &element.kind {
        ElementKind::Declaration { class, .. } => inside_class(class, starts),
        ElementKind::Compound { compound, .. } => inside_compound(compound, starts),
        ElementKind::Group(statements) => chains(statements, starts),
        ElementKind::Reference { .. } | ElementKind::Implicit => {}
    }
}

fn inside_class(class: &Class, starts: &mut HashSet<usize>) {
    if let Class::Compound(compound) = class {
        inside_compound(compound, starts);
    }
}

fn inside_compound(compound: &Compound, starts: &mut HashSet<usize>) {
    for definition in &compound.definitions {
        chains(&definition.body, starts);
    }
}

/// Whether a statement has begun that has not ended, in a block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begun {
    Nothing,
    Chain,
    /// It starts with a keyword and needs no semicolon.
    Other,
}

/// Every chain ends with a semicolon, except the last one of a block on one
/// line. Semicolons stand before comments, and none stands alone.
fn semicolons(tokens: Vec<Token>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::new();
    let mut state = Begun::Nothing;
    // The states of the blocks around.
    let mut outer = Vec::new();
    for token in tokens {
        let closes = matches!(token.kind, Kind::Close(true) | Kind::Or);
        if state == Begun::Chain && (token.starts || closes) {
            end(&mut out);
        }
        match token.kind {
            _ if token.is_comment() => {}
            Kind::Semicolon => {
                if state != Begun::Nothing {
                    end(&mut out);
                }
                state = Begun::Nothing;
                continue;
            }
            Kind::Or => state = Begun::Nothing,
            Kind::Close(_) => state = outer.pop().unwrap_or(Begun::Nothing),
            _ if token.is_keyword() => state = Begun::Other,
            _ if token.starts => state = Begun::Chain,
            _ => {}
        }
        if matches!(token.kind, Kind::Open(_)) {
            outer.push(state);
            state = Begun::Nothing;
        }
        out.push(token);
    }
    if state == Begun::Chain {
        end(&mut out);
    }
    out
}

/// Puts a semicolon behind the last token that is no comment.
fn end(out: &mut Vec<Token>) {
    let last = out.iter().rposition(|token| !token.is_comment());
    let semicolon = Token { kind: Kind::Semicolon, text: ";".into(), newlines: 0, starts: false };
    out.insert(last.map_or(0, |last| last + 1), semicolon);
}

/// One more level.
const INDENT: usize = 4;

fn lay_out(tokens: &[Token]) -> String {
    let mut out = String::new();
    // Of each block around: the indentation of the line that opens it, of
    // those inside, and whether it has lines of its own.
    let mut blocks = vec![(0, 0, true)];
    let mut indent = 0;
    let mut fresh = true;
    let ends = ends(tokens);
    for (i, token) in tokens.iter().enumerate() {
        let before = i.checked_sub(1).map(|i| &tokens[i]);
        let (opener, inside, broken) = blocks.last().copied().unwrap_or((0, 0, true));
        fresh |= token.starts;
        if let Some(before) = before {
            if breaks(before, token, broken) {
                let tight =
                    matches!(before.kind, Kind::Open(_)) || matches!(token.kind, Kind::Close(_));
                out.push_str(if token.newlines > 1 && !tight { "\n\n" } else { "\n" });
                indent = match token.kind {
                    Kind::Marker => 0,
                    Kind::Close(_) | Kind::Or => opener,
                    _ if fresh || token.is_comment() && ends[i] => inside,
                    _ => inside + INDENT,
                };
                out.push_str(&" ".repeat(indent));
            } else if spaced(before, token) {
                out.push(' ');
            }
        }
        out.push_str(&token.text);
        match token.kind {
            Kind::Open(broken) => {
                let line = if token.starts { inside } else { indent };
                blocks.push((line, line + INDENT, broken));
                fresh = true;
            }
            Kind::Close(_) if blocks.len() > 1 => {
                blocks.pop();
                indent = opener;
                fresh = false;
            }
            Kind::Semicolon | Kind::Or | Kind::Bar => fresh = true,
            _ if token.is_comment() => {}
            _ => fresh = false,
        }
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// Of each token, whether a statement or a block ends before the next one that is
/// no comment.
fn ends(tokens: &[Token]) -> Vec<bool> {
    let mut ends = vec![true; tokens.len()];
    let mut next = true;
    for (token, ends) in tokens.iter().zip(&mut ends).rev() {
        if !token.is_comment() {
            next = token.starts || matches!(token.kind, Kind::Close(_) | Kind::Or);
        }
        *ends = next;
    }
    ends
}

/// Whether a line ends between two tokens of a block that has lines of its
/// own, if it is `broken`.
fn breaks(before: &Token, token: &Token, broken: bool) -> bool {
    let wanted = token.newlines > 0;
    match (before.kind, token.kind) {
        (Kind::LineComment | Kind::Marker, _) | (_, Kind::Marker) => true,
        (_, Kind::LineComment | Kind::BlockComment) => wanted,
        (_, Kind::Semicolon | Kind::Comma) => false,
        (Kind::Open(broken), Kind::Close(_)) => broken && wanted,
        (Kind::Open(broken), _) => broken,
        (_, Kind::Close(broken)) => broken,
        (Kind::Or, _) if token.text == "..." => false,
        (Kind::Or, _) | (_, Kind::Or) => broken,
        _ if token.starts => broken,
        (Kind::BlockComment | Kind::Arrow | Kind::Comma, _) | (_, Kind::Arrow) => wanted,
        _ => false,
    }
}

fn spaced(before: &Token, token: &Token) -> bool {
    match token.kind {
        Kind::Semicolon | Kind::Comma => false,
        Kind::Config => before.is_comment(),
        _ => true,
    }
}
