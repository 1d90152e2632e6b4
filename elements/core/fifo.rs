//! The storage of queues: a FIFO that counts.

use pkgraph_runtime::{ArgError, Packet};
use std::collections::VecDeque;

/// The most packets that a queue may be told to store.
pub const MOST: usize = 1 << 20;

/// Refuses an argument CAPACITY that is larger than [`MOST`].
pub fn check_capacity(capacity: usize) -> Result<(), ArgError> {
    match capacity {
        0..=MOST => Ok(()),
        _ => Err(ArgError::argument("CAPACITY", format!("at most {MOST}"))),
    }
}

/// Stored packets, how many there ever were at once, and how many were
/// dropped.
pub struct Fifo {
    packets: VecDeque<Packet>,
    /// The most packets that were ever stored at once.
    pub highwater_length: usize,
    /// Packets dropped.
    pub drops: u64,
}

impl Fifo {
    /// An empty FIFO with room for `capacity` packets, so that no push allocates.
    pub fn with_capacity(capacity: usize) -> Fifo {
        Fifo { packets: VecDeque::with_capacity(capacity), highwater_length: 0, drops: 0 }
    }

    /// Whether no packet is stored.
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Packets stored now.
    pub fn len(&self) -> usize {
        self.packets.len()
    }

    /// Stores a packet, or drops it when `capacity` are stored.
    #[inline]
    pub fn push(&mut self, packet: Packet, capacity: usize) {
        if self.packets.len() >= capacity {
            self.drops += 1;
            return;
        }
        self.packets.push_back(packet);
        self.highwater_length = self.highwater_length.max(self.packets.len());
    }

    /// Takes the oldest packet.
    #[inline]
    pub fn pop(&mut self) -> Option<Packet> {
        self.packets.pop_front()
    }

    /// Drops the youngest packets past `capacity`.
    pub fn truncate(&mut self, capacity: usize) {
        self.drops += self.len().saturating_sub(capacity) as u64;
        self.packets.truncate(capacity);
    }

    /// Sets the counts to 0.
    pub fn reset_counts(&mut self) {
        (self.drops, self.highwater_length) = (0, 0);
    }
}
