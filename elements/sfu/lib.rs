//! The switch of the Selective Forwarding Unit, outside in: the element, the
//! switch at work, its client table, and the wire format that they speak.

mod copies;
mod declaration;
mod delay;
pub mod key;
mod look_up;
mod neighbours;
mod own_addresses;
mod ssid_replicate;
mod switch;
pub mod table;
pub mod wire;

#[cfg(test)]
mod tests;

pub use ssid_replicate::SsidReplicate;
