//! Click's ControlSocket, as a part of the run and not of the graph: other
//! programs read and write handlers over TCP or a Unix-domain socket.

mod client;
mod protocol;

pub use crate::place::{Place, PlaceError};
pub use client::{Control, ControlError};
pub use protocol::GREETING;

use crate::place::Listener;
use crate::{ServeError, Server};
use pkgraph_runtime::EngineHandle;
use std::time::Duration;

/// How long a client may keep from reading its answers.
const UNREAD: Duration = Duration::from_secs(10);

/// Listens at `place` for clients of `engine`.
pub fn serve(place: &Place, engine: EngineHandle) -> Result<Server, ServeError> {
    let refused = |error| ServeError::Control { place: place.clone(), error };
    let listener = Listener::bind(place).map_err(refused)?;
    if listener.is_exposed() {
        tracing::warn!(
            %place,
            "every host that can reach {place} can read and write the handlers of this \
             graph, since there is no password; unix:PATH or tcp:127.0.0.1:PORT is for this host \
             only"
        );
    }
    let server = Server::start(listener, "control", move |client| {
        let stream = client.stream();
        // A client that goes in the middle of something is no error.
        let _ = stream
            .set_write_timeout(Some(UNREAD))
            .and_then(|()| protocol::serve(&engine, stream, || client.is_served()));
    });
    server.map_err(refused)
}
