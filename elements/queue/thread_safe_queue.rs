//! `ThreadSafeQueue`.

use pkgraph::elements::fifo::{Fifo, MOST};
use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::{ArgError, Context, Edges, FromArg, Packet};

/// Stores packets in a FIFO: push in, pull out.
///
/// A packet that comes while CAPACITY packets are stored is dropped.
///
/// In Click this is the queue between threads. A graph here runs on one
/// thread, so nothing has to be locked, and it does what a
/// [`Queue`](crate::Queue) does: all elements of the graph may push into it,
/// and all that pull take turns. It is here so that Click's graphs run; it
/// takes no packet to another thread.
#[derive(Declare)]
#[element(
    subject = "queue",
    ports = "1/1",
    processing = "h/l",
    input_docs("Packets to store."),
    output_docs("The oldest packet stored."),
    example = "InfiniteSource(LIMIT 5, STOP true) -> ThreadSafeQueue(10) -> Unqueue -> Discard",
    validate = ThreadSafeQueue::check,
    read_handler(length = ThreadSafeQueue::length, "Packets stored now."),
    read_handler(
        highwater_length = ThreadSafeQueue::highwater_length,
        "The most packets that were ever stored at once."
    ),
    read_handler(capacity = ThreadSafeQueue::capacity, "Packets stored at most."),
    read_handler(drops = ThreadSafeQueue::drops, "Packets dropped because the queue was full."),
    write_handler(capacity = ThreadSafeQueue::set_capacity, "Sets the capacity; what is past it is dropped."),
    write_handler(reset_counts = ThreadSafeQueue::reset_counts, "Sets drops and highwater_length to 0."),
    write_handler(reset = ThreadSafeQueue::reset, "Drops all stored packets.")
)]
pub struct ThreadSafeQueue {
    /// Packets stored at most.
    #[arg(position, default = "1000")]
    capacity: usize,
    fifo: Fifo,
}

impl ThreadSafeQueue {
    fn check(&mut self) -> Result<(), ArgError> {
        if self.capacity > MOST {
            return Err(ArgError::argument("CAPACITY", format!("at most {MOST}")));
        }
        Ok(())
    }

    fn length(&self) -> usize {
        self.fifo.len()
    }

    fn highwater_length(&self) -> usize {
        self.fifo.highwater_length
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    fn drops(&self) -> u64 {
        self.fifo.drops
    }

    fn set_capacity(&mut self, value: &str) -> Result<(), String> {
        self.capacity = usize::from_arg(value.trim())?.min(MOST);
        self.fifo.truncate(self.capacity);
        Ok(())
    }

    fn reset_counts(&mut self, _: &str) -> Result<(), String> {
        self.fifo.reset_counts();
        Ok(())
    }

    fn reset(&mut self, _: &str) -> Result<(), String> {
        self.fifo.truncate(0);
        Ok(())
    }
}

impl Element for ThreadSafeQueue {
    fn init(&mut self, _: &mut Context) -> Result<(), String> {
        // A capacity raised later may allocate.
        self.fifo.reserve(self.capacity);
        Ok(())
    }

    #[inline]
    fn push<E: Edges>(&mut self, _: usize, packet: Packet, _: &mut E) {
        self.fifo.push(packet, self.capacity);
    }

    #[inline]
    fn pull<E: Edges>(&mut self, _: usize, _: &mut E) -> Option<Packet> {
        self.fifo.pop()
    }
}
