//! Ethernet.

mod address;
mod ether_encap;
mod link;

pub use address::EtherAddress;
pub use ether_encap::EtherEncap;
pub use link::{ETHERTYPE_VLAN, Link};
