//! What stands for an element of a device when a graph runs on sockets of the
//! kernel.

use crate::{ArgError, Args};

/// The sockets on which a graph for devices runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sockets {
    /// UDP sockets, one call per packet.
    Udp,
    /// UDP sockets, several packets per call.
    UdpBatch,
    /// Packet sockets, which carry whole frames.
    Packet,
}

/// An element that stands for another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandIn {
    /// Its class.
    pub class: &'static str,
    /// Its arguments, as a graph would write them.
    pub config: String,
}

impl StandIn {
    /// An element of `class` with the arguments `config`.
    pub fn new(class: &'static str, config: impl Into<String>) -> StandIn {
        StandIn { class, config: config.into() }
    }
}

/// Says which elements stand for one with these arguments. Each of them gets all
/// of its connections; where there is none, the element stays. The error says
/// why there is nothing on sockets that does the same.
pub type OnSockets = fn(Sockets, &Args) -> Result<Vec<StandIn>, ArgError>;
