//! The graph language.

mod emit;

pub use emit::emit;
