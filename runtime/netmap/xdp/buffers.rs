//! Where the buffers of a port are: in the slots of its netmap rings, or on
//! their way through the rings of its sockets.
//!
//! Completed and received buffers come in the kernel's order, so a slot that
//! is the kernel's does not say which buffer it stands for, only that there is
//! one. Buffers are conserved: the slots of the user, and those on their way
//! (fill, RX, TX and completion rings), are as many as the rings have slots.
//!
//! What the kernel gives back is checked: an address of a buffer that it does
//! not have is counted as a stray and changes nothing.

use super::memory::{Rings, empty_slot};
use crate::Region;
use crate::netmap::abi::{NS_BUF_CHANGED, netmap_slot};
use crate::sys::{Consumer, Producer, xdp_desc};
use std::cell::Cell;

/// Octets of an Ethernet header: no device takes less.
const FRAME_LEAST: u16 = 14;

/// The buffers of a port.
pub(super) struct Buffers {
    region: &'static Region,
    rings: Rings,
    tx: Side,
    rx: Vec<Side>,
    /// By buffer: whether the kernel has it.
    flying: Box<[Cell<bool>]>,
    /// Frames too short for any device, dropped.
    pub(super) runts: Cell<u64>,
    /// Entries of the kernel that name no buffer that it has.
    pub(super) strays: Cell<u64>,
}

/// The kernel's state of a ring.
#[derive(Default)]
struct Side {
    /// The first slot that has not been taken over: head, as of the last sync,
    /// or before it where the socket had no room.
    hwcur: Cell<u32>,
    /// The first slot that is not the user's.
    hwtail: Cell<u32>,
}

impl Buffers {
    /// Those in the slots of `rings`, out of a region that has `count` buffers.
    pub(super) fn new(region: &'static Region, rings: Rings, count: usize) -> Buffers {
        let side = |tail| Side { hwcur: Cell::new(0), hwtail: Cell::new(tail) };
        Buffers {
            region,
            tx: side(rings.tx.size().slots() - 1),
            rx: rings.rx.iter().map(|_| side(0)).collect(),
            rings,
            flying: (0..count).map(|_| Cell::new(false)).collect(),
            runts: Cell::new(0),
            strays: Cell::new(0),
        }
    }

    /// The buffers that the socket of each queue is to have first: those of all
    /// slots of its RX ring.
    pub(super) fn to_fill(&self) -> Vec<Vec<u32>> {
        let all = self.rings.rx.iter();
        all.map(|ring| ring.slots().map(|slot| slot.buf_idx).collect()).collect()
    }

    /// Gives the kernel buffers that are in no slot.
    pub(super) fn fill(&self, buffers: &[u32], fill: &Producer<u64>) {
        fill.push(buffers.iter().map(|buffer| self.launch(*buffer)));
    }

    /// Takes back all buffers that are on their way, after their sockets have
    /// been closed. What was to be sent goes into slots; of the others it says
    /// which each queue is to have.
    pub(super) fn recall(&self) -> Vec<Vec<u32>> {
        let mut landed = (0..self.flying.len() as u32)
            .filter(|buffer| self.flying[*buffer as usize].replace(false));
        let mut take = |count: u32| -> Vec<u32> { landed.by_ref().take(count as usize).collect() };
        take(self.sent()).into_iter().for_each(|buffer| self.hand_back(buffer));
        self.rings.tx.set_tail(self.tx.hwtail.get());
        let size = self.rings.tx.size();
        let sides = self.rx.iter();
        sides
            .map(|side| take(size.slots() - size.distance(side.hwcur.get(), side.hwtail.get())))
            .collect()
    }

    /// Gives the user the slots of what has been sent. The slot at tail has a
    /// buffer that is not on its way; a completed one takes the place of the
    /// next, and becomes the one at tail.
    pub(super) fn complete(&self, completion: &Consumer<u64>) {
        let completed = completion.available().min(self.sent());
        for _ in 0..completed {
            if let Some((buffer, _)) = self.land(completion.pop()) {
                self.hand_back(buffer);
            }
        }
        if completed > 0 {
            completion.release();
        }
        self.rings.tx.set_tail(self.tx.hwtail.get());
    }

