//! What the kernel keeps of one ring, and how it checks the user's word.
//!
//! Modelled on `nm_txsync_prologue`, `nm_rxsync_prologue`, `netmap_ring_reinit`
//! and `nm_sync_finalize` of `sys/dev/netmap/netmap.c` and `netmap_kern.h`.

use crate::netmap::abi::{NETMAP_RESERVED_BUFS, NS_BUF_CHANGED, NS_MOREFRAG, netmap_slot};
use crate::netmap::ring::RawRing;
use std::cell::Cell;
use std::fmt;
use std::io;

/// The kernel's side of a ring.
#[derive(Debug)]
pub(super) struct Kring {
    pub(super) ring: RawRing,
    /// The first slot that has not been dealt with.
    pub(super) hwcur: Cell<u32>,
    /// The first slot that is the kernel's. The user learns of it at a sync.
    pub(super) hwtail: Cell<u32>,
    /// Head, cur and tail as of the last sync.
    pub(super) rhead: Cell<u32>,
    rcur: Cell<u32>,
    rtail: Cell<u32>,
    /// Buffers in the region, and octets in each.
    buffers: (u32, usize),
}

/// A rule of netmap that a user's ring has broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// Head, then cur, are not in order between the two limits, going round.
    Indices {
        /// The least that head may be.
        from: u32,
        /// Head.
        head: u32,
        /// Cur.
        cur: u32,
        /// The most that cur may be.
        to: u32,
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
            Violation::Indices { from, head, cur, to } => write!(
                f,
                "ring reset: head {head} and cur {cur} are not in order between {from} and {to}"
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
        Kring {
            ring,
            hwcur: Cell::new(0),
            hwtail: Cell::new(user_slots),
            rhead: Cell::new(0),
            rcur: Cell::new(0),
            rtail: Cell::new(user_slots),
            buffers,
        }
    }

    /// Begins a TX sync. On a violation nothing else may be done: the ring has
    /// been reset, and its tail stays.
    pub(super) fn tx_prologue(&self) -> Result<(), Violation> {
        let (head, cur) = (self.ring.head(), self.ring.cur());
        let checked = self.check(self.rhead.get(), head, cur, self.rtail.get());
        // The kernel leaves this check to who reads the slots. Here somebody
        // takes the buffers, so that nobody ever has one that does not exist.
        let checked = checked.and_then(|()| self.check_slots(self.rhead.get(), head));
        self.note_or_reinit(checked, head, cur);
        checked
    }

    /// Begins an RX sync. On a violation the ring has been reset, and the sync
    /// goes on.
    pub(super) fn rx_prologue(&self) -> Result<(), Violation> {
        let (head, cur) = (self.ring.head(), self.ring.cur());
        // Up to hwtail, which the user may not have been told.
        let checked = self.check(self.hwcur.get(), head, cur, self.hwtail.get());
        let checked = checked.and_then(|()| self.check_slots(self.hwcur.get(), head));
        self.note_or_reinit(checked, head, cur);
        checked
    }

    fn note_or_reinit(&self, checked: Result<(), Violation>, head: u32, cur: u32) {
        match checked {
            Ok(()) => self.note(head, cur),
            Err(Violation::Indices { .. }) => self.reinit(),
            Err(Violation::Slot { .. }) => {
                self.reinit();
                self.take_back();
            }
        }
    }

    fn note(&self, head: u32, cur: u32) {
        self.rhead.set(head);
        self.rcur.set(cur);
    }

    /// The kernel's own comparisons, which let a cur past the ring through when
    /// the user's slots go round its end.
    fn check(&self, from: u32, head: u32, cur: u32, to: u32) -> Result<(), Violation> {
        let in_order = if to >= from {
            (from..=to).contains(&head) && (head..=to).contains(&cur)
        } else if head <= to {
            (head..=to).contains(&cur)
        } else {
            head >= from && (cur >= head || cur <= to)
        };
        if in_order && self.ring.size().contains(head) {
            return Ok(());
        }
        Err(Violation::Indices { from, head, cur, to })
    }

    fn check_slots(&self, from: u32, head: u32) -> Result<(), Violation> {
        let mut index = from;
        while index != head {
            if let Some(violation) = self.bad_slot(index) {
                return Err(violation);
            }
            index = self.ring.size().next(index);
        }
        Ok(())
    }

    fn bad_slot(&self, index: u32) -> Option<Violation> {
        let slot = self.ring.slot(index);
        let offset = self.ring.offset(&slot);
        let fits = offset.saturating_add(u64::from(slot.len)) <= self.buffers.1 as u64;
        (!(self.exists(slot.buf_idx) && fits)).then_some(Violation::Slot {
            index,
            buf_idx: slot.buf_idx,
            offset,
            len: slot.len,
        })
    }

    fn exists(&self, buf_idx: u32) -> bool {
        (NETMAP_RESERVED_BUFS..self.buffers.0).contains(&buf_idx)
    }

    /// `netmap_ring_reinit`: a slot that names no buffer gets 0, which is none;
    /// one that is too long gets length 0. Only an index past the ring takes head,
    /// cur and tail back; wrong ones below are believed.
    pub(super) fn reinit(&self) {
        let (head, cur, tail) = (self.ring.head(), self.ring.cur(), self.ring.tail());
        for index in 0..self.ring.size().slots() {
            let mut slot = self.ring.slot(index);
            if !self.exists(slot.buf_idx) {
                (slot.buf_idx, slot.len) = (0, 0);
            } else if usize::from(slot.len) > self.buffers.1 {
                slot.len = 0;
            }
            self.ring.set_slot(index, slot);
        }
        self.note(head, cur);
        self.rtail.set(tail);
        let size = self.ring.size();
        if ![head, cur, tail].iter().all(|index| size.contains(*index)) {
            self.take_back();
        }
    }

    /// Forgets what the user did since the last sync.
    fn take_back(&self) {
        let hwcur = self.hwcur.get();
        self.ring.set_head_and_cur(hwcur, hwcur);
        self.note(hwcur, hwcur);
        self.tell(self.hwtail.get());
    }

    /// Ends a sync: tells the user where its slots end now. Tail is not the
    /// user's to write; what it wrote there is never read, and put right here.
    pub(super) fn tell(&self, tail: u32) {
        self.rtail.set(tail);
        self.ring.set_tail(tail);
    }

    /// Tail, as the user was told.
    pub(super) fn told(&self) -> u32 {
        self.rtail.get()
    }

    /// Whether the user waits for tail to move: the rule of a poll.
    pub(super) fn is_waited_for(&self) -> bool {
        self.rcur.get() == self.rtail.get()
    }

    /// Deals with the slots from hwcur to `end`: forgets that their buffers were
    /// changed.
    pub(super) fn pass(&self, end: u32) {
        while self.hwcur.get() != end {
            let index = self.hwcur.get();
            let slot = self.ring.slot(index);
            let flags = slot.flags & !NS_BUF_CHANGED;
            self.ring.set_slot(index, netmap_slot { flags, ..slot });
            self.hwcur.set(self.ring.size().next(index));
        }
    }

    /// `steps` from `from`, or more: to the end of the packet there.
    pub(super) fn whole_packets(&self, from: u32, steps: u32, to: u32) -> u32 {
        let size = self.ring.size();
        let mut end = from;
        let mut taken = 0;
        while end != to {
            let in_packet = end != from && self.ring.slot(size.prev(end)).flags & NS_MOREFRAG != 0;
            if taken >= steps && !in_packet {
                break;
            }
            end = size.next(end);
            taken += 1;
        }
        end
    }
}

