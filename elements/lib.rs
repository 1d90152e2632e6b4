//! The list of the built-in elements, and the dynamic engine over it.
//!
//! The elements themselves are in a crate per subject. This crate does not know
//! the graph language: it takes a checked [`Plan`](runtime::Plan).

mod dynamic;
mod set;

pub use dynamic::Dynamic;
pub use pkgraph::*;
pub use pkgraph_classification::*;
#[cfg(feature = "device")]
pub use pkgraph_device::*;
pub use pkgraph_dump::*;
pub use pkgraph_ethernet::{self as ethernet, *};
pub use pkgraph_ip::{self as ip, *};
pub use pkgraph_queue::*;
pub use pkgraph_sfu::{self as sfu, SsidReplicate};
pub use pkgraph_standard::*;
pub use pkgraph_traffic::*;
pub use set::Builtin;
