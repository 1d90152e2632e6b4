//! AST to graph: which elements there are, of which class, and what connects
//! to what. Ports keep the names that the text gives them.

mod build;
mod definitions;
mod fan;

pub use build::build;
pub(crate) use definitions::first_word;

use crate::Span;
use crate::expand::Expanded;
use petgraph::graph::DiGraph;
use pkgraph_runtime::ElementInfo;
use std::fmt;

/// Elements in the order of their declaration, and connections in the order
/// of the text.
pub type Graph = DiGraph<Element, Connection>;

/// An element.
#[derive(Clone, Debug)]
pub struct Element {
    /// Its name, made up where the text gives none.
    pub name: String,
    /// Its class, as written.
    pub class: String,
    /// The class's declaration; `None` for an unknown class, which was
    /// reported and causes no further errors.
    pub info: Option<&'static ElementInfo>,
    /// Its arguments with the variables replaced.
    pub config: Expanded,
    /// Where it is declared: its name, or its class if it has no name.
    pub span: Span,
    /// Whether a name that is not declared was probably meant for it: it may
    /// be connected better than it looks.
    pub misspelt: bool,
}

/// A connection. It joins an output of its source to an input of its target.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The output.
    pub output: Port,
    /// The input.
    pub input: Port,
}

/// A port of an element as the text gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its number or name.
    pub id: PortId,
    /// Where it is written; the element where no port is.
    pub span: Span,
}

/// The number or the name of a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortId {
    /// `[1]`
    Number(usize),
    /// `[media]`
    Name(String),
}

impl fmt::Display for PortId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PortId::Number(number) => number.fmt(f),
            PortId::Name(name) => f.write_str(name),
        }
    }
}
