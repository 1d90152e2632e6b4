//! What the kernel keeps of one ring, and how it checks the user's word.
//!
//! Modelled on `nm_txsync_prologue`, `nm_rxsync_prologue` and
//! `netmap_ring_reinit` of `sys/dev/netmap/netmap.c`.

use crate::netmap::abi::NETMAP_RESERVED_BUFS;
use crate::netmap::ring::RawRing;
use std::cell::Cell;
use std::fmt;
use std::io;

/// The kernel's side of a ring.
#[derive(Debug)]
pub(super) struct Kring {
    pub(super) ring: RawRing,
    /// The first slot that the kernel has not taken over: head, as of the
    /// last sync.
    pub(super) hwcur: Cell<u32>,
    /// The first slot that is not the user's: tail, as of the next sync.
    pub(super) hwtail: Cell<u32>,
    /// Tail, as the user was told.
    told: Cell<u32>,
    /// Buffers in the region, and octets in each.
    buffers: (u32, usize),
}

/// A rule of netmap that a user's ring has broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// Not hwcur ≤ head ≤ cur ≤ tail, going round the ring.
    Indices {
        /// Head at the last sync.
        hwcur: u32,
        /// Head now.
        head: u32,
        /// Cur now.
        cur: u32,
        /// The end of the user's slots.
        tail: u32,
    },
    /// A slot names no buffer, or octets outside of it.
    Slot {
        /// The slot.
        index: u32,
        /// The buffer it names.
        buf_idx: u32,
        /// Where its data begins, in octets.
        offset: u64,
        /// Its length, in octets.
        len: u16,
    },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Violation::Indices { hwcur, head, cur, tail } => write!(
                f,
                "ring reset: head {head} and cur {cur} are not in order between {hwcur} and {tail}"
            ),
            Violation::Slot { index, buf_idx, offset, len } => write!(
                f,
                "ring reset: slot {index} has {len} octets at {offset} of buffer {buf_idx}, which \
                 do not exist"
            ),
        }
    }
}

impl std::error::Error for Violation {}

impl From<Violation> for io::Error {
    fn from(violation: Violation) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidInput, violation)
    }
}

impl Kring {
    /// A ring of which the user has no slot with something in it: all but one
    /// of a TX ring, none of an RX ring.
    pub(super) fn new(ring: RawRing, user_slots: u32, buffers: (u32, usize)) -> Kring {
        ring.set_head_and_cur(0, 0);
        ring.set_tail(user_slots);
        let (hwcur, hwtail, told) = (Cell::new(0), Cell::new(user_slots), Cell::new(user_slots));
        Kring { ring, hwcur, hwtail, told, buffers }
    }

    /// Begins a sync: checks what the user did and takes over the slots up to
    /// head. On a violation, takes over none and resets the ring.
    pub(super) fn accept(&self) -> Result<(), Violation> {
        let checked = self.check();
        match checked {
            Ok(head) => self.hwcur.set(head),
            Err(_) => self.reset(),
        }
        checked.map(|_| ())
    }

    fn check(&self) -> Result<u32, Violation> {
        let (hwcur, tail) = (self.hwcur.get(), self.told.get());
        let (head, cur) = (self.ring.head(), self.ring.cur());
        let size = self.ring.size();
        if !size.in_order(hwcur, head, cur, tail) {
            return Err(Violation::Indices { hwcur, head, cur, tail });
        }
        let mut index = hwcur;
        while index != head {
            if let Some(violation) = self.bad_slot(index) {
                return Err(violation);
            }
            index = size.next(index);
        }
        Ok(head)
    }

    fn bad_slot(&self, index: u32) -> Option<Violation> {
        let slot = self.ring.slot(index);
        let (count, octets) = self.buffers;
        let offset = self.ring.offset(&slot);
        let exists = (NETMAP_RESERVED_BUFS..count).contains(&slot.buf_idx);
        let fits = offset.saturating_add(u64::from(slot.len)) <= octets as u64;
        (!(exists && fits)).then_some(Violation::Slot {
            index,
            buf_idx: slot.buf_idx,
            offset,
            len: slot.len,
        })
    }

    /// Forgets what the user did since the last sync. A slot that names no
    /// buffer gets 0, which is none; one whose data does not fit gets length 0.
    fn reset(&self) {
        for index in 0..self.ring.size().slots() {
            if let Some(Violation::Slot { buf_idx, .. }) = self.bad_slot(index) {
                let mut slot = self.ring.slot(index);
                let exists = (NETMAP_RESERVED_BUFS..self.buffers.0).contains(&buf_idx);
                slot.buf_idx = if exists { buf_idx } else { 0 };
                slot.len = 0;
                self.ring.set_slot(index, slot);
            }
        }
        self.ring.set_head_and_cur(self.hwcur.get(), self.hwcur.get());
        self.finish();
    }

    /// Ends a sync: tells the user where its slots end now. Tail is not the
    /// user's to write; what it wrote there is never read, and put right here.
    pub(super) fn finish(&self) {
        self.told.set(self.hwtail.get());
        self.ring.set_tail(self.hwtail.get());
    }
}
