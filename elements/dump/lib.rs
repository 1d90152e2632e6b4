//! Elements that read and write dumps: files of packets, as tcpdump reads and
//! writes them.
//!
//! This crate knows the formats of the files, and when a packet of one is due.
//! It does not know what is in the packets.

mod from_dump;
mod link_type;
mod reader;
mod to_dump;
mod writer;

pub use from_dump::FromDump;
pub use to_dump::ToDump;
