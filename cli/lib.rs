//! The facade.

pub mod client;
