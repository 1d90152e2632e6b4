//! The switch of the Selective Forwarding Unit, outside in: the element
//! SsidReplicate, its client table, and the wire format that they speak.
//!
//! This crate knows who receives what, and what the switch and its clients say
//! to each other (docs/wire.md). It does not know what is in media packets
//! besides their headers, nor what its packets come from and leave by: a socket,
//! a ring, or a test.

mod copies;
mod declaration;
mod delay;
pub mod key;
mod look_up;
#[cfg_attr(not(feature = "linux"), path = "no_neighbours.rs")]
mod neighbours;
mod own_addresses;
mod ssid_replicate;
pub mod table;
pub mod wire;

#[cfg(test)]
mod tests;

pub use ssid_replicate::SsidReplicate;
