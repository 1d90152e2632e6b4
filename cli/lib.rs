//! Dataflow graphs of packet elements, compiled to one run-to-completion loop.
//!
//! This library joins the rooms for other programs: what authors of elements
//! need, and the whole command line as the function `main`.
//!
//! Without the feature `cli` only the former is there. That is what compiled
//! graphs link.

#[cfg(feature = "cli")]
pub mod client;
#[cfg(feature = "cli")]
mod commands;
mod element_set;
#[cfg(feature = "cli")]
pub mod testing;

#[cfg(feature = "cli")]
pub use commands::{Embedded, main, standalone};
#[doc(hidden)]
pub use element_set::{built_in_and, with_built_in};
pub use pkgraph_elements as elements;
#[cfg(feature = "cli")]
pub use pkgraph_lang as lang;
pub use pkgraph_runtime as runtime;
