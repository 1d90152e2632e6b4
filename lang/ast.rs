//! What a graph's text says, as written: nothing is looked up yet.

use crate::Span;

/// A whole text, and the libraries that it requires in their places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// The statements, in order.
    pub statements: Vec<Statement>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// Elements and the connections among them. A declaration is one without
    /// arrows.
    Connection(Connection),
    /// `elementclass Name class`
    ElementClass {
        /// The new class.
        name: Identifier,
        /// What it stands for.
        class: Class,
    },
    /// `require(...)`
    Require(Config),
    /// `define(...)`
    Define(Config),
}

/// `first -> elements -> elements`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The elements before the first arrow.
    pub first: Vec<Element>,
    /// The rest of the chain.
    pub hops: Vec<Hop>,
}

/// `-> elements`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Which arrow.
    pub arrow: Arrow,
    /// Where the arrow stands.
    pub arrow_span: Span,
    /// The elements behind it.
    pub elements: Vec<Element>,
}

/// How the ports on both sides of an arrow pair up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrow {
    /// `->`: one side is a single port.
    One,
    /// `=>`: the nth output to the nth input.
    Many,
}

/// `[ports] element [ports]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// The input ports, where given.
    pub inputs: Option<Ports>,
    /// The element itself.
    pub kind: ElementKind,
    /// The output ports, where given.
    pub outputs: Option<Ports>,
    /// The element without its ports.
    pub span: Span,
}

/// The ways to write an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ElementKind {
    /// `name :: Class(config)`
    Declaration {
        /// The element's name.
        name: Identifier,
        /// Its class.
        class: Class,
        /// Its arguments.
        config: Option<Config>,
    },
    /// `name` or `Class(config)`: which of them, only the declarations and
    /// the catalogue can tell.
    Reference {
        /// The element's name or its class.
        name: Identifier,
        /// Its arguments.
        config: Option<Config>,
    },
    /// `{ ... }(config)`
    Compound {
        /// The class.
        compound: Compound,
        /// Its arguments.
        config: Option<Config>,
    },
    /// `( ... )`
    Group(Vec<Statement>),
    /// Nothing, or ports only: `input` at the start of a chain, `output` at
    /// its end.
    Implicit,
}

/// What follows `::` or stands behind `elementclass Name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Class {
    /// A class by name.
    Named(Identifier),
    /// A compound written out.
    Compound(Compound),
}

/// `{ definition || definition || ... }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compound {
    /// The overloads, in the order in which they are tried.
    pub definitions: Vec<Definition>,
    /// The `...`, by which the class of that name so far is tried last.
    pub rest: Option<Span>,
    /// The opening brace.
    pub span: Span,
}

/// `$a, KEYWORD $b | statements`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The parameters.
    pub formals: Vec<Formal>,
    /// The statements.
    pub body: Vec<Statement>,
    /// Its first character; what stands before it if it is empty.
    pub span: Span,
}

/// `$name` or `KEYWORD $name`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formal {
    /// The keyword.
    pub keyword: Option<Identifier>,
    /// The variable, without its dollar sign.
    pub name: Identifier,
}

/// `[0]`, `[media]`, `[0, 2-4]`, `[]` or `[0,]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ports {
    /// The ports that are listed.
    pub items: Vec<PortItem>,
    /// Whether the list is empty or ends with a comma: it grows to as many
    /// ports as the other side has.
    pub open: bool,
    /// The list with its brackets.
    pub span: Span,
}

/// `0`, `media` or `2-4`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortItem {
    /// The port, or the first of a range.
    pub first: Identifier,
    /// The last port of a range.
    pub last: Option<Identifier>,
}

/// A word and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// The word.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// What stands between a pair of parentheses. Its arguments are found after
/// the variables in it are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// The text without the parentheses.
    pub span: Span,
}
