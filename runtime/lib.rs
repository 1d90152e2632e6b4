//! Packets, buffers, rings, drivers, the loop and handlers.
//!
//! This crate knows no element and no language: [`ElementInfo`] and [`Plan`]
//! are how the two speak of elements and graphs to each other.
//!
//! What a run takes from around it comes through a [`World`]. With the feature
//! `linux`, which is on by default, that is Linux, and there are devices, and
//! [`Engine`]s on threads of their own. Without it this crate makes no call of an
//! operating system but by the standard library, and a [`Runner`] runs graphs
//! wherever that is.

// They panic when a line cannot be written: see `output` of the runtime.
#![deny(clippy::print_stdout, clippy::print_stderr)]
#![cfg_attr(not(feature = "linux"), allow(dead_code, reason = "only drivers make rings"))]

mod address;
mod annotations;
mod args;
mod backlog;
mod clock;

mod context;
mod copy;
mod edges;
mod element_info;
#[cfg(feature = "linux")]
mod engine;
mod graph;
#[cfg(feature = "linux")]
mod latency;
pub mod netmap;
mod on_sockets;
pub mod output;
mod packet;
#[cfg(test)]
mod packet_model;
#[cfg(feature = "linux")]
pub mod packet_socket;
mod panicked;
mod plan;
mod random;
#[cfg(feature = "linux")]
mod receive_many;
mod region;
mod runner;
mod start_error;
mod stopwatch;
#[cfg(test)]
mod test_frames;
mod value;
mod world;

pub use address::Address;
pub use annotations::{Annotation, Annotations};
pub use args::{ArgError, Args, Burst, FromArg, Host, NoAddress, unquote};
pub use backlog::Backlog;
pub use clock::{Alarm, Clock, Nanos};
pub use context::{Context, Watch};
pub use edges::{Edges, Entry, Progress};
pub use element_info::{
    ArgInfo, ArgPlace, ElementInfo, Fan, HandlerInfo, PortInfo, Ports, Processing, Purpose,
};
#[cfg(feature = "linux")]
pub use engine::{Engine, EngineHandle, EngineOptions, EngineReport, Time};
pub use graph::{EngineDrops, Graph, HandlerError};
#[cfg(feature = "linux")]
pub use latency::{CpuList, Latency, LatencyError};
pub use on_sockets::{OnSockets, Sockets, StandIn};
pub use packet::{Original, Packet, PoolEmpty, Shares};
pub use panicked::{Panicked, caught, left, within};
#[cfg(feature = "linux")]
pub use pkgraph_sys as sys;
#[cfg(feature = "linux")]
pub use pkgraph_sys::{
    Capability, CountingAllocator, CpuTime, Epoll, EventFd, Privileges, allocations, child,
    effective_user,
};
pub use plan::{BackEdge, Handler, Input, Limit, Location, Node, NodeId, Output, Plan, Target};
pub use random::Random;
#[cfg(feature = "linux")]
pub use receive_many::ReceiveMany;
pub use region::{BufIdx, Region};
pub use runner::Runner;
pub use start_error::{BoxError, EngineError, StartError};
pub use stopwatch::Stopwatch;
pub use value::{Cell, Column, HandlerValue, Kind, Number, Quantity, Table, Value};
#[doc(hidden)]
pub use value::{kind_of_member, kind_of_method};
#[cfg(feature = "linux")]
pub use world::Linux;
pub use world::{Bare, Descriptor, Here, World};
