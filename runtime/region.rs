//! Memory regions: packet buffers of one size, their free list and their
//! reference counts.
//!
//! A buffer is in exactly one of three places: on the free list, in packets
//! (one or, when shared, several), or in one ring slot. The place is known by
//! the type that holds it: the list, [`Packet`](crate::Packet), [`BufIdx`].

// A region hands out parts of memory that it knows by an address only.
#![allow(unsafe_code)]

use crate::copy::copy;
use crate::netmap::abi::NETMAP_RESERVED_BUFS;
use crate::{Annotations, Packet};
use std::cell::{Cell, UnsafeCell};
use std::ptr::NonNull;

const END_OF_LIST: u32 = u32::MAX;

/// A region of equal packet buffers that belongs to one engine thread.
///
/// Regions are leaked: every packet holds a `&'static Region`, so that
/// dropping one needs neither a thread-local nor a reference count on the
/// region. `Region` is not `Sync`, hence `Packet` is not `Send`.
pub struct Region {
    base: NonNull<u8>,
    stride: u32,
    headroom: u16,
    meta: Box<[Meta]>,
    free: Cell<u32>,
    free_count: Cell<u32>,
    owned: Cell<u32>,
    exhausted: Cell<u64>,
}

/// What is known of a buffer. What every packet touches is on one cache line.
#[repr(C, align(64))]
struct Meta {
    /// The packets on it; 1 while it is in none, as for the next.
    refs: Cell<u32>,
    /// The next on the free list.
    next: Cell<u32>,
    annotations: UnsafeCell<Annotations>,
}

/// The index of a buffer that is in a ring slot.
///
/// Neither `Copy` nor `Clone`: who holds it holds the buffer.
#[must_use = "a buffer index that is dropped is a buffer lost"]
#[derive(Debug, PartialEq, Eq)]
pub struct BufIdx(u32);

impl BufIdx {
    /// Claims that the caller holds buffer `index` of some region, and gives it
    /// to a slot. What a slot names is found by [`Region::buffer_in_slot`].
    pub(crate) fn from_slot(index: u32) -> BufIdx {
        BufIdx(index)
    }

    /// The index to write into a slot.
    pub(crate) fn into_slot(self) -> u32 {
        self.0
    }
}

impl Region {
    /// Octets left free before the data of a fresh packet: room for an
    /// Ethernet, VLAN, IPv6 and UDP header, on one cache line.
    pub const HEADROOM: u16 = 64;
    /// The buffer size netmap uses by default, in octets.
    pub const BUFFER_SIZE: u32 = 2048;

