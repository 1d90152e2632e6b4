//! Two ports, joined as a pipe: what one sends the other receives.
//!
//! Modelled on `sys/dev/netmap/netmap_pipe.c`. The TX ring of one end and the
//! RX ring of the other are one ring to the kernel: slot k of both names the same
//! buffer, and is the sender's or the receiver's. So a pipe holds one less than
//! it has slots, and the sender gets a slot back when the receiver has released
//! it and synced.

use super::Joint;
use super::end::{Begun, Broken, End};
use super::faults::Faults;
use super::kring::{Kring, Violation};
use super::memory::{self, Memory};
use crate::netmap::abi::{NS_MOREFRAG, netmap_slot};
use crate::netmap::{Interface, PortError, PortOptions};
use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;

/// A pipe with two ends, 0 and 1, and the memory region of both.
pub struct Pipe {
    ends: [Rc<End>; 2],
    /// By the end that sends.
    lanes: [Lane; 2],
    memory: Memory,
    names: RefCell<Vec<String>>,
}

/// What each side has published to the other (`pipe_tail`).
#[derive(Debug)]
struct Lane {
    /// For the sender: the tail of its TX ring.
    released: Cell<u32>,
    /// For the receiver: the tail of its RX ring.
    sent: Cell<u32>,
}

impl Pipe {
    /// A pipe with rings and buffers as `options` say.
    pub(super) fn new(options: &PortOptions, faults: Faults) -> Result<Pipe, PortError> {
        let memory = memory::lay_out(options, 2)?;
        let buffers = (memory.buffers, options.buffer_size as usize);
        let end = |end: usize| -> Result<Rc<End>, PortError> {
            let (tx, rx) = memory.rings[end];
            let (tx, rx) = (Kring::new(tx, options.slots - 1, buffers), Kring::new(rx, 0, buffers));
            Ok(Rc::new(End::new(tx, rx, faults, end as u64)?))
        };
        let lane = || Lane { released: Cell::new(options.slots - 1), sent: Cell::new(0) };
        Ok(Pipe {
            ends: [end(0)?, end(1)?],
            lanes: [lane(), lane()],
            memory,
            names: RefCell::default(),
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

    /// What the users of both ends have done against the rules.
    pub fn broken(&self) -> Broken {
        let [a, b] = [0, 1].map(|end| self.ends[end].broken.get());
        Broken { times: a.times + b.times, last: a.last.or(b.last) }
    }

    /// How often faults have come, at both ends: full, late, partial, reset.
    #[cfg(test)]
    pub(super) fn met(&self) -> [u64; 4] {
        std::array::from_fn(|n| self.ends.iter().map(|end| end.dice.met[n].get()).sum())
    }

    /// The slots whose buffers are with the receiver of what `end` sends: this
    /// one, and those up to the second.
    #[cfg(test)]
    pub(super) fn receivers_slots(&self, end: usize) -> (u32, u32) {
        (self.ends[1 - end].rx.hwcur.get(), self.ends[end].tx.hwcur.get())
    }
}

impl Joint for Pipe {
    fn end(&self, number: usize) -> Rc<End> {
        self.ends[number].clone()
    }

    /// `netmap_pipe_txsync`: gives what was put to the receiver's ring. All of it
    /// fits: a slot that is the sender's is not the receiver's.
    fn tx_sync(&self, number: usize) -> io::Result<()> {
        let (end, peer, lane) = (&self.ends[number], &self.ends[1 - number], &self.lanes[number]);
        end.bell.hear(&end.bell.tx);
        match end.begin_tx()? {
            Begun::Well => {}
            Begun::Reset => return Ok(()),
            Begun::Broken(violation) => return Err(violation.into()),
        }
        let (tx, rx) = (&end.tx, &peer.rx);
        tx.hwtail.set(lane.released.get());
        let (first, stop) = (tx.hwcur.get(), end.tx_end());
        let mut index = first;
        let mut published = None;
        while index != stop {
            let slot = tx.ring.slot(index);
            rx.ring.set_slot(index, slot);
            index = tx.ring.size().next(index);
            if slot.flags & NS_MOREFRAG == 0 {
                published = Some(index);
            }
        }
        tx.pass(stop);
        if let Some(sent) = published {
            lane.sent.set(sent);
            peer.bell.tell(&peer.bell.rx);
        }
        end.finish_tx();
        Ok(())
    }

    /// `netmap_pipe_rxsync`: gives what was released to the sender's ring.
    fn rx_sync(&self, number: usize) -> io::Result<()> {
        let (end, peer) = (&self.ends[number], &self.ends[1 - number]);
        let lane = &self.lanes[1 - number];
        end.bell.hear(&end.bell.rx);
        let begun = end.begin_rx()?;
        let (tx, rx) = (&peer.tx, &end.rx);
        rx.hwtail.set(lane.sent.get());
        let (first, stop) = (rx.hwcur.get(), rx.rhead.get());
        let mut index = first;
        while index != stop {
            let slot: netmap_slot = rx.ring.slot(index);
            tx.ring.set_slot(index, slot);
            index = rx.ring.size().next(index);
        }
        rx.pass(stop);
        if first != stop {
            lane.released.set(rx.ring.size().prev(stop));
            // The kernel tells the sender in any case; here that is kept from one
            // that has slots.
            if tx.is_waited_for() {
                peer.bell.tell(&peer.bell.tx);
            }
        }
        end.finish_rx();
        ended(begun)
    }
}

/// What a sync that went to its end says.
pub(super) fn ended(begun: Begun) -> io::Result<()> {
    match begun {
        Begun::Well | Begun::Reset => Ok(()),
        Begun::Broken(violation) => Err(Violation::into(violation)),
    }
}
