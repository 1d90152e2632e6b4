//! The rings that a socket shares with the kernel: one side produces entries,
//! the other consumes them.
//!
//! Indices run on without end; an index and the mask give the place of its
//! entry. Each side publishes its own index with a release and reads the
//! other's with an acquire, so that an entry is seen whole.

#![allow(unsafe_code)]

use super::mapping::Mapping;
use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where in a mapping the parts of a ring are, in octets
/// (`struct xdp_ring_offset`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Offsets {
    pub(super) producer: usize,
    pub(super) consumer: usize,
    pub(super) flags: usize,
    pub(super) entries: usize,
}

/// A ring of `T`, without a side.
struct Shared<T> {
    producer: NonNull<AtomicU32>,
    consumer: NonNull<AtomicU32>,
    flags: NonNull<AtomicU32>,
    entries: NonNull<T>,
    mask: u32,
    /// Keeps all of the above.
    _mapping: Mapping,
}

impl<T: Copy> Shared<T> {
    /// # Safety
    /// The mapping has a ring of `size` entries of type `T` at these offsets,
    /// each aligned for what is there, of which the other side alone writes
    /// its own index and the flags.
    ///
    /// # Panics
    /// If `size` is no power of two, or a part is outside of the mapping.
    unsafe fn new(mapping: Mapping, offsets: Offsets, size: u32) -> Shared<T> {
        assert!(size.is_power_of_two());
        let end = offsets.entries + size as usize * size_of::<T>();
        let indices = offsets.producer.max(offsets.consumer).max(offsets.flags) + 4;
        assert!(end.max(indices) <= mapping.octets());
        // SAFETY: each offset is within the mapping, as was just seen.
        unsafe {
            let at = |offset| mapping.start().byte_add(offset);
            Shared {
                producer: at(offsets.producer).cast(),
                consumer: at(offsets.consumer).cast(),
                flags: at(offsets.flags).cast(),
                entries: at(offsets.entries).cast(),
                mask: size - 1,
                _mapping: mapping,
            }
        }
    }

    fn producer(&self) -> &AtomicU32 {
        // SAFETY: the index is there as long as the mapping; both sides reach
        // it by atomic operations alone.
        unsafe { self.producer.as_ref() }
    }

    fn consumer(&self) -> &AtomicU32 {
        // SAFETY: as for `producer`.
        unsafe { self.consumer.as_ref() }
    }

    fn flags(&self) -> u32 {
        // SAFETY: as for `producer`.
        unsafe { self.flags.as_ref() }.load(Ordering::Relaxed)
    }

    /// The place of an entry.
    fn entry(&self, index: u32) -> NonNull<T> {
        // SAFETY: the masked index is below the size of the ring.
        unsafe { self.entries.add((index & self.mask) as usize) }
    }
}

/// The side that fills a ring: fill and TX.
pub(super) struct Producer<T> {
    ring: Shared<T>,
    /// The next entry to write, not published yet.
    next: Cell<u32>,
}

impl<T: Copy> Producer<T> {
    /// # Safety
    /// As for `Shared::new`; the kernel is the other side, and this the only
    /// producer.
    pub(super) unsafe fn new(mapping: Mapping, offsets: Offsets, size: u32) -> Producer<T> {
        // SAFETY: the caller's.
        let ring: Shared<T> = unsafe { Shared::new(mapping, offsets, size) };
        let next = Cell::new(ring.producer().load(Ordering::Relaxed));
        Producer { ring, next }
    }

    /// Writes an entry. There must be room: whoever owns no more buffers than
    /// the ring has entries need not ask.
    ///
    /// # Panics
    /// If the ring is full.
    #[inline]
    pub(super) fn push(&self, value: T) {
        assert!(self.unconsumed() <= self.ring.mask, "a ring holds all buffers of its slots");
        // SAFETY: the entry is neither published nor, as was just seen, one
        // that the other side still reads.
        unsafe { self.ring.entry(self.next.get()).write(value) }
        self.next.set(self.next.get().wrapping_add(1));
    }

