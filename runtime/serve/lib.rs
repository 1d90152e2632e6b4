//! A running graph as a service: its handlers by name, the control socket, the
//! metrics, and the shell of a program that is one graph.
//!
//! This crate knows no element and no language. It reaches the graph by an
//! [`EngineHandle`](pkgraph_runtime::EngineHandle) only, so that nothing here
//! runs on the engine's thread.

mod clients;
pub mod control;
mod ending;
mod error;
pub mod handlers;
mod http;
pub mod log;
pub mod metrics;
mod place;
pub mod program;
mod reading;
mod timed;

pub use clients::Server;
pub use error::ServeError;
pub use place::{Place, Stream};
pub use reading::Reading;

/// Gives up all privileges of the calling thread, which serves and opens
/// nothing. When that fails the thread goes on: the threads that deal with
/// packets report such a failure.
fn give_up() {
    let _ = pkgraph_runtime::Privileges::default().confine();
}
