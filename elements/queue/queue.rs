//! `Queue`.

use crate::{Declare, Element};
use pkgraph_runtime::{ArgError, Context, Edges, FromArg, Packet};
use std::collections::VecDeque;

/// Stores packets in a FIFO: push in, pull out.
///
/// A packet that comes while CAPACITY packets are stored is dropped.
#[derive(Declare)]
#[element(
    subject = "queue",
    ports = "1/1",
    processing = "h/l",
    example = "InfiniteSource(LIMIT 5, STOP true) -> Queue(10) -> Unqueue -> Discard",
    validate = Queue::check,
    read_handler(length = Queue::length, "Packets stored now."),
    read_handler(capacity = Queue::capacity, "Packets stored at most."),
    write_handler(capacity = Queue::set_capacity, "Sets the capacity; what is past it is dropped."),
    write_handler(reset_counts = Queue::reset_counts, "Sets drops and highwater_length to 0."),
    write_handler(reset = Queue::reset, "Drops all stored packets.")
)]
pub struct Queue {
    /// Packets stored at most.
    #[arg(position, default = "1000")]
    capacity: usize,
    /// The most packets that were ever stored at once.
    #[handler]
    highwater_length: usize,
    /// Packets dropped because the queue was full.
    #[handler]
    drops: u64,
    fifo: VecDeque<Packet>,
}

impl Queue {
    const MOST: usize = 1 << 20;

    fn check(&mut self) -> Result<(), ArgError> {
        if self.capacity > Queue::MOST {
            return Err(ArgError::argument("CAPACITY", format!("at most {}", Queue::MOST)));
        }
        Ok(())
    }

    fn length(&self) -> usize {
        self.fifo.len()
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    fn set_capacity(&mut self, value: &str) -> Result<(), String> {
        self.capacity = usize::from_arg(value.trim())?.min(Queue::MOST);
        while self.fifo.len() > self.capacity {
            self.fifo.pop_back();
            self.drops += 1;
        }
        Ok(())
    }

    fn reset_counts(&mut self, _: &str) -> Result<(), String> {
        (self.drops, self.highwater_length) = (0, 0);
        Ok(())
    }

    fn reset(&mut self, _: &str) -> Result<(), String> {
        self.drops += self.fifo.len() as u64;
        self.fifo.clear();
        Ok(())
    }
}

impl Element for Queue {
    fn init(&mut self, _: &mut Context) -> Result<(), String> {
        // So that no push allocates; a capacity raised later may.
        self.fifo.reserve(self.capacity);
        Ok(())
    }

    #[inline]
    fn push<E: Edges>(&mut self, _: usize, packet: Packet, _: &mut E) {
        if self.fifo.len() >= self.capacity {
            self.drops += 1;
            return;
        }
        self.fifo.push_back(packet);
        self.highwater_length = self.highwater_length.max(self.fifo.len());
    }

    #[inline]
    fn pull<E: Edges>(&mut self, _: usize, _: &mut E) -> Option<Packet> {
        self.fifo.pop_front()
    }
}
