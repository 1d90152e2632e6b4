//! The built-in set: the one list of the library's elements.

use crate::*;
use enum_dispatch::enum_dispatch;
use pkgraph_runtime::{
    ArgError, Args, Context, Edges, ElementInfo, HandlerError, Packet, Progress,
};

/// A closed set of element classes that the dynamic engine dispatches over.
pub trait ElementSet: Element + Sized {
    /// The declarations of the classes.
    const CATALOGUE: &'static [&'static ElementInfo];

    /// An element of class `class`; `None` when the set has no such class.
    fn create(class: &str, args: &Args) -> Option<Result<Self, ArgError>>;
}

/// An element of the library.
// The table of the switch is large and a graph has one of it: boxing it would
// cost every packet an indirection to save a few octets.
#[allow(clippy::large_enum_variant, missing_docs)]
#[enum_dispatch(Element, Handlers)]
#[derive(ElementSet)]
pub enum Builtin {
    Classifier,
    Counter,
    Discard,
    FromNetmap,
    FromSocket,
    InfiniteSource,
    Null,
    Paint,
    PaintSwitch,
    Print,
    Queue,
    Record,
    SsidReplicate,
    Tee,
    ToNetmap,
    ToSocket,
    Unqueue,
}
