//! The rings that a socket shares with the kernel: one side produces entries,
//! the other consumes them.
//!
//! Indices run on without end; an index and the mask give the place of its
//! entry. Each side publishes its own index with a release and reads the
//! other's with an acquire, so that an entry is seen whole.
//!
//! What the kernel writes is never trusted: no index of it leads out of a ring
//! or makes a ring seem to hold more than its size.

use crate::Mapping;
use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where in a mapping the parts of a ring are, in octets
/// (`struct xdp_ring_offset`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offsets {
    /// The producer's index.
    pub(crate) producer: usize,
    /// The consumer's index.
    pub(crate) consumer: usize,
    /// The flags.
    pub(crate) flags: usize,
    /// The first entry.
    pub(crate) entries: usize,
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
    /// `None` if `size` is no power of two, or a part is outside of the
    /// mapping or not aligned.
    unsafe fn new(mapping: Mapping, offsets: Offsets, size: u32) -> Option<Shared<T>> {
        let Offsets { producer, consumer, flags, entries } = offsets;
        let fits = |at: usize, octets: usize, align: usize| {
            let end = at.checked_add(octets);
            at.is_multiple_of(align) && end.is_some_and(|end| end <= mapping.octets())
        };
        let index = |at| fits(at, size_of::<AtomicU32>(), align_of::<AtomicU32>());
        let octets = (size as usize).checked_mul(size_of::<T>())?;
        let is_whole = [producer, consumer, flags].map(index) == [true; 3]
            && fits(entries, octets, align_of::<T>());
        if !(size.is_power_of_two() && is_whole) {
            return None;
        }
        // SAFETY: each offset is within the mapping, as was just seen.
        unsafe {
            let at = |offset| mapping.start().byte_add(offset);
            Some(Shared {
                producer: at(producer).cast(),
                consumer: at(consumer).cast(),
                flags: at(flags).cast(),
                entries: at(entries).cast(),
                mask: size - 1,
                _mapping: mapping,
            })
        }
    }

    #[inline]
    fn producer(&self) -> &AtomicU32 {
        // SAFETY: the index is there as long as the mapping; both sides reach
        // it by atomic operations alone.
        unsafe { self.producer.as_ref() }
    }

    #[inline]
    fn consumer(&self) -> &AtomicU32 {
        // SAFETY: as for `producer`.
        unsafe { self.consumer.as_ref() }
    }

    #[inline]
    fn flags(&self) -> u32 {
        // SAFETY: as for `producer`.
        unsafe { self.flags.as_ref() }.load(Ordering::Relaxed)
    }

    /// The place of an entry.
    #[inline]
    fn entry(&self, index: u32) -> NonNull<T> {
        // SAFETY: the masked index is below the size of the ring.
        unsafe { self.entries.add((index & self.mask) as usize) }
    }
}

/// The side that fills a ring: fill and TX.
pub struct Producer<T> {
    ring: Shared<T>,
    /// The next entry to write, not published yet.
    next: Cell<u32>,
}

impl<T: Copy> Producer<T> {
    /// # Safety
    /// As for `Shared::new`, which also says when there is `None`; the kernel is
    /// the other side, and this the only producer.
    pub(crate) unsafe fn new(mapping: Mapping, offsets: Offsets, size: u32) -> Option<Producer<T>> {
        // SAFETY: the caller's.
        let ring: Shared<T> = unsafe { Shared::new(mapping, offsets, size) }?;
        let next = Cell::new(ring.producer().load(Ordering::Relaxed));
        Some(Producer { ring, next })
    }

    /// Writes entries as far as there is room, and shows them to the other
    /// side. What finds no room is not asked of `values`.
    ///
    /// The kernel shows a frame in the RX ring before it releases the entry of
    /// the fill ring that it came from (`xsk_flush` of `net/xdp/xsk.c`), so
    /// that even who owns no more buffers than a ring has entries may find it
    /// full.
    #[inline]
    pub fn push(&self, values: impl Iterator<Item = T>) {
        for value in values.take(self.room() as usize) {
            // SAFETY: the entry is not published, and there is room, so the
            // other side does not read it any more.
            unsafe { self.ring.entry(self.next.get()).write(value) }
            self.next.set(self.next.get().wrapping_add(1));
        }
        self.ring.producer().store(self.next.get(), Ordering::Release);
    }

    /// How many entries can be written now.
    #[inline]
    fn room(&self) -> u32 {
        (self.ring.mask + 1).saturating_sub(self.unconsumed())
    }

    /// How many entries the other side has not consumed.
    #[inline]
    pub fn unconsumed(&self) -> u32 {
        self.next.get().wrapping_sub(self.ring.consumer().load(Ordering::Acquire))
    }

    /// Whether the kernel goes on only after a system call.
    #[inline]
    pub fn needs_wakeup(&self) -> bool {
        self.ring.flags() & libc::XDP_RING_NEED_WAKEUP != 0
    }
}

/// The side that empties a ring: completion and RX.
pub struct Consumer<T> {
    ring: Shared<T>,
    /// The next entry to read, not given back yet.
    next: Cell<u32>,
}

