//! The host's side of an interface: what is sent here goes up its stack, what it
//! sends is received here.
//!
//! Modelled on `netmap_transmit`, `netmap_txsync_to_host` and
//! `netmap_rxsync_from_host` of `sys/dev/netmap/netmap.c`.

use super::Joint;
use super::end::{Begun, End};
use super::faults::Faults;
use super::kring::Kring;
use super::memory::{self, Memory};
use super::pipe::ended;
use crate::netmap::abi::netmap_slot;
use crate::netmap::{Interface, PortError, PortOptions};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;

/// A stack that says what it is told to say, and counts what it hears.
pub struct Host {
    end: Rc<End>,
    memory: Memory,
    /// What the stack has sent and no sync has fetched.
    queue: RefCell<VecDeque<Vec<u8>>>,
    heard: Cell<u64>,
}

impl Host {
    pub(super) fn new(
        options: &PortOptions,
        faults: Faults,
    ) -> Result<(Host, Interface), PortError> {
        let memory = memory::lay_out(options, 1)?;
        let buffers = (memory.buffers, options.buffer_size as usize);
        let (tx, rx) = memory.rings[0];
        let (tx, rx) = (Kring::new(tx, options.slots - 1, buffers), Kring::new(rx, 0, buffers));
        let end = Rc::new(End::new(tx, rx, faults, 0)?);
        let interface = memory.interface(0);
        let (queue, heard) = (RefCell::default(), Cell::new(0));
        Ok((Host { end, memory, queue, heard }, interface))
    }

    /// The stack sends a frame; whether there is room for it.
    pub fn send(&self, frame: &[u8]) -> bool {
        let rx = &self.end.rx;
        let busy = rx.ring.size().distance(rx.hwcur.get(), rx.hwtail.get()) as usize;
        let mut queue = self.queue.borrow_mut();
        if busy + queue.len() + 1 >= rx.ring.size().slots() as usize {
            return false;
        }
        queue.push_back(frame.into());
        self.end.bell.tell(&self.end.bell.rx);
        true
    }

    /// The number of frames that the stack has been given. Shorter ones than an
    /// Ethernet header are dropped.
    pub fn heard(&self) -> u64 {
        self.heard.get()
    }

    /// Puts what the stack has sent into free slots.
    fn import(&self) {
        let rx = &self.end.rx;
        let stop = rx.ring.size().prev(rx.hwcur.get());
        let mut queue = self.queue.borrow_mut();
        while rx.hwtail.get() != stop
            && let Some(frame) = queue.pop_front()
        {
            let index = rx.hwtail.get();
            let slot = rx.ring.slot(index);
            let len = if self.memory.write(&slot, &frame) { frame.len() as u16 } else { 0 };
            rx.ring.set_slot(index, netmap_slot { len, flags: 0, ..slot });
            rx.hwtail.set(rx.ring.size().next(index));
        }
    }
}

impl Joint for Host {
    fn end(&self, _: usize) -> Rc<End> {
        self.end.clone()
    }

    fn tx_sync(&self, _: usize) -> io::Result<()> {
        let (end, tx) = (&self.end, &self.end.tx);
        end.bell.hear(&end.bell.tx);
        match end.begin_tx()? {
            Begun::Well => {}
            Begun::Reset => return Ok(()),
            Begun::Broken(violation) => return Err(violation.into()),
        }
        let stop = end.tx_end();
        while tx.hwcur.get() != stop {
            let slot = tx.ring.slot(tx.hwcur.get());
            self.heard.set(self.heard.get() + u64::from(slot.len >= 14));
            tx.hwcur.set(tx.ring.size().next(tx.hwcur.get()));
        }
        tx.hwtail.set(tx.ring.size().prev(stop));
        end.finish_tx();
        Ok(())
    }

    fn rx_sync(&self, _: usize) -> io::Result<()> {
        let (end, rx) = (&self.end, &self.end.rx);
        end.bell.hear(&end.bell.rx);
        let begun = end.begin_rx()?;
        // Before what the user has released is free again.
        self.import();
        rx.hwcur.set(rx.rhead.get());
        end.finish_rx();
        ended(begun)
    }
}