    /// Shows the other side what was pushed.
    #[inline]
    pub(super) fn publish(&self) {
        self.ring.producer().store(self.next.get(), Ordering::Release);
    }

    /// How many entries the other side has not consumed.
    #[inline]
    pub(super) fn unconsumed(&self) -> u32 {
        self.next.get().wrapping_sub(self.ring.consumer().load(Ordering::Acquire))
    }

    /// Whether the kernel goes on only after a system call.
    #[inline]
    pub(super) fn needs_wakeup(&self) -> bool {
        self.ring.flags() & libc::XDP_RING_NEED_WAKEUP != 0
    }
}

/// The side that empties a ring: completion and RX.
pub(super) struct Consumer<T> {
    ring: Shared<T>,
    /// The next entry to read, not given back yet.
    next: Cell<u32>,
}

impl<T: Copy> Consumer<T> {
    /// # Safety
    /// As for `Shared::new`; the kernel is the other side, this the only
    /// consumer, and any octets are a `T`.
    pub(super) unsafe fn new(mapping: Mapping, offsets: Offsets, size: u32) -> Consumer<T> {
        // SAFETY: the caller's.
        let ring: Shared<T> = unsafe { Shared::new(mapping, offsets, size) };
        let next = Cell::new(ring.consumer().load(Ordering::Relaxed));
        Consumer { ring, next }
    }

    /// How many entries there are to read.
    #[inline]
    pub(super) fn available(&self) -> u32 {
        self.ring.producer().load(Ordering::Acquire).wrapping_sub(self.next.get())
    }

    /// Reads an entry that is [`available`](Consumer::available).
    #[inline]
    pub(super) fn pop(&self) -> T {
        debug_assert!(self.available() > 0);
        // SAFETY: the place is in the ring. The entry is published, so the
        // other side does not write it before it is released.
        let value = unsafe { self.ring.entry(self.next.get()).read() };
        self.next.set(self.next.get().wrapping_add(1));
        value
    }

    /// Gives the places of what was read back.
    #[inline]
    pub(super) fn release(&self) {
        self.ring.consumer().store(self.next.get(), Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    /// Both sides of one ring in memory, whose indices begin at `start`.
    fn pair(size: u32, start: u32) -> (Producer<u64>, Consumer<u64>) {
        let offsets = Offsets { producer: 0, consumer: 64, flags: 128, entries: 192 };
        let [mapping, same] = Mapping::twice(192 + 8 * size as usize);
        // SAFETY: the two map the same memory, aligned to a page; each side
        // writes only its own index.
        unsafe {
            mapping.start().cast::<u32>().write(start);
            mapping.start().byte_add(64).cast::<u32>().write(start);
            (Producer::new(mapping, offsets, size), Consumer::new(same, offsets, size))
        }
    }

    proptest! {
        /// The oracle is a queue of what was published.
        #[test]
        fn what_was_published_comes_out_in_order(
            start in prop::sample::select(vec![0, 1, u32::MAX - 3, u32::MAX]),
            steps in prop::collection::vec(0..4u8, 1..200),
        ) {
            let (producer, consumer) = pair(4, start);
            let (mut written, mut published, mut held) = (Vec::new(), VecDeque::new(), 0);
            for (number, step) in steps.into_iter().enumerate() {
                match step {
                    0 if written.len() + published.len() + held < 4 => {
                        producer.push(number as u64);
                        written.push(number as u64);
                    }
                    1 => {
                        producer.publish();
                        published.extend(written.drain(..));
                    }
                    2 if !published.is_empty() => {
                        prop_assert_eq!(Some(consumer.pop()), published.pop_front());
                        held += 1;
                    }
                    3 => {
                        consumer.release();
                        held = 0;
                    }
                    _ => {}
                }
                prop_assert_eq!(consumer.available() as usize, published.len());
                let unconsumed = written.len() + published.len() + held;
                prop_assert_eq!(producer.unconsumed() as usize, unconsumed);
            }
        }
    }

    #[test]
    #[should_panic = "holds all buffers"]
    fn a_full_ring_takes_nothing() {
        let (producer, _consumer) = pair(2, 0);
        (0..3).for_each(|number| producer.push(number));
    }
}