    /// A region of `count` buffers of `size` octets in the heap, all free.
    ///
    /// # Panics
    /// If `size` does not exceed the headroom or is past 65,535 octets, the
    /// reach of a packet's offsets; or if there cannot be so much memory.
    pub fn new(count: u32, size: u32) -> &'static Region {
        let octets = (count as usize).checked_mul(size as usize).expect("memory can be addressed");
        let memory = vec![0u8; octets].leak();
        let base = NonNull::new(memory.as_mut_ptr()).expect("a slice is not null");
        // SAFETY: the memory is leaked, zeroed, used by nothing else, and
        // holds `count` buffers of `size` octets.
        unsafe { Region::from_raw(base, size, Region::HEADROOM, count, 0..count) }
    }

    /// A region over buffers that exist already, such as netmap's.
    ///
    /// Buffer `i` is at `base + i * stride`, for `i < count`. `free` are the
    /// buffers that packets may use; the others are in ring slots.
    ///
    /// # Safety
    /// `base` to `base + count * stride` is readable and writable, initialised,
    /// as long as the region owns a buffer or a ring has one, and reached by
    /// nobody but the holders of buffers. `free` names each buffer once and none that a ring holds.
    ///
    /// # Panics
    /// If `stride` does not exceed `headroom` or is past 65,535, or a free
    /// index is not below `count`.
    pub unsafe fn from_raw(
        base: NonNull<u8>,
        stride: u32,
        headroom: u16,
        count: u32,
        free: impl IntoIterator<Item = u32>,
    ) -> &'static Region {
        assert!(stride > u32::from(headroom) && stride <= u32::from(u16::MAX));
        let meta = (0..count)
            .map(|_| Meta {
                refs: Cell::new(1),
                next: Cell::new(END_OF_LIST),
                annotations: UnsafeCell::new(Annotations::EMPTY),
            })
            .collect();
        let region = Region {
            base,
            stride,
            headroom,
            meta,
            free: Cell::new(END_OF_LIST),
            free_count: Cell::new(0),
            owned: Cell::new(0),
            exhausted: Cell::new(0),
        };
        // Pushed in reverse, so that the first taken is the first named.
        let free: Vec<u32> = free.into_iter().collect();
        for &index in free.iter().rev() {
            region.free_from_slot(BufIdx(index));
        }
        region.owned.set(region.free_count.get());
        Box::leak(Box::new(region))
    }

    /// Takes a free buffer as an empty packet that starts after the headroom.
    ///
    /// `None` when none is free, which [`exhausted`](Region::exhausted) counts.
    #[inline]
    pub fn alloc(&'static self) -> Option<Packet> {
        let index = self.take_free()?;
        Some(Packet::new(self, index, self.headroom, 0))
    }

    /// Takes a free buffer and copies `data` into it.
    ///
    /// `None` when none is free or `data` does not fit behind the headroom.
    #[inline]
    pub fn packet(&'static self, data: &[u8]) -> Option<Packet> {
        self.packet_with_header(data, data.len())
    }

    /// Takes a free buffer as a packet of `len` octets that starts with
    /// `header`, of which it is at least as long; the other octets are whatever
    /// the buffer last held.
    ///
    /// `None` as for [`packet`](Region::packet).
    #[inline(always)]
    pub fn packet_with_header(&'static self, header: &[u8], len: usize) -> Option<Packet> {
        let mut packet = self.alloc()?;
        packet.extend_fresh(len)?;
        copy(packet.octets_mut().get_mut(..header.len())?, header);
        Some(packet)
    }

    /// The buffer that a slot names, which the caller owns. `None` if the region
    /// has no such buffer, or netmap reserves it: the slot was overwritten, and
    /// the region is a buffer short from here on.
    #[inline]
    pub(crate) fn buffer_in_slot(&self, index: u32) -> Option<BufIdx> {
        if (NETMAP_RESERVED_BUFS..self.meta.len() as u32).contains(&index) {
            return Some(BufIdx(index));
        }
        std::hint::cold_path();
        self.owned.set(self.owned.get().saturating_sub(1));
        None
    }

    /// Takes a free buffer for a ring slot.
    pub(crate) fn alloc_for_slot(&self) -> Option<BufIdx> {
        self.take_free().map(BufIdx)
    }

    /// Gives a buffer that came out of a ring slot back to the free list.
    ///
    /// # Panics
    /// If the region has no such buffer.
    pub(crate) fn free_from_slot(&self, index: BufIdx) {
        assert!((index.0 as usize) < self.meta.len());
        self.put_free(index.0);
    }

    /// Takes a buffer that no slot and no packet has into the free list.
    ///
    /// # Panics
    /// If the region has no buffer `index`.
    pub(crate) fn adopt(&self, index: u32) {
        self.free_from_slot(BufIdx(index));
        self.owned.set(self.owned.get() + 1);
    }

    /// Parts with a free buffer, if there is one.
    pub(crate) fn give_up(&self) -> Option<u32> {
        if self.available() == 0 {
            return None;
        }
        let index = self.take_free()?;
        self.owned.set(self.owned.get() - 1);
        Some(index)
    }

    /// The number of free buffers.
    pub fn available(&self) -> usize {
        self.free_count.get() as usize
    }

    /// The number of buffers that are free or in packets. A ring takes one for
    /// each that it gives, so this changes only when a port opens or closes.
    pub fn owned(&self) -> usize {
        self.owned.get() as usize
    }

    /// Whether no packet of this region exists.
    pub fn is_home(&self) -> bool {
        self.free_count.get() == self.owned.get()
    }

    /// How often a buffer was asked for and none was free.
    pub fn exhausted(&self) -> u64 {
        self.exhausted.get()
    }

    /// The address of buffer 0.
    pub(crate) fn base(&self) -> usize {
        self.base.as_ptr().addr()
    }

    /// Octets of a buffer, headroom included.
    pub fn buffer_size(&self) -> usize {
        self.stride as usize
    }

    /// Octets before the data of a fresh packet.
    pub fn headroom(&self) -> usize {
        usize::from(self.headroom)
    }

    #[inline]
    fn take_free(&self) -> Option<u32> {
        let index = self.free.get();
        if index == END_OF_LIST {
            self.exhausted.set(self.exhausted.get() + 1);
            return None;
        }
        self.free.set(self.meta(index).next.get());
        self.free_count.set(self.free_count.get() - 1);
        self.forget_annotations(index);
        Some(index)
    }

    #[inline]
    fn put_free(&self, index: u32) {
        self.meta(index).next.set(self.free.get());
        self.free.set(index);
        self.free_count.set(self.free_count.get() + 1);
    }

    /// Makes the buffer that left a slot one unshared packet's.
    ///
    /// # Panics
    /// If the region has no such buffer.
    #[inline]
    pub(crate) fn claim(&self, index: u32) {
        assert!((index as usize) < self.meta.len());
        self.forget_annotations(index);
    }

    #[inline]
    fn forget_annotations(&self, index: u32) {
        // SAFETY: the caller took the buffer out of its only other place, so
        // no packet, and so no reference into its annotations, exists.
        unsafe { (*self.annotations(index).get()).clear() };
    }

    #[inline]
    fn meta(&self, index: u32) -> &Meta {
        debug_assert!((index as usize) < self.meta.len());
        // SAFETY: an index is on the free list or in a packet, and both
        // `free_from_slot` and `claim`, the only ways to there, have checked
        // that it is below `meta.len()`.
        unsafe { self.meta.get_unchecked(index as usize) }
    }

    /// Counts `more` packets on a buffer.
    #[inline]
    pub(crate) fn share(&self, index: u32, more: u32) {
        let refs = &self.meta(index).refs;
        // A count that wraps would make a shared buffer writable. Only packets
        // that were forgotten can get there.
        refs.set(refs.get().checked_add(more).unwrap_or_else(|| std::process::abort()));
    }

    #[inline]
    pub(crate) fn is_shared(&self, index: u32) -> bool {
        self.meta(index).refs.get() > 1
    }

    #[inline]
    pub(crate) fn release(&self, index: u32) {
        let refs = &self.meta(index).refs;
        match refs.get() {
            1 => self.put_free(index),
            n => refs.set(n - 1),
        }
    }

    /// The start of a buffer.
    #[inline]
    pub(crate) fn buffer(&self, index: u32) -> NonNull<u8> {
        debug_assert!((index as usize) < self.meta.len());
        // SAFETY: `index` is below `count`, as for `meta`.
        unsafe { self.base.add(index as usize * self.stride as usize) }
    }

    #[inline]
    pub(crate) fn annotations(&self, index: u32) -> &UnsafeCell<Annotations> {
        &self.meta(index).annotations
    }
}

impl std::fmt::Debug for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Region({}/{} free)", self.available(), self.owned.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_holds_its_header_whatever_its_length() {
        let region = Region::new(1, 512);
        let octets: Vec<u8> = (0..=255).collect();
        for len in 0..=255 {
            let packet = region.packet(&octets[..len]).unwrap();
            assert_eq!(packet.data(), &octets[..len]);
            drop(packet);
            let longer = region.packet_with_header(b"head", 4 + len).unwrap();
            assert_eq!((longer.len(), &longer.data()[..4]), (4 + len, &b"head"[..]));
        }
        assert!(region.packet_with_header(b"head", 3).is_none());
        for len in [449, 1 << 16, usize::MAX - 10, usize::MAX - 64, usize::MAX] {
            assert!(region.packet_with_header(b"head", len).is_none());
        }
        assert!(region.is_home());
    }
}