#[cfg(test)]
mod tests {
    use crate::netmap::{Port, PortOptions, sim};
    use std::rc::Rc;

    /// A pipe whose sender has slots 2 to 4 of 0 to 7: the rest wait to be read.
    fn sender() -> (Port, Port, Rc<sim::Pipe>) {
        let options = PortOptions { slots: 8, bufs: 8, buffer_size: 128 };
        let (a, b, pipe) = sim::pair(&options).unwrap();
        let send = |count| {
            for _ in 0..count {
                let _ = a.put(a.region().packet(b"data").unwrap());
            }
            a.tx_sync().unwrap();
        };
        send(6);
        b.rx_sync().unwrap();
        (0..5).for_each(|_| drop(b.take()));
        b.rx_sync().unwrap();
        send(0);
        send(4);
        (a, b, pipe)
    }

    /// What the kernel makes of head and cur: it has 2, 2 and tail 4.
    #[test]
    fn indices_are_checked_as_the_kernel_checks_them() {
        for (head, cur, told, after) in [
            (2, 2, true, (2, 2, 4)),
            (4, 4, true, (4, 4, 4)),
            (2, 4, true, (2, 4, 4)),
            // Out of order, and believed.
            (3, 2, false, (3, 2, 4)),
            (5, 5, false, (5, 5, 4)),
            (1, 1, false, (1, 1, 4)),
            // Past the ring, and reset.
            (8, 8, false, (2, 2, 4)),
            (2, 8, false, (2, 2, 4)),
            (9, 2, false, (2, 2, 4)),
        ] {
            let (a, _b, pipe) = sender();
            let raw = a.tx()[0].raw();
            assert_eq!((raw.head(), raw.cur(), raw.tail()), (2, 2, 4));
            raw.set_head_and_cur(head, cur);
            assert_eq!(a.tx_sync().is_ok(), told, "{head} {cur}");
            assert_eq!((raw.head(), raw.cur(), raw.tail()), after, "{head} {cur}");
            assert_eq!(pipe.broken().times, u64::from(!told));
        }
    }

    /// Where the user's slots go round the end of the ring, a cur past the ring
    /// is let through.
    #[test]
    fn a_cur_past_the_ring_is_not_always_seen() {
        let options = PortOptions { slots: 8, bufs: 8, buffer_size: 128 };
        let (a, b, pipe) = sim::pair(&options).unwrap();
        for _ in 0..5 {
            let _ = a.put(a.region().packet(b"data").unwrap());
        }
        a.tx_sync().unwrap();
        b.rx_sync().unwrap();
        (0..3).for_each(|_| drop(b.take()));
        b.rx_sync().unwrap();
        a.tx_sync().unwrap();
        let raw = a.tx()[0].raw();
        assert_eq!((raw.head(), raw.tail()), (5, 2));
        let _ = a.put(a.region().packet(b"data").unwrap());
        raw.set_head_and_cur(6, 100);
        a.tx_sync().unwrap();
        assert_eq!((raw.head(), raw.cur(), pipe.broken().times), (6, 100, 0));
    }
}
