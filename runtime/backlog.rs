//! The FIFO of back edges, and the count of packets that lead nowhere.

use crate::{EngineDrops, Packet};
use std::collections::VecDeque;

/// Packets on back edges, in the order in which they were pushed.
///
/// A packet that goes back to an element that is already on the call stack
/// waits here until the walk that sent it has ended, so that a loop neither
/// recurses nor borrows an element twice.
#[derive(Debug)]
pub struct Backlog {
    fifo: VecDeque<(usize, Packet)>,
    dropped: EngineDrops,
}

impl Backlog {
    /// How many packets wait at most; one more is dropped and counted.
    pub const CAPACITY: usize = 1024;
    /// How many packets one drain sends on at most, so that a packet that
    /// circles for ever leaves time for everything else.
    pub const DRAIN: usize = 256;

    /// An empty FIFO.
    pub fn new() -> Backlog {
        Backlog { fifo: VecDeque::new(), dropped: EngineDrops::default() }
    }

    /// Adds a packet for back edge `edge`.
    pub fn push(&mut self, edge: usize, packet: Packet) {
        if self.fifo.len() < Backlog::CAPACITY {
            self.fifo.push_back((edge, packet));
        } else {
            self.dropped.back_edge_full += 1;
        }
    }

    /// The first packet and its back edge.
    #[inline]
    pub fn pop(&mut self) -> Option<(usize, Packet)> {
        self.fifo.pop_front()
    }

    /// Whether no packet waits.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.fifo.is_empty()
    }

    /// Drops a packet that was pushed into an unconnected port.
    #[inline]
    pub fn unconnected(&mut self, packet: Packet) {
        drop(packet);
        self.dropped.unconnected += 1;
    }

    /// What was dropped.
    pub fn dropped(&self) -> EngineDrops {
        self.dropped
    }
}

impl Default for Backlog {
    fn default() -> Backlog {
        Backlog::new()
    }
}
