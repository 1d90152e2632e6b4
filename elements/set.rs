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
    CheckIPHeader,
    Classifier,
    Counter,
    Delay,
    DelayUnqueue,
    Discard,
    DriverManager,
    EtherEncap,
    FromDump,
    FromNetmap,
    FromSocket,
    Idle,
    InfiniteSource,
    Loss,
    MarkIPHeader,
    Null,
    Paint,
    PaintSwitch,
    Print,
    PrioSched,
    PullNull,
    PushNull,
    Queue,
    RandomSample,
    RatedSource,
    Record,
    Reorder,
    RoundRobinSched,
    RoundRobinSwitch,
    SsidReplicate,
    StaticSwitch,
    StoreData,
    Strip,
    StripToNetworkHeader,
    Switch,
    Tee,
    ThreadSafeQueue,
    TimedSource,
    ToDump,
    ToNetmap,
    ToSocket,
    UDPIPEncap,
    Unqueue,
    Unstrip,
}
