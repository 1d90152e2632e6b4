//! `pkgraph client`.
#![allow(dead_code)]
mod control;
pub mod error;
mod media;
pub mod options;
mod schedule;
mod sequence;
mod server;
