//! The switch of the Selective Forwarding Unit: its wire format, its client
//! table, and the element that joins them to a graph.

pub mod wire;