    /// Moves what the user has put into the TX ring of the socket, as far as
    /// that has room.
    pub(super) fn submit(&self, tx: &Producer<xdp_desc>) {
        let (ring, head) = (self.rings.tx, self.rings.tx.head());
        tx.push(std::iter::from_fn(|| {
            loop {
                let at = self.tx.hwcur.get();
                if at == head {
                    return None;
                }
                let slot = ring.slot(at);
                self.tx.hwcur.set(ring.size().next(at));
                if slot.len >= FRAME_LEAST {
                    let addr = self.launch(slot.buf_idx) + ring.offset(&slot);
                    return Some(xdp_desc { addr, len: u32::from(slot.len), options: 0 });
                }
                self.runts.set(self.runts.get() + 1);
                self.hand_back(slot.buf_idx);
            }
        }));
    }

    /// Gives the kernel the buffers of the slots that the user has read of ring
    /// `number`, as far as the fill ring has room.
    pub(super) fn release(&self, number: usize, fill: &Producer<u64>) {
        let (ring, side) = (self.rings.rx[number], &self.rx[number]);
        let head = ring.head();
        if side.hwcur.get() == head {
            return;
        }
        fill.push(std::iter::from_fn(|| {
            let at = side.hwcur.get();
            (at != head).then(|| {
                side.hwcur.set(ring.size().next(at));
                self.launch(ring.slot(at).buf_idx)
            })
        }));
    }

    /// Brings what has come into ring `number`.
    pub(super) fn receive(&self, number: usize, rx: &Consumer<xdp_desc>) {
        let (ring, side) = (self.rings.rx[number], &self.rx[number]);
        let size = ring.size();
        let room = size.slots() - 1 - size.distance(side.hwcur.get(), side.hwtail.get());
        let received = rx.available().min(room);
        for _ in 0..received {
            let desc = rx.pop();
            let Some((buf_idx, offset)) = self.land(desc.addr) else { continue };
            let tail = side.hwtail.get();
            // What is longer than any buffer is dropped by who takes it.
            let len = u16::try_from(desc.len).unwrap_or(u16::MAX);
            let (flags, ptr) = (NS_BUF_CHANGED, u64::from(offset));
            ring.set_slot(tail, netmap_slot { buf_idx, len, flags, ptr });
            side.hwtail.set(size.next(tail));
        }
        if received > 0 {
            rx.release();
            ring.set_tail(side.hwtail.get());
        }
    }

    /// Whether slots that the user has read have not found room in a fill ring.
    /// Without those buffers nothing may be received, and nobody would tell.
    #[inline]
    pub(super) fn has_unreleased(&self) -> bool {
        self.rings.rx.iter().zip(&self.rx).any(|(ring, side)| side.hwcur.get() != ring.head())
    }

    /// Whether packets that the user has put have not found room in the TX
    /// ring.
    #[inline]
    pub(super) fn has_unsubmitted(&self) -> bool {
        self.tx.hwcur.get() != self.rings.tx.head()
    }

    /// Whether the user has no slot to put a packet in.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.rings.tx.head() == self.tx.hwtail.get()
    }

    /// Notes that the kernel has the buffer, and says its address in the umem.
    #[inline]
    fn launch(&self, buffer: u32) -> u64 {
        self.flying[buffer as usize].set(true);
        u64::from(buffer) * self.region.buffer_size() as u64
    }

    /// The buffer at an address that the kernel gives back, and the offset in
    /// it; `None` if the kernel has no such buffer.
    #[inline]
    fn land(&self, address: u64) -> Option<(u32, u16)> {
        let size = self.region.buffer_size() as u64;
        let number = usize::try_from(address / size).ok();
        let flies = number.and_then(|number| self.flying.get(number));
        if !flies.is_some_and(|flies| flies.replace(false)) {
            std::hint::cold_path();
            self.strays.set(self.strays.get() + 1);
            return None;
        }
        Some(((address / size) as u32, (address % size) as u16))
    }

    /// How many slots stand for buffers on their way out.
    #[inline]
    fn sent(&self) -> u32 {
        let size = self.rings.tx.size();
        size.slots() - 1 - size.distance(self.tx.hwcur.get(), self.tx.hwtail.get())
    }

    #[inline]
    fn hand_back(&self, buffer: u32) {
        let next = self.rings.tx.size().next(self.tx.hwtail.get());
        self.rings.tx.set_slot(next, empty_slot(buffer, self.region.headroom() as u16));
        self.tx.hwtail.set(next);
    }
}

#[cfg(test)]
#[path = "buffers_tests.rs"]
mod tests;
