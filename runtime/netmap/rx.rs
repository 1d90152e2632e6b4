//! The RX ring of a port: packets out of slots.

use super::abi::{NS_BUF_CHANGED, NS_MOREFRAG, netmap_slot};
use super::ring::RawRing;
use crate::{BufIdx, Packet, Region};
use std::cell::Cell;

/// The user's side of an RX ring.
///
/// A packet is taken by swapping its buffer with a free one of the region, so
/// nothing is copied, and a region without a free buffer stops reception: the
/// packets stay in the ring, and the ring stays full.
pub struct RxRing {
    ring: RawRing,
    region: &'static Region,
    /// The fragments seen last belong to a packet that goes on.
    in_chain: Cell<bool>,
    /// Head at the last sync: the slots from here to head are not the kernel's
    /// until the next.
    synced: Cell<u32>,
}

/// What came of taking a packet.
#[derive(Debug)]
#[must_use]
pub enum Taken {
    /// A packet.
    Packet(Packet),
    /// A packet that cannot be represented was dropped: a chain of fragments
    /// (`NS_MOREFRAG`), or data that leaves its buffer.
    Discarded,
    /// The ring holds nothing more until the next sync.
    Empty,
    /// There is a packet, but the region has no free buffer to swap in.
    PoolEmpty,
}

impl RxRing {
    /// A ring whose slots hold buffers of `region`.
    pub(crate) fn new(ring: RawRing, region: &'static Region) -> RxRing {
        RxRing { ring, region, in_chain: Cell::new(false), synced: Cell::new(ring.head()) }
    }

    /// Takes the next packet out of the ring.
    #[inline]
    pub fn take(&self) -> Taken {
        loop {
            let head = self.ring.head();
            if head == self.ring.tail() {
                return Taken::Empty;
            }
            let slot = self.ring.slot(head);
            if slot.flags & NS_MOREFRAG == 0 && !self.in_chain.get() {
                return self.swap_out(head, slot);
            }
            // A fragment: its buffer stays where it is.
            self.in_chain.set(slot.flags & NS_MOREFRAG != 0);
            self.ring.set_slot(head, netmap_slot { len: 0, flags: 0, ..slot });
            self.ring.advance();
            if !self.in_chain.get() {
                return Taken::Discarded;
            }
        }
    }

    #[inline]
    fn swap_out(&self, head: u32, slot: netmap_slot) -> Taken {
        let Some(fresh) = self.region.alloc_for_slot() else { return Taken::PoolEmpty };
        let offset = u16::try_from(self.ring.offset(&slot)).unwrap_or(u16::MAX);
        let buffer = BufIdx::from_slot(slot.buf_idx);
        let ptr = self.ring.with_offset(slot.ptr, self.region.headroom() as u16);
        let flags = NS_BUF_CHANGED;
        self.ring.set_slot(head, netmap_slot { buf_idx: fresh.into_slot(), len: 0, flags, ptr });
        self.ring.advance();
        match Packet::from_slot(self.region, buffer, offset, slot.len) {
            Some(packet) => Taken::Packet(packet),
            None => Taken::Discarded,
        }
    }

    /// The number of slots that hold something received, fragments included.
    #[inline]
    pub fn available(&self) -> usize {
        self.ring.size().distance(self.ring.head(), self.ring.tail()) as usize
    }

    /// The number of slots read since the last sync: the kernel cannot receive
    /// into them yet.
    #[inline]
    pub fn unreleased(&self) -> usize {
        self.ring.size().distance(self.synced.get(), self.ring.head()) as usize
    }

    /// The number of slots.
    pub fn slots(&self) -> usize {
        self.ring.size().slots() as usize
    }

    /// A copy of every slot, from index 0, whoever owns it: to look at.
    pub fn peek(&self) -> impl Iterator<Item = netmap_slot> {
        self.ring.slots()
    }

    /// Notes that a sync has happened.
    pub(crate) fn mark_synced(&self) {
        self.synced.set(self.ring.head());
    }

    #[cfg(test)]
    pub(crate) fn raw(&self) -> RawRing {
        self.ring
    }
}
