//! Dataflow graphs of packet elements, compiled to one run-to-completion loop.
//!
//! This library joins the rooms for other programs; the command line is the
//! binary of the same package.

pub mod client;

pub use pkgraph_elements as elements;
pub use pkgraph_lang as lang;
pub use pkgraph_runtime as runtime;