impl<T: Copy> Consumer<T> {
    /// # Safety
    /// As for `Shared::new`, which also says when there is `None`; the kernel is
    /// the other side, this the only consumer, and any octets are a `T`.
    pub(crate) unsafe fn new(mapping: Mapping, offsets: Offsets, size: u32) -> Option<Consumer<T>> {
        // SAFETY: the caller's.
        let ring: Shared<T> = unsafe { Shared::new(mapping, offsets, size) }?;
        let next = Cell::new(ring.consumer().load(Ordering::Relaxed));
        Some(Consumer { ring, next })
    }

    /// How many entries there are to read: never more than the ring has.
    #[inline]
    pub fn available(&self) -> u32 {
        let published = self.ring.producer().load(Ordering::Acquire);
        published.wrapping_sub(self.next.get()).min(self.ring.mask + 1)
    }

    /// Reads an entry that is [`available`](Consumer::available).
    #[inline]
    pub fn pop(&self) -> T {
        debug_assert!(self.available() > 0);
        // SAFETY: the place is in the ring. The entry is published, so the
        // other side does not write it before it is released.
        let value = unsafe { self.ring.entry(self.next.get()).read() };
        self.next.set(self.next.get().wrapping_add(1));
        value
    }

    /// Gives the places of what was read back.
    #[inline]
    pub fn release(&self) {
        self.ring.consumer().store(self.next.get(), Ordering::Release);
    }
}

/// Both sides of one ring in memory, whose indices begin at `start`, for tests.
///
/// # Panics
/// If there is no memory, or `size` is no power of two.
#[doc(hidden)]
pub fn pair<T: Copy>(size: u32, start: u32) -> (Producer<T>, Consumer<T>) {
    let offsets = Offsets { producer: 0, consumer: 64, flags: 128, entries: 192 };
    let [mapping, same] = Mapping::twice(192 + size_of::<T>() * size as usize);
    // SAFETY: the two map the same memory, aligned to a page; each side
    // writes only its own index.
    unsafe {
        mapping.start().cast::<u32>().write(start);
        mapping.start().byte_add(64).cast::<u32>().write(start);
        let producer = Producer::new(mapping, offsets, size).expect("a power of two");
        (producer, Consumer::new(same, offsets, size).expect("a power of two"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    proptest! {
        /// The oracle is a queue of what was published.
        #[test]
        fn what_was_published_comes_out_in_order(
            start in prop::sample::select(vec![0, 1, u32::MAX - 3, u32::MAX]),
            steps in prop::collection::vec(0..5usize, 1..200),
        ) {
            let (producer, consumer) = pair(4, start);
            let (mut written, mut published, mut held) = (0u64, VecDeque::new(), 0);
            for step in steps {
                match step {
                    0 if !published.is_empty() => {
                        prop_assert_eq!(Some(consumer.pop()), published.pop_front());
                        held += 1;
                    }
                    0 => {
                        consumer.release();
                        held = 0;
                    }
                    // As many as find room; the others are not asked for.
                    count => {
                        let values = std::iter::from_fn(|| {
                            published.push_back(written);
                            written += 1;
                            Some(written - 1)
                        });
                        producer.push(values.take(count));
                    }
                }
                prop_assert_eq!(consumer.available() as usize, published.len());
                prop_assert_eq!(producer.unconsumed() as usize, published.len() + held);
                prop_assert!(published.len() + held <= 4);
            }
        }

        /// No index that the other side may write leads to more entries, or more
        /// room, than the ring has.
        #[test]
        fn indices_that_make_no_sense_are_no_more_than_a_ring(ours: u32, others: u32) {
            let (producer, consumer) = pair(4, ours);
            consumer.ring.producer().store(others, Ordering::Relaxed);
            prop_assert!(consumer.available() <= 4);
            producer.ring.consumer().store(others, Ordering::Relaxed);
            let mut asked = 0;
            producer.push((0..100u64).inspect(|_| asked += 1));
            prop_assert!(asked <= 4);
        }
    }

    #[test]
    fn parts_outside_of_the_mapping_make_no_ring() {
        let good = Offsets { producer: 0, consumer: 64, flags: 128, entries: 192 };
        let last = 4096 - 8;
        for (offsets, size, is_ring) in [
            (good, 4, true),
            (good, 3, false),
            (good, 0, false),
            (good, 1 << 31, false),
            (Offsets { entries: last, ..good }, 1, true),
            (Offsets { entries: last, ..good }, 2, false),
            (Offsets { entries: last - 4, ..good }, 1, false),
            (Offsets { entries: usize::MAX - 7, ..good }, 1, false),
            (Offsets { producer: 4096, ..good }, 4, false),
            (Offsets { consumer: usize::MAX - 3, ..good }, 4, false),
            (Offsets { flags: 129, ..good }, 4, false),
        ] {
            let mapping = Mapping::anonymous(4096).unwrap();
            // SAFETY: where a ring is made, nobody else writes it.
            let made = unsafe { Producer::<u64>::new(mapping, offsets, size) };
            assert_eq!(made.is_some(), is_ring, "{offsets:?} {size}");
        }
    }
}
