//! The TX ring of a port: packets into slots.

use super::abi::{NS_BUF_CHANGED, netmap_slot};
use super::ring::RawRing;
use crate::{BufIdx, Packet, Region};
use std::cell::Cell;

/// The user's side of a TX ring.
///
/// A packet of the ring's own region that nobody shares is put by swapping
/// buffers: the packet's goes into the slot, the slot's to the free list. Any
/// other packet is copied once, into the buffer that the slot has.
pub struct TxRing {
    ring: RawRing,
    region: &'static Region,
    /// Head at the last sync: the slots from here to head wait for the next.
    synced: Cell<u32>,
}

/// What became of a packet that was to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Put {
    /// In the ring, without a copy.
    Swapped,
    /// In the ring, copied: it was shared, of another region, or at an offset
    /// that this ring's slots cannot express.
    Copied,
    /// Dropped: the ring had no free slot.
    Full,
    /// Dropped: it is longer than a buffer of this ring.
    TooLong,
}

impl TxRing {
    /// A ring whose slots hold buffers of `region`.
    pub(crate) fn new(ring: RawRing, region: &'static Region) -> TxRing {
        TxRing { ring, region, synced: Cell::new(ring.head()) }
    }

    /// Puts `packet` into the next slot. It leaves with the next sync.
    #[inline]
    pub fn put(&self, packet: Packet) -> Put {
        let head = self.ring.head();
        if head == self.ring.tail() {
            return Put::Full;
        }
        if !std::ptr::eq(packet.region(), self.region) {
            return self.copy(head, &packet);
        }
        let (buffer, offset, len) = match packet.into_slot() {
            Ok(parts) => parts,
            Err(shared) => return self.copy(head, &shared),
        };
        if !self.ring.can_offset(offset) {
            return self.move_to_start(head, buffer, offset, len);
        }
        self.swap_in(head, buffer, offset, len);
        Put::Swapped
    }

    #[inline]
    fn swap_in(&self, head: u32, buffer: BufIdx, offset: u16, len: u16) {
        let slot = self.ring.slot(head);
        if let Some(before) = self.region.buffer_in_slot(slot.buf_idx) {
            self.region.free_from_slot(before);
        }
        self.fill(head, slot, buffer, offset, len, NS_BUF_CHANGED);
    }

    /// Copies into the buffer that the slot has: behind the headroom, so that
    /// who receives it without a copy can push a header, or where it fits.
    #[cold]
    fn copy(&self, head: u32, packet: &Packet) -> Put {
        let (len, size) = (packet.len(), self.region.buffer_size());
        if len > size {
            return Put::TooLong;
        }
        let headroom = self.region.headroom();
        let fits = headroom + len <= size && self.ring.can_offset(headroom as u16);
        let offset = if fits { headroom as u16 } else { 0 };
        let slot = self.ring.slot(head);
        // A slot that names no buffer gets one.
        let buffer = self.region.buffer_in_slot(slot.buf_idx);
        let Some(buffer) = buffer.or_else(|| self.region.alloc_for_slot()) else {
            return Put::Full;
        };
        let copy = Packet::from_slot(self.region, buffer, offset, len as u16);
        let (buffer, offset, len) = rewrite(copy, |octets| octets.copy_from_slice(packet.data()));
        self.fill(head, slot, buffer, offset, len, 0);
        Put::Copied
    }

    /// Swaps a buffer in after moving its data to where the slot says that
    /// data begins.
    #[cold]
    fn move_to_start(&self, head: u32, buffer: BufIdx, offset: u16, len: u16) -> Put {
        let all = Packet::from_slot(self.region, buffer, 0, offset + len);
        let (buffer, ..) = rewrite(all, |octets| octets.copy_within(usize::from(offset).., 0));
        self.swap_in(head, buffer, 0, len);
        Put::Copied
    }

