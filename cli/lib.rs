//! Dataflow graphs of packet elements, compiled to one run-to-completion loop.
//!
//! This library joins the rooms for other programs: what authors of elements
//! need, and the whole command line as the function `main`.
//!
//! Without the feature `cli` only the former is there: that is what compiled
//! graphs link. The feature `program` is between the two: what a program that is
//! one graph needs.

// They panic when a line cannot be written: see `output` of the runtime.
#![deny(clippy::print_stdout, clippy::print_stderr)]

#[cfg(feature = "cli")]
mod commands;
mod element_set;
#[cfg(feature = "cli")]
pub mod testing;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod whole_file;

#[cfg(feature = "cli")]
pub use commands::main;
#[cfg(feature = "cli")]
pub use pkgraph_client as client;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub use pkgraph_compare as compare;
pub use pkgraph_elements as elements;
#[cfg(feature = "program")]
pub use pkgraph_lang as lang;
#[cfg(feature = "cli")]
pub use pkgraph_macros::{__graph, graph};
#[cfg(feature = "program")]
use pkgraph_program as program;
pub use pkgraph_runtime as runtime;
pub use pkgraph_serve as serve;
#[cfg(feature = "program")]
#[doc(hidden)]
pub use program::{Embedded, PlanError, main as standalone};
