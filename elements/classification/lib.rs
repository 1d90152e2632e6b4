//! Classification: elements that choose a packet's output by its octets.
//!
//! They know headers of UDP, and no other element.

mod classifier;
mod pattern;

pub use classifier::Classifier;