    #[inline]
    fn fill(
        &self,
        head: u32,
        slot: netmap_slot,
        buffer: BufIdx,
        offset: u16,
        len: u16,
        flags: u16,
    ) {
        let ptr = self.ring.with_offset(slot.ptr, offset);
        self.ring.set_slot(head, netmap_slot { buf_idx: buffer.into_slot(), len, flags, ptr });
        self.ring.advance();
    }

    /// The number of free slots. Grows at a sync, if at all.
    #[inline]
    pub fn space(&self) -> usize {
        self.ring.size().distance(self.ring.head(), self.ring.tail()) as usize
    }

    /// The number of packets put since the last sync.
    #[inline]
    pub fn pending(&self) -> usize {
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

    /// Head, cur and tail: to look at.
    pub fn indices(&self) -> [u32; 3] {
        [self.ring.head(), self.ring.cur(), self.ring.tail()]
    }

    /// Notes that a sync has happened. Whether it has left the ring
    /// [whole](RawRing::is_whole).
    pub(crate) fn mark_synced(&self) -> bool {
        let is_whole = self.ring.is_whole();
        self.synced.set(self.ring.head());
        is_whole
    }

    #[cfg(test)]
    pub(crate) fn raw(&self) -> RawRing {
        self.ring
    }
}

/// Writes into a buffer on its way into a slot, by way of the packet that it
/// is meanwhile.
fn rewrite(packet: Option<Packet>, write: impl FnOnce(&mut [u8])) -> (BufIdx, u16, u16) {
    let mut packet = packet.expect("offset and length are within the buffer");
    write(packet.data_mut().expect("a packet from a slot is unshared"));
    packet.into_slot().expect("a packet from a slot is unshared")
}

#[cfg(all(test, feature = "linux"))]
mod tests {
    use super::*;
    use crate::netmap::{PortOptions, Taken, sim};

    #[test]
    fn a_ring_without_offsets_gets_data_at_the_start_of_the_buffer() {
        let (a, b, _) = sim::pair(&PortOptions::default()).unwrap();
        let region = a.region();
        let ring = TxRing::new(a.tx()[0].raw().without_offsets(), region);
        let mut packet = region.packet(b"hhabc").unwrap();
        packet.pull_front(2);
        assert_eq!(ring.put(packet), Put::Copied);
        let shared = region.packet(b"def").unwrap();
        assert_eq!(ring.put(shared.share()), Put::Copied);
        let buffers = ring.peek().take(2).map(|slot| slot.buf_idx);
        for (index, octets) in buffers.zip([b"abc", b"def"]) {
            // The model's own slots have offsets; say that these are at 0.
            let slot = ring.raw().slot(0);
            assert_eq!(slot.len, 3);
            let buffer = Packet::from_slot(region, BufIdx::from_slot(index), 0, 3).unwrap();
            assert_eq!(buffer.data(), octets);
            std::mem::forget(buffer);
        }
        drop(shared);
        assert!(region.is_home());
        assert!(matches!(b.take(), Taken::Empty));
    }

    #[test]
    fn a_slot_that_names_no_buffer_costs_a_buffer_and_no_more() {
        for buf_idx in [0, 1, 100_000, u32::MAX] {
            let (a, b, _) = sim::pair(&PortOptions::default()).unwrap();
            let (region, raw) = (a.region(), a.tx()[0].raw());
            for index in 0..2 {
                raw.set_slot(index, netmap_slot { buf_idx, ..raw.slot(index) });
            }
            let (owned, shared) = (region.owned(), region.packet(b"two").unwrap());
            assert_eq!(a.put(region.packet(b"one").unwrap()), Put::Swapped);
            assert_eq!(a.put(shared.share()), Put::Copied);
            drop(shared);
            assert_eq!((region.owned(), region.is_home()), (owned - 2, true));
            a.tx_sync().unwrap();
            b.rx_sync().unwrap();
            for octets in [b"one", b"two"] {
                let Taken::Packet(packet) = b.take() else { panic!("{buf_idx}") };
                assert_eq!(packet.data(), octets);
            }
        }
    }
}
