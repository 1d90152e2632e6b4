//! The client of the switch: registers, streams dummy media, and measures
//! what comes back.
//!
//! As in the paper it has three threads: the main thread configures and logs
//! (`program.rs`), the generator fills buffers at fixed intervals, the engine
//! does all network I/O. [`main`] is `pkgraph client`; [`Client`] is the same
//! for other programs, and [`session`] for several clients in one of them.
//!
//! Of the switch this crate knows the protocol (`pkgraph_sfu::wire`) and no element.

mod args;
mod control;
mod delays;
mod engine;
mod error;
mod generator;
mod handle;
mod measure;
mod media;
mod options;
mod print;
mod program;
mod report;
mod schedule;
mod sequence;
mod server;
pub mod session;
mod sockets;

pub use args::{ClientArgs, Payloads};
pub use delays::{DelayFigures, Delays};
pub use error::{ClientError, Unanswered};
pub use handle::Client;
pub use media::{PAYLOAD_MAX, PAYLOAD_MIN};
pub use options::{ClientOptions, INTERVAL, PAYLOADS, StreamOptions};
pub use print::{End, Line};
pub use program::main;
pub use report::{ReceivedStream, Report, SentStream, Snapshot, Subscribed, Totals};
pub use server::Server;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tiny_switch;
