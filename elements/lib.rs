//! The element library.

pub mod sfu;
