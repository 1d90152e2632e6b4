//! Two ports, joined: what one sends the other receives.

use super::kring::{Kring, Violation};
use super::memory::{self, Memory};
use crate::EventFd;
use crate::netmap::abi::{NS_BUF_CHANGED, NS_MOREFRAG, netmap_slot};
use crate::netmap::{Interface, PortError, PortOptions};
use std::cell::{Cell, RefCell};
use std::os::fd::{AsRawFd, RawFd};

/// A wire with two ends, 0 and 1, and the memory region of both.
pub struct Wire {
    /// By the end that sends.
    lanes: [Lane; 2],
    ends: [EndState; 2],
    memory: Memory,
    names: RefCell<Vec<String>>,
    faults: Cell<Faults>,
}

/// What users of a wire have done against netmap's rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Rings that were reset, however often.
    pub resets: u64,
    /// The last violation.
    pub last: Option<Violation>,
}

/// One direction: a TX ring, and the RX ring of the other end.
#[derive(Debug)]
struct Lane {
    tx: Kring,
    rx: Kring,
    /// The RX slot for the next fragment. It runs ahead of the RX ring's
    /// hwtail while only a part of a packet has come.
    fill: Cell<u32>,
}

/// How an end is told that something has happened.
#[derive(Debug)]
struct EndState {
    bell: EventFd,
    /// Rung, and no sync in that direction since. Kept apart, because a sync of
    /// one direction must not silence the other's news.
    rx_rung: Cell<bool>,
    tx_rung: Cell<bool>,
}

impl Wire {
    /// A wire with rings and buffers as `options` say.
    pub(super) fn new(options: &PortOptions) -> Result<Wire, PortError> {
        let memory = memory::lay_out(options)?;
        let end = || -> Result<EndState, PortError> {
            let (rx_rung, tx_rung) = (Cell::new(false), Cell::new(false));
            Ok(EndState { bell: EventFd::new()?, rx_rung, tx_rung })
        };
        let buffers = (memory.buffers, options.buffer_size as usize);
        let lane = |sender: usize| Lane {
            tx: Kring::new(memory.rings[sender].0, options.slots - 1, buffers),
            rx: Kring::new(memory.rings[1 - sender].1, 0, buffers),
            fill: Cell::new(0),
        };
        Ok(Wire {
            lanes: [lane(0), lane(1)],
            ends: [end()?, end()?],
            memory,
            names: RefCell::default(),
            faults: Cell::default(),
        })
    }

    /// Gives the next free end and its rings to a port called `name`; when both
    /// ends are taken, the names of the two. An end is given once, so each of
    /// its rings has one user.
    pub(super) fn open(&self, name: &str) -> Result<(usize, Interface), [String; 2]> {
        let mut names = self.names.borrow_mut();
        if let [a, b, ..] = &names[..] {
            return Err([a.clone(), b.clone()]);
        }
        names.push(name.into());
        let end = names.len() - 1;
        Ok((end, self.memory.interface(end)))
    }

    /// Buffers in the memory region, the two that netmap reserves included.
    pub fn buffers(&self) -> u32 {
        self.memory.buffers
    }

    /// What its users have done against the rules.
    pub fn faults(&self) -> Faults {
        self.faults.get()
    }

    pub(super) fn fd(&self, end: usize) -> RawFd {
        self.ends[end].bell.as_raw_fd()
    }

    /// `NIOCTXSYNC` of an end: what was put goes to the other's RX ring, as far
    /// as that has room; the rest goes when room returns.
    pub(super) fn tx_sync(&self, end: usize) -> Result<(), Violation> {
        let lane = &self.lanes[end];
        self.ends[end].hear(&self.ends[end].tx_rung);
        self.count(lane.tx.accept())?;
        if lane.transfer().packets > 0 {
            self.ends[1 - end].tell(&self.ends[1 - end].rx_rung);
        }
        lane.tx.finish();
        Ok(())
    }

    /// `NIOCRXSYNC` of an end: what was taken leaves room for what the other
    /// has sent.
    pub(super) fn rx_sync(&self, end: usize) -> Result<(), Violation> {
        let lane = &self.lanes[1 - end];
        self.ends[end].hear(&self.ends[end].rx_rung);
        self.count(lane.rx.accept())?;
        // Slots to send with are news for those alone who had none.
        if lane.transfer().slots > 0 && lane.tx.ring.head() == lane.tx.ring.tail() {
            self.ends[1 - end].tell(&self.ends[1 - end].tx_rung);
        }
        lane.rx.finish();
        Ok(())
    }

    fn count(&self, checked: Result<(), Violation>) -> Result<(), Violation> {
        if let Err(violation) = checked {
            let resets = self.faults.get().resets + 1;
            self.faults.set(Faults { resets, last: Some(violation) });
        }
        checked
    }
}

/// What went over a lane.
struct Transferred {
    slots: u32,
    /// Packets whose last fragment went.
    packets: u32,
}

impl Lane {
    /// Moves what was sent into free RX slots, by swapping the buffers of the
    /// two slots. A packet is received when its last fragment has come.
    fn transfer(&self) -> Transferred {
        let (tx_size, rx_size) = (self.tx.ring.size(), self.rx.ring.size());
        let mut done = Transferred { slots: 0, packets: 0 };
        let mut from = tx_size.next(self.tx.hwtail.get());
        while from != self.tx.hwcur.get() {
            let to = self.fill.get();
            if rx_size.next(to) == self.rx.hwcur.get() {
                break;
            }
            let (sent, free) = (self.tx.ring.slot(from), self.rx.ring.slot(to));
            let more = sent.flags & NS_MOREFRAG;
            self.rx.ring.set_slot(to, netmap_slot { flags: more | NS_BUF_CHANGED, ..sent });
            self.tx.ring.set_slot(from, netmap_slot { len: 0, flags: NS_BUF_CHANGED, ..free });
            self.tx.hwtail.set(from);
            self.fill.set(rx_size.next(to));
            done.slots += 1;
            if more == 0 {
                self.rx.hwtail.set(self.fill.get());
                done.packets += 1;
            }
            from = tx_size.next(from);
        }
        done
    }
}

impl EndState {
    /// Rings for one of the two kinds of news, unless it is out already.
    fn tell(&self, news: &Cell<bool>) {
        if !news.replace(true) {
            self.bell.signal();
        }
    }

    /// A sync has brought one kind of news; silence, if that was all.
    fn hear(&self, news: &Cell<bool>) {
        if news.replace(false) && !self.rx_rung.get() && !self.tx_rung.get() {
            self.bell.clear();
        }
    }
}
