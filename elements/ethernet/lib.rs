//! Ethernet: addresses, what a header says of a frame's way, and an element that
//! writes headers.
//!
//! This crate knows the header and its IEEE 802.1Q tag. It does not know what is
//! behind them, nor any interface.

mod address;
mod ether_encap;
mod link;

pub use address::EtherAddress;
pub use ether_encap::EtherEncap;
pub use link::{ETHERTYPE_VLAN, Link};
