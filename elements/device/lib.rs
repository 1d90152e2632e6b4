//! Elements that reach interfaces and sockets: sources and sinks on netmap
//! ports, packet sockets and UDP sockets.
//!
//! This crate turns arguments into open ports, moves packets between them and
//! the graph, and counts. It does not know how a port, its rings or its driver
//! work, which is the runtime's to know, and it does not look into the packets.

mod batch;
mod counters;
mod from_netmap;
mod from_packet;
mod from_socket;
mod gone;
mod groups;
#[cfg(test)]
mod netmap_tests;
#[cfg(test)]
mod socket_tests;
mod stand_ins;
mod take;
#[cfg(test)]
mod testing;
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
