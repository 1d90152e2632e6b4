//! `Queue` and `ThreadSafeQueue`: one element under two names.

use pkgraph::elements::fifo::{Fifo, MOST, check_capacity};
use pkgraph::elements::{Arguments, Declare, Element, Start};
use pkgraph::runtime::{ArgError, BoxError, Context, Edges, FromArg, Packet};

/// The arguments of [`Queue`] and [`ThreadSafeQueue`].
#[derive(Arguments)]
#[arguments(validate = QueueArgs::check)]
pub struct QueueArgs {
    /// Packets stored at most.
    #[arg(position, default = "1000")]
    capacity: usize,
}

impl QueueArgs {
    fn check(&mut self) -> Result<(), ArgError> {
        check_capacity(self.capacity)
    }
}

macro_rules! queue {
    ($(#[$doc:meta])* $name:ident, $example:literal) => {
        $(#[$doc])*
        #[derive(Declare)]
        #[element(
            subject = "queue",
            ports = "1/1",
            processing = "h/l",
            input_docs("Packets to store."),
            output_docs("The oldest packet stored."),
            declared = QueueArgs,
            example = $example,
            read_handler(length = $name::length, "Packets stored now.", unit = "packets"),
            read_handler(
                highwater_length = $name::highwater_length,
                "The most packets that were ever stored at once.",
                unit = "packets"
            ),
            read_handler(capacity = $name::capacity, "Packets stored at most.", unit = "packets"),
            read_handler(drops = $name::drops, "Packets dropped because the queue was full.", unit = "packets", grows),
            write_handler(
                capacity = $name::set_capacity,
                "Sets the capacity; what is past it is dropped."
            ),
            write_handler(reset_counts = $name::reset_counts, "Sets drops and highwater_length to 0."),
            write_handler(reset = $name::reset, "Drops all stored packets.")
        )]
        pub struct $name {
            capacity: usize,
            fifo: Fifo,
        }

        impl $name {
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

        impl Start for $name {
            // A capacity that is raised later may allocate.
            fn start(QueueArgs { capacity }: QueueArgs, _: &mut Context) -> Result<$name, BoxError> {
                Ok($name { capacity, fifo: Fifo::with_capacity(capacity) })
            }
        }

        impl Element for $name {
            #[inline]
            fn push<E: Edges>(&mut self, _: usize, packet: Packet, _: &mut E) {
                self.fifo.push(packet, self.capacity);
            }

            #[inline]
            fn pull<E: Edges>(&mut self, _: usize, _: &mut E) -> Option<Packet> {
                self.fifo.pop()
            }
        }
    };
}

queue! {
    /// Stores packets in a FIFO: push in, pull out.
    ///
    /// A packet that comes while CAPACITY packets are stored is dropped.
    Queue, "InfiniteSource(LIMIT 5, STOP true) -> Queue(10) -> Unqueue -> Discard"
}

queue! {
    /// Stores packets in a FIFO: push in, pull out.
    ///
    /// A packet that comes while CAPACITY packets are stored is dropped.
    ///
    /// In Click this is the queue between threads. A graph here runs on one
    /// thread, so nothing has to be locked, and it does what a [`Queue`] does:
    /// all elements of the graph may push into it, and all that pull take turns.
    /// It is here so that Click's graphs run; it takes no packet to another
    /// thread.
    ThreadSafeQueue, "InfiniteSource(LIMIT 5, STOP true) -> ThreadSafeQueue(10) -> Unqueue -> Discard"
}
