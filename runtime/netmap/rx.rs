//! The RX ring of a port: packets out of slots.

use super::abi::{NS_BUF_CHANGED, NS_MOREFRAG, netmap_slot};
use super::ring::RawRing;
use crate::{Packet, Region};
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
    morefrag: Cell<MoreFrag>,
    /// Head at the last sync: the slots from here to head are not the kernel's
    /// until the next.
    synced: Cell<u32>,
}

/// What `NS_MOREFRAG` on a slot says of the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MoreFrag {
    /// That it goes on, as netmap defines it.
    GoesOn,
    /// The same, until a ring is seen whose last packet never ends.
    Doubted,
    /// That it ends, and without the flag it goes on.
    Ends,
}

/// What came of taking a packet.
#[derive(Debug)]
#[must_use]
pub enum Taken {
    /// A packet.
    Packet(Packet),
    /// A packet that cannot be represented was dropped: a chain of fragments
    /// (`NS_MOREFRAG`), data that leaves its buffer, or a slot that names none.
    Discarded,
    /// The ring holds nothing more until the next sync.
    Empty,
    /// There is a packet, but the region has no free buffer to swap in.
    PoolEmpty,
}

impl RxRing {
    /// A ring whose slots hold buffers of `region`.
    pub(crate) fn new(ring: RawRing, region: &'static Region) -> RxRing {
        let (in_chain, synced) = (Cell::new(false), Cell::new(ring.head()));
        RxRing { ring, region, in_chain, morefrag: Cell::new(MoreFrag::GoesOn), synced }
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
            let ends = self.morefrag.get() == MoreFrag::Ends;
            let goes_on = (slot.flags & NS_MOREFRAG != 0) != ends;
            if !goes_on && !self.in_chain.get() {
                return self.swap_out(head, slot);
            }
            if self.means_the_reverse() {
                continue;
            }
            // A fragment: its buffer stays where it is.
            self.in_chain.set(goes_on);
            self.ring.set_slot(head, netmap_slot { len: 0, flags: 0, ..slot });
            self.ring.advance();
            if !self.in_chain.get() {
                return Taken::Discarded;
            }
        }
    }

    /// Prepares for a driver that may set `NS_MOREFRAG` on the last fragment
    /// in place of the others, as netmap's e1000e does at commit 89607e14
    /// (`LINUX/if_e1000e_netmap.h`, `e1000_netmap_rxsync`).
    pub(crate) fn doubt_morefrag(&self) {
        self.morefrag.set(MoreFrag::Doubted);
    }

    /// Finds out whether it does: tail moves over whole packets, so the slot
    /// before it is a last one.
    #[cold]
    fn means_the_reverse(&self) -> bool {
        let last = self.ring.slot(self.ring.size().prev(self.ring.tail()));
        let found = self.morefrag.get() == MoreFrag::Doubted && last.flags & NS_MOREFRAG != 0;
        if found {
            self.morefrag.set(MoreFrag::Ends);
        }
        found
    }

    #[inline]
    fn swap_out(&self, head: u32, slot: netmap_slot) -> Taken {
        let Some(fresh) = self.region.alloc_for_slot() else { return Taken::PoolEmpty };
        let offset = u16::try_from(self.ring.offset(&slot)).unwrap_or(u16::MAX);
        let buffer = self.region.buffer_in_slot(slot.buf_idx);
        let ptr = self.ring.with_offset(slot.ptr, self.region.headroom() as u16);
        let flags = NS_BUF_CHANGED;
        self.ring.set_slot(head, netmap_slot { buf_idx: fresh.into_slot(), len: 0, flags, ptr });
        self.ring.advance();
        match buffer.and_then(|buffer| Packet::from_slot(self.region, buffer, offset, slot.len)) {
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

#[cfg(all(test, feature = "linux"))]
mod tests {
    use super::*;
    use crate::netmap::abi::netmap_slot;
    use crate::netmap::{PortOptions, sim};

    /// Puts slots with these lengths and flags into a ring, and takes packets.
    fn taken(doubt: bool, slots: &[(u16, u16)]) -> Vec<Option<usize>> {
        let (port, _, _) = sim::pair(&PortOptions::default()).unwrap();
        let ring = &port.rx()[0];
        if doubt {
            ring.doubt_morefrag();
        }
        for (index, (len, flags)) in (0..).zip(slots) {
            let slot = netmap_slot { len: *len, flags: *flags, ..ring.raw().slot(index) };
            ring.raw().set_slot(index, slot);
        }
        ring.raw().set_tail(slots.len() as u32);
        std::iter::from_fn(|| match ring.take() {
            Taken::Packet(packet) => Some(Some(packet.len())),
            Taken::Discarded => Some(None),
            Taken::Empty | Taken::PoolEmpty => None,
        })
        .collect()
    }

    #[test]
    fn a_flag_that_means_the_reverse_is_found_out_and_only_where_it_is_doubted() {
        let (last, more) = (0, NS_MOREFRAG);
        let right = [(60, last), (1500, more), (20, last), (61, last)];
        let wrong = [(60, more), (1500, last), (20, more), (61, more)];
        let packets = [Some(60), None, Some(61)];
        assert_eq!(taken(false, &right), packets);
        assert_eq!(taken(true, &right), packets);
        assert_eq!(taken(true, &wrong), packets);
        assert_ne!(taken(false, &wrong), packets);
    }

    #[test]
    fn a_slot_that_names_no_buffer_is_dropped() {
        for buf_idx in [0, 1, 100_000, u32::MAX] {
            let (port, _, _) = sim::pair(&PortOptions::default()).unwrap();
            let ring = port.rx()[0].raw();
            ring.set_slot(0, netmap_slot { buf_idx, len: 60, ..ring.slot(0) });
            ring.set_slot(1, netmap_slot { len: 60, ..ring.slot(1) });
            ring.set_tail(2);
            assert!(matches!(port.take(), Taken::Discarded), "{buf_idx}");
            assert!(matches!(port.take(), Taken::Packet(_)), "{buf_idx}");
            assert!(port.region().is_home());
        }
    }

    #[test]
    fn indices_that_lead_out_of_a_ring_end_the_port() {
        for (head, tail) in [(256, 0), (0, 256), (u32::MAX, u32::MAX), (3, 1 << 31)] {
            let (port, _, _) = sim::pair(&PortOptions::default()).unwrap();
            let ring = &port.rx()[0];
            assert!(ring.mark_synced() && !port.is_gone());
            ring.raw().set_head_and_cur(head, head);
            ring.raw().set_tail(tail);
            assert!(!ring.mark_synced(), "{head} {tail}");
            assert!(matches!(port.take(), Taken::Empty));
            assert_eq!((ring.available(), ring.unreleased()), (0, 0));
        }
    }
}
