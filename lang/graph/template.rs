//! A block of the text with its names looked up and its compounds not yet
//! expanded.

use super::Port;
use crate::Span;
use crate::ast::Formal;
use crate::expand::Variable;
use crate::wiring::Side;
use pkgraph_runtime::ElementInfo;

/// What a class name stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Class {
    /// An element of the catalogue.
    Element(&'static ElementInfo),
    /// A compound, as an index.
    Compound(usize),
}

/// A compound class.
#[derive(Debug)]
pub(super) struct Compound {
    /// Its name; empty if it has none.
    pub name: String,
    /// The definitions to choose from, as indices into the templates.
    pub definitions: Vec<usize>,
    /// What is used if no definition fits.
    pub base: Option<&'static ElementInfo>,
}

/// A block: the whole text or one definition of a compound.
#[derive(Debug, Default)]
pub(super) struct Template {
    /// How many compounds are around it.
    pub level: usize,
    /// Where it is written.
    pub span: Span,
    pub formals: Vec<Formal>,
    pub variables: Vec<Variable>,
    pub parts: Vec<Part>,
    pub links: Vec<Link>,
    /// The tunnels that are the compound's `input` and `output`.
    pub pseudo: [Option<usize>; 2],
}

/// An element of a block.
#[derive(Debug)]
pub(super) struct Part {
    pub name: String,
    pub kind: PartKind,
    /// The text between its parentheses.
    pub config: Option<Span>,
    pub span: Span,
    /// Whether something that could not be made sense of was probably meant to
    /// be connected to it.
    pub vague: bool,
}

#[derive(Debug)]
pub(super) enum PartKind {
    /// Of a class that does not exist.
    Unknown(String),
    Class(Class),
    /// Where packets enter or leave a group or a compound: what comes in by a
    /// port goes out by the same.
    Tunnel(Tunnel),
}

/// An element of a class, or of one that does not exist.
pub(super) fn kind(class: &Result<Class, String>) -> PartKind {
    match class {
        Ok(class) => PartKind::Class(*class),
        Err(name) => PartKind::Unknown(name.clone()),
    }
}

/// Where packets enter or leave a block.
#[derive(Debug)]
pub(super) struct Tunnel {
    /// On which side of the tunnel the block is.
    pub inside: Side,
    /// The links on that side, and on the other.
    pub links: [Vec<usize>; 2],
    /// The names of its ports; there are so many.
    pub ports: Vec<Option<String>>,
}

/// A connection of a block.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub from: (usize, Port),
    pub to: (usize, Port),
}

impl Link {
    /// The part and port on `side` of the link.
    pub fn end_mut(&mut self, side: Side) -> &mut (usize, Port) {
        match side {
            Side::Input => &mut self.to,
            Side::Output => &mut self.from,
        }
    }

    /// The part and port on `side` of the link.
    pub fn end(&self, side: Side) -> &(usize, Port) {
        match side {
            Side::Input => &self.to,
            Side::Output => &self.from,
        }
    }
}

impl Part {
    pub fn tunnel(&self) -> Option<&Tunnel> {
        match &self.kind {
            PartKind::Tunnel(tunnel) => Some(tunnel),
            _ => None,
        }
    }

    pub fn tunnel_mut(&mut self) -> Option<&mut Tunnel> {
        match &mut self.kind {
            PartKind::Tunnel(tunnel) => Some(tunnel),
            _ => None,
        }
    }
}

impl Template {
    /// Adds a tunnel into the block (its `input`) or out of it.
    pub fn tunnel(&mut self, name: &str, side: Side, span: Span) -> usize {
        // What comes in leaves the tunnel inside.
        let inside = side.other();
        let tunnel = Tunnel { inside, links: Default::default(), ports: Vec::new() };
        let (name, kind) = (name.to_string(), PartKind::Tunnel(tunnel));
        self.parts.push(Part { name, kind, config: None, span, vague: false });
        self.parts.len() - 1
    }

    /// The names of the ports that the definition has on `side`.
    pub fn ports(&self, side: Side) -> &[Option<String>] {
        let tunnel = self.pseudo[side as usize].and_then(|part| self.parts[part].tunnel());
        tunnel.map_or(&[], |tunnel| &tunnel.ports)
    }

    /// Adds a connection.
    pub fn link(&mut self, from: (usize, Port), to: (usize, Port)) {
        let index = self.links.len();
        for (part, side) in [(from.0, Side::Output), (to.0, Side::Input)] {
            if let Some(tunnel) = self.parts[part].tunnel_mut() {
                tunnel.links[usize::from(side != tunnel.inside)].push(index);
            }
        }
        self.links.push(Link { from, to });
    }
}
