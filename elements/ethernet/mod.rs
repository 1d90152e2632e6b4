//! Ethernet.

mod address;
mod ether_encap;

pub use address::EtherAddress;
pub use ether_encap::EtherEncap;
