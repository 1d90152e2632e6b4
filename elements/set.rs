//! The built-in set: the one list of the library's elements.

use crate::*;
use enum_dispatch::enum_dispatch;
use pkgraph_runtime::{
    ArgError, Args, Context, Edges, ElementInfo, HandlerError, Packet, Progress,
};

/// A closed set of element classes that the dynamic engine dispatches over.
pub trait ElementSet: Element + Sized {
    /// The declarations of the classes. Of two of one name the later holds.
    const CATALOGUE: &'static [&'static ElementInfo];

    /// The crate of the set's own elements; `None` for the built-in set.
    const HOME: Option<Home> = None;

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
    Burn,
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
    FromPacket,
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
    ToPacket,
    ToSocket,
    UDPIPEncap,
    Unqueue,
    Unstrip,
}

/// The crate that a set's own elements are in. A compiled graph links it.
#[derive(Clone, Copy, Debug)]
pub struct Home {
    /// The package's name.
    pub package: &'static str,
    /// The name of its library, as Rust writes it.
    pub library: &'static str,
    /// The folder of its manifest.
    pub folder: &'static str,
    /// The name of the set in the library's root.
    pub set: &'static str,
}
