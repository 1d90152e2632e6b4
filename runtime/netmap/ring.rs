//! One ring in shared memory, without a direction: indices and slots.

// A ring is memory that the kernel writes, too, known by an address only.
#![allow(unsafe_code)]

use super::RingSize;
use super::abi::{netmap_ring, netmap_slot};
use std::ptr::NonNull;

/// A view of a `netmap_ring` and its slots.
///
/// Slots and indices are read and written whole, by value, so that no
/// reference into memory that the kernel writes ever exists. The view is
/// `Copy`; who may write which field is the contract of its two holders, the
/// typed ring of the user and the kernel side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawRing {
    header: NonNull<netmap_ring>,
    slots: NonNull<netmap_slot>,
    size: RingSize,
    /// Fixed at registration, so kept here rather than read per packet.
    offset_mask: u64,
}

impl RawRing {
    /// A view of the ring at `header`. `None` when it has fewer than 2 slots.
    ///
    /// # Safety
    /// As long as the view or a copy is used, `header` is a `netmap_ring` followed by
    /// its `num_slots` slots, initialised, in memory readable and writable
    /// through this pointer, of which `num_slots` and `offset_mask` never
    /// change, and which no other thread writes while this one is not in a
    /// sync.
    pub(crate) unsafe fn new(header: NonNull<netmap_ring>) -> Option<RawRing> {
        // SAFETY: the caller says that a ring is there.
        let (slots, offset_mask) =
            unsafe { ((*header.as_ptr()).num_slots, (*header.as_ptr()).offset_mask) };
        // SAFETY: the slots follow the header in the same memory.
        let first = unsafe { header.byte_add(size_of::<netmap_ring>()) }.cast();
        Some(RawRing { header, slots: first, size: RingSize::new(slots)?, offset_mask })
    }

    #[inline]
    pub(crate) fn size(self) -> RingSize {
        self.size
    }

    #[inline]
    pub(crate) fn head(self) -> u32 {
        // SAFETY: the ring is there (`new`), and nobody writes it meanwhile.
        unsafe { (*self.header.as_ptr()).head }
    }

    #[inline]
    pub(crate) fn cur(self) -> u32 {
        // SAFETY: as for `head`.
        unsafe { (*self.header.as_ptr()).cur }
    }

    #[inline]
    pub(crate) fn tail(self) -> u32 {
        // SAFETY: as for `head`.
        unsafe { (*self.header.as_ptr()).tail }
    }

    /// Writes head and cur. A head past cur is a violation, so a user who moves
    /// one moves both.
    #[inline]
    pub(crate) fn set_head_and_cur(self, head: u32, cur: u32) {
        // SAFETY: as for `head`; no reference to the ring exists.
        unsafe {
            (*self.header.as_ptr()).head = head;
            (*self.header.as_ptr()).cur = cur;
        }
    }

    /// Gives the slot at head to the kernel.
    #[inline]
    pub(crate) fn advance(self) {
        let next = self.size.next(self.head());
        self.set_head_and_cur(next, next);
    }

    /// Whether head and tail, which a sync lets the kernel write, are slots of
    /// this ring. If not, the user has no slot from here on, so that nobody
    /// follows them.
    pub(crate) fn is_whole(self) -> bool {
        let is_whole = self.size.contains(self.head()) && self.size.contains(self.tail());
        if !is_whole {
            self.set_head_and_cur(0, 0);
            self.set_tail(0);
        }
        is_whole
    }

    /// Writes tail, which only a kernel side does where the ring is whole.
    #[inline]
    pub(crate) fn set_tail(self, tail: u32) {
        // SAFETY: as for `set_head_and_cur`.
        unsafe { (*self.header.as_ptr()).tail = tail }
    }

    /// Reads a slot.
    ///
    /// # Panics
    /// If the ring has no slot `index`.
    #[inline]
    pub(crate) fn slot(self, index: u32) -> netmap_slot {
        assert!(self.size.contains(index));
        // SAFETY: `index` is below `num_slots`, and those slots exist (`new`).
        unsafe { self.slots.add(index as usize).read() }
    }

    /// Writes a slot.
    ///
    /// # Panics
    /// If the ring has no slot `index`.
    #[inline]
    pub(crate) fn set_slot(self, index: u32, slot: netmap_slot) {
        assert!(self.size.contains(index));
        // SAFETY: as for `slot`; no reference to it exists.
        unsafe { self.slots.add(index as usize).write(slot) }
    }

    /// All slots, from index 0, whoever owns them.
    pub(crate) fn slots(self) -> impl Iterator<Item = netmap_slot> {
        (0..self.size.slots()).map(move |index| self.slot(index))
    }

    /// Where the data of a slot begins in its buffer, in octets
    /// (`NETMAP_ROFFSET`).
    #[inline]
    pub(crate) fn offset(self, slot: &netmap_slot) -> u64 {
        slot.ptr & self.offset_mask
    }

    /// Whether slots of this ring can say that data begins at `offset`.
    #[inline]
    pub(crate) fn can_offset(self, offset: u16) -> bool {
        u64::from(offset) & self.offset_mask == u64::from(offset)
    }

    /// A slot's `ptr` with another offset (`NETMAP_WOFFSET`).
    #[inline]
    pub(crate) fn with_offset(self, ptr: u64, offset: u16) -> u64 {
        ptr & !self.offset_mask | u64::from(offset) & self.offset_mask
    }

    /// The same ring, as a registration without offsets would have it.
    #[cfg(test)]
    pub(crate) fn without_offsets(self) -> RawRing {
        RawRing { offset_mask: 0, ..self }
    }
}
