//! Sources and sinks that reach outside the program.

mod from_netmap;
mod from_packet;
mod from_socket;
mod gone;
mod groups;
#[cfg(test)]
mod netmap_tests;
#[cfg(test)]
mod socket_tests;
mod take;
mod to_netmap;
mod to_packet;
mod to_socket;
mod udp_port;

pub use from_netmap::FromNetmap;
pub use from_packet::FromPacket;
pub use from_socket::FromSocket;
pub use to_netmap::ToNetmap;
pub use to_packet::ToPacket;
pub use to_socket::ToSocket;
