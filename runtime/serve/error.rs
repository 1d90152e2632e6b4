//! Why handlers are not served.

use crate::Place;
use std::io;
use thiserror::Error;

/// Nothing listens where it was asked for.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The control socket.
    #[error("cannot listen at {place}: {error}{}", advice(.error))]
    Control {
        /// Where it was to be.
        place: Place,
        /// The kernel's answer.
        error: io::Error,
    },
    /// Metrics over HTTP.
    #[error("cannot serve metrics at {address}: {error}{}", advice(.error))]
    Metrics {
        /// HOST:PORT.
        address: String,
        /// The kernel's answer.
        error: io::Error,
    },
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => ": another program listens there; choose another place",
        _ => "",
    }
}
