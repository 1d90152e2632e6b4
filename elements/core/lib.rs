//! What elements are made with: the traits of an element, its declaration,
//! the nesting of a compiled graph, and what several subjects share.
//!
//! This crate knows no element. The crates of the library depend on it under
//! the name `pkgraph`, so that an element of the library is written exactly as
//! one of a user's crate is.

// `pkgraph::elements` is the path that declarations name, in the library and in
// the crates of users.
pub extern crate self as elements;

mod compiled;
mod element;
pub mod fifo;
mod probability;
mod pull_until;
mod set;

pub use compiled::{Reach, Stage};
#[doc(hidden)]
pub use element::UNDECLARED;
pub use element::{Arguments, Declare, Element, Handlers, Start, missing_handler, start};
pub use pkgraph_derive::{Arguments, Declare, ElementSet as DeriveElementSet};
pub use pkgraph_runtime as runtime;
pub use pkgraph_runtime::Random;
pub use probability::Probability;
pub use pull_until::pull_until;
#[doc(hidden)]
pub use set::joined;
pub use set::{ElementSet, Home};
