//! Sources and sinks that reach outside the program.

mod from_socket;
mod to_socket;
mod udp_port;

pub use from_socket::FromSocket;
pub use to_socket::ToSocket;
