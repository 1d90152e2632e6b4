//! The element library, the built-in set, and the dynamic engine over it.
//!
//! Every element is safe Rust in a file of its own, in a folder per subject.
//! This crate does not know the graph language: it takes a checked
//! [`Plan`](runtime::Plan).

// They panic when a line cannot be written: see `output` of the runtime.
#![deny(clippy::print_stdout, clippy::print_stderr)]

// What `#[derive(Declare)]` writes says `::pkgraph_elements`, here too.
extern crate self as pkgraph_elements;

mod compiled;
pub mod device;
pub mod dump;
mod dynamic;
mod element;
pub mod ethernet;
pub mod ip;
pub mod queue;
mod set;
pub mod sfu;
pub mod standard;
pub mod traffic;

pub use compiled::{Reach, Stage};
pub use device::*;
pub use dump::{FromDump, ToDump};
pub use dynamic::Dynamic;
pub use element::{Declare, Element, Handlers, missing_handler};
pub use ethernet::EtherEncap;
pub use ip::{CheckIPHeader, MarkIPHeader, UDPIPEncap};
pub use pkgraph_elements_derive::{Declare, ElementSet};
pub use pkgraph_runtime as runtime;
pub use queue::*;
pub use set::{Builtin, ElementSet, Home};
pub use sfu::SsidReplicate;
pub use standard::*;
pub use traffic::*;
