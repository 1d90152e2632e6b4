//! AST to graph: which elements there are, of which class, and what connects
//! to what. Ports keep the names that the text gives them.
//!
//! A block is read once, as a template (`block`, with `templates` for the
//! names); then the templates are expanded (`instances`, with `overload` for
//! which and `tunnels` for the ways into and out of them).

mod block;
mod definitions;
mod fan;
mod instances;
mod overload;
mod pseudo;
mod template;
mod templates;
#[cfg(test)]
mod tests;
mod tunnels;

pub(crate) use definitions::{arguments, first_word};

use crate::ast::File;
use crate::checks::variables::VariableError;
use crate::diagnostic::Trail;
use crate::expand::{Expanded, Scopes};
use crate::{Catalogue, Diagnostic, Span};
use instances::Instances;
use petgraph::graph::DiGraph;
use pkgraph_runtime::ElementInfo;
use std::fmt;
use std::rc::Rc;
use templates::Templates;

/// What most often is one: the elements and the ports on a side of an arrow.
type Few<T> = smallvec::SmallVec<[T; 1]>;

/// A text has at most so many connections, and so has its graph.
pub(crate) const MOST_CONNECTIONS: usize = 1 << 20;

/// Builds the graph of `file`, a part of `text`. `defines` are values for
/// variables that it defines. What is wrong goes to `errors`; the graph has
/// all that could be made sense of.
pub fn build(
    file: &File,
    text: &str,
    defines: &[(String, String)],
    catalogue: &Catalogue,
    errors: &mut Vec<Diagnostic>,
) -> Built {
    let Templates { templates, compounds, packages, errors: found, .. } =
        Templates::new(&file.statements, text, catalogue);
    errors.extend(found);
    let mut scopes = Scopes::default();
    let scope = scopes.open(None);
    for variable in templates.last().map_or(&[][..], |top| &top.variables) {
        scopes.define(scope, &variable.name, &variable.value);
    }
    for (name, value) in defines {
        match scopes.defines(scope, name) {
            true => scopes.define(scope, name, value),
            false => {
                let known: Vec<&str> = scopes.names(scope).collect();
                errors.push(VariableError::unused(name, &known).into());
            }
        }
    }
    let graph = Instances::expand(text, &templates, &compounds, (scopes, scope), errors);
    Built { graph, packages }
}

/// What is built of a text.
#[derive(Clone, Debug)]
pub struct Built {
    /// The graph.
    pub graph: Graph,
    /// The packages that the text requires.
    pub packages: Vec<String>,
}

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
    /// The compound elements that it is in.
    pub trail: Option<Rc<Trail>>,
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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
