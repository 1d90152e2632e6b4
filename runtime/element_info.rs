//! What an element declares about itself: the one source for checks,
//! documentation and both engines.

use crate::{Annotation, ArgError, Args, Kind, OnSockets, Quantity};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The declaration of an element class. Made by `#[derive(Declare)]`.
pub struct ElementInfo {
    /// The class name, as graphs write it.
    pub name: &'static str,
    /// The Rust path of the type, for the emitter, such as
    /// `::pkgraph_elements::Counter`.
    pub path: &'static str,
    /// The folder of the library it belongs to, such as `standard`.
    pub subject: &'static str,
    /// One sentence.
    pub synopsis: &'static str,
    /// The rest of the documentation comment, in Markdown.
    pub description: &'static str,
    /// A graph that uses it, complete and runnable.
    pub example: &'static str,
    /// The arguments: positional ones in order, then keywords.
    pub args: &'static [ArgInfo],
    /// The handlers, besides those that every element has.
    pub handlers: &'static [HandlerInfo],
    /// The ports that the element has with these arguments.
    pub ports: &'static (dyn Fn(&Args) -> Ports + Send + Sync),
    /// Configures an instance and drops it: whether the arguments are good.
    /// Opens nothing.
    pub check: &'static (dyn Fn(&Args) -> Result<(), ArgError> + Send + Sync),
    /// Whether one packet in leaves by at most one port or by all.
    pub fan: Fan,
    /// Whether it has a task or timer: `run` is called. An element with
    /// agnostic ports is run only where it has to move packets by itself: its
    /// agnostic inputs became pull, or its agnostic outputs push.
    pub task: bool,
    /// Whether it wants `flush` at the end of a burst.
    pub flush: bool,
    /// Whether its push inputs can run out of room: `room` is asked.
    pub limited: bool,
    /// Whether it opens sockets when it starts: its example takes the network,
    /// and ends by a signal.
    pub sockets: bool,
    /// Whether what it does depends on more than the graph and its files, such as an
    /// interface or a socket: a run in virtual time refuses it.
    pub outside: bool,
    /// Annotations it reads, where there is something that it does without them.
    pub reads: &'static [Annotation],
    /// Annotations that it can do nothing without: a graph in which nothing
    /// upstream writes them is refused.
    pub requires: &'static [Annotation],
    /// Annotations it writes.
    pub writes: &'static [Annotation],
    /// Whether it takes the place of a built-in class of its name, and is meant to.
    pub replaces: bool,
    /// What stands for it in a graph that runs on sockets. `None` if it stays.
    pub on_sockets: Option<OnSockets>,
    /// What handlers read when the example has ended: lines `NAME.HANDLER: VALUE`.
    pub output: &'static str,
}

impl fmt::Debug for ElementInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// How one packet in relates to packets out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fan {
    /// At most one packet, by one of the outputs.
    One,
    /// At most one packet by each output.
    All,
}

/// A declared argument.
#[derive(Debug)]
pub struct ArgInfo {
    /// Its name, upper case. Every argument may be given as `NAME value`.
    pub name: &'static str,
    /// How it may be given without its name.
    pub place: ArgPlace,
    /// Whether it must be given.
    pub required: bool,
    /// What the documentation calls its type.
    pub type_name: &'static str,
    /// Whether a value is good, by itself. The error says what was expected.
    pub parse: fn(&str) -> Result<(), String>,
    /// The default, as a graph would write it; empty for none.
    pub default: &'static str,
    /// One sentence.
    pub doc: &'static str,
}

/// How an argument may be given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ArgPlace {
    /// By position, in the order of declaration, or by name.
    Positional,
    /// By name only.
    Keyword,
    /// All that is left of the positional arguments.
    Rest,
}

/// A declared handler.
#[derive(Debug)]
pub struct HandlerInfo {
    /// Its name, lower case.
    pub name: &'static str,
    /// Whether it can be read.
    pub read: bool,
    /// Whether it can be written.
    pub write: bool,
    /// What it reads as.
    pub kind: Kind,
    /// What it says if it is a number.
    pub quantity: Quantity,
    /// What it is for.
    pub purpose: Purpose,
    /// One sentence.
    pub doc: &'static str,
}

/// What a handler is for, besides being read and written by name. A number that
/// is no setting is in the summary and in the metrics without saying so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purpose {
    /// A table is printed whole at the end of a run.
    pub summary: bool,
    /// Each column of numbers of a table is a metric, and the texts of a row are
    /// the labels of its samples.
    pub metrics: bool,
}

/// The ports of an element with given arguments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ports {
    /// The inputs.
    pub inputs: PortInfo,
    /// The outputs.
    pub outputs: PortInfo,
}

/// The inputs or the outputs of an element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PortInfo {
    /// How many there are at least; those below this number must be connected.
    pub min: usize,
    /// How many there may be at most; `usize::MAX` for any number. Those from
    /// `min` on may stay unconnected, but below the highest connected one no
    /// port may, unless it is optional.
    pub max: usize,
    /// Names of the first ports, as graphs may write them for numbers.
    pub names: &'static [&'static str],
    /// Ports at or above this number may stay unconnected though others are
    /// connected; what is pushed into one is dropped and counted. `usize::MAX`
    /// for none.
    pub optional_from: usize,
    /// The processing of the ports in order; the last holds for all further.
    /// Empty only if there are no ports.
    pub processing: &'static [Processing],
    /// What each port carries, one sentence each; the last holds for all
    /// further.
    pub docs: &'static [&'static str],
}

impl PortInfo {
    /// No ports.
    pub const NONE: PortInfo = PortInfo {
        min: 0,
        max: 0,
        names: &[],
        optional_from: usize::MAX,
        processing: &[],
        docs: &[],
    };

    /// The declared processing of `port`.
    pub fn processing(&self, port: usize) -> Processing {
        let last = self.processing.len().saturating_sub(1);
        self.processing.get(port.min(last)).copied().unwrap_or(Processing::Agnostic)
    }

    /// Exactly `n` ports of this kind.
    pub fn exactly(self, n: usize) -> PortInfo {
        PortInfo { min: n, max: n, ..self }
    }
}

/// Who moves a packet through a port.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub enum Processing {
    /// The upstream element hands it over.
    Push,
    /// The downstream element asks for it.
    Pull,
    /// Either; all agnostic ports of an element are of one kind.
    Agnostic,
}
