//! Dumps: files of packets, as tcpdump reads and writes them.

mod from_dump;
mod link_type;
mod reader;
mod to_dump;
mod writer;

pub use from_dump::FromDump;
pub use to_dump::ToDump;
