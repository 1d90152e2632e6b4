//! The checks, one to a file, each with its errors and its tests. None looks
//! at what another found wrong: a part of the graph that is wrong is left out
//! of what the next one sees.

pub mod annotations;
pub mod arguments;
pub mod calls;
pub mod compounds;
pub mod connections;
pub mod names;
pub mod outside;
pub mod ports;
pub mod processing;
pub mod requirements;
pub mod reuse;
pub mod unconnected;
pub mod variables;
