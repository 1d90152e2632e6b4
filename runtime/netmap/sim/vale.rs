//! Ports of a learning switch: every one has its own memory, and frames are
//! copied from one to another.
//!
//! Modelled on `sys/dev/netmap/netmap_vale.c` (`nm_vale_preflush`,
//! `netmap_vale_learning`, `nm_vale_flush`) and `netmap_vp_rxsync` of
//! `netmap_bdg.c`. Slots come back to the sender with the sync that took them. A
//! port whose RX ring is full loses what comes. Addresses are learned for ever.
//! Two things differ: the kernel's table forgets an address when another has its
//! hash, and here data begins where the receiver's slot says, which the kernel
//! aligns to 64 octets with the sender's.

use super::Joint;
use super::end::{Begun, Broken, End};
use super::faults::Faults;
use super::kring::Kring;
use super::memory::{self, Memory};
use super::pipe::ended;
use crate::netmap::abi::{NS_MOREFRAG, netmap_slot};
use crate::netmap::{Interface, PortError, PortOptions};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::rc::Rc;

/// Slots that the switch deals with at once (`NM_BDG_BATCH`).
const BATCH: usize = 1024;
/// Ports that a switch has at most (`NM_BDG_MAXPORTS`, less the two that stand for
/// all and none).
const PORTS_MAX: usize = 254;

type Mac = [u8; 6];

/// A switch.
pub struct Vale {
    ports: RefCell<Vec<ValePort>>,
    /// By address: the port.
    table: RefCell<HashMap<Mac, usize>>,
    faults: Faults,
}

struct ValePort {
    end: Rc<End>,
    memory: Memory,
    /// The sender that was learned last; the same again is not learned.
    last: Cell<Option<Mac>>,
    open: bool,
}

/// A frame in a TX ring: its slots.
struct Frame {
    slots: Vec<netmap_slot>,
    to: To,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum To {
    Port(usize),
    All,
    None,
}

impl Vale {
    /// A switch without ports.
    pub(super) fn new(faults: Faults) -> Vale {
        Vale { ports: RefCell::default(), table: RefCell::default(), faults }
    }

    /// A new port; `None` when there are too many.
    pub(super) fn open(
        &self,
        options: &PortOptions,
    ) -> Result<Option<(usize, Interface)>, PortError> {
        let mut ports = self.ports.borrow_mut();
        let number = ports.len();
        if number >= PORTS_MAX {
            return Ok(None);
        }
        let memory = memory::lay_out(options, 1)?;
        let buffers = (memory.buffers, options.buffer_size as usize);
        let (tx, rx) = memory.rings[0];
        let (tx, rx) = (Kring::new(tx, options.slots - 1, buffers), Kring::new(rx, 0, buffers));
        let end = Rc::new(End::new(tx, rx, self.faults, number as u64)?);
        let interface = memory.interface(0);
        ports.push(ValePort { end, memory, last: Cell::new(None), open: true });
        Ok(Some((number, interface)))
    }

    /// What the users of all ports have done against the rules.
    pub fn broken(&self) -> Broken {
        let all = self.ports.borrow();
        all.iter().map(|port| port.end.broken.get()).fold(Broken::default(), |sum, one| Broken {
            times: sum.times + one.times,
            last: sum.last.or(one.last),
        })
    }

    /// Where a frame of port `from` goes (`netmap_vale_learning`).
    fn look_up(&self, ports: &[ValePort], from: usize, slot: &netmap_slot) -> To {
        let port = &ports[from];
        let mut header = [0; 14];
        if usize::from(slot.len) < header.len() || !port.memory.read(slot, &mut header) {
            return To::None;
        }
        let (to, source): (Mac, Mac) =
            (header[..6].try_into().expect("six"), header[6..12].try_into().expect("six"));
        let mut table = self.table.borrow_mut();
        if source[0] & 1 == 0 && port.last.get() != Some(source) {
            port.last.set(Some(source));
            table.insert(source, from);
        }
        match table.get(&to) {
            Some(port) if to[0] & 1 == 0 && *port == from => To::None,
            Some(port) if to[0] & 1 == 0 => To::Port(*port),
            _ => To::All,
        }
    }

    /// The frames in the TX ring of port `from`, up to `stop`. A last one without an
    /// end ends there.
    fn frames(&self, ports: &[ValePort], from: usize, stop: u32) -> Vec<Frame> {
        let tx = &ports[from].end.tx;
        let mut frames = Vec::new();
        let mut slots = Vec::new();
        let mut index = tx.hwcur.get();
        while index != stop {
            let slot = tx.ring.slot(index);
            index = tx.ring.size().next(index);
            slots.push(slot);
            if slot.flags & NS_MOREFRAG == 0 || index == stop {
                let to = self.look_up(ports, from, &slots[0]);
                frames.push(Frame { slots: std::mem::take(&mut slots), to });
            }
        }
        frames
    }
}

impl Joint for Vale {
    fn end(&self, number: usize) -> Rc<End> {
        self.ports.borrow()[number].end.clone()
    }

    fn tx_sync(&self, number: usize) -> io::Result<()> {
        let ports = self.ports.borrow();
        let end = &ports[number].end;
        end.bell.hear(&end.bell.tx);
        match end.begin_tx()? {
            Begun::Well => {}
            Begun::Reset => return Ok(()),
            Begun::Broken(violation) => return Err(violation.into()),
        }
        let stop = end.tx_end();
        let frames = self.frames(&ports, number, stop);
        let mut rest = &frames[..];
        while !rest.is_empty() {
            // Whole frames until the batch is full.
            let mut slots = 0;
            let full = rest.iter().position(|frame| {
                slots += frame.slots.len();
                slots >= BATCH
            });
            let (batch, after) = rest.split_at(full.map_or(rest.len(), |last| last + 1));
            rest = after;
            for to in (0..ports.len()).filter(|to| *to != number && ports[*to].open) {
                deliver(&ports[number], &ports[to], to, batch);
            }
        }
        end.tx.pass(stop);
        end.tx.hwtail.set(end.tx.ring.size().prev(stop));
        end.finish_tx();
        Ok(())
    }

    fn rx_sync(&self, number: usize) -> io::Result<()> {
        let end = self.end(number);
        end.bell.hear(&end.bell.rx);
        let begun = end.begin_rx()?;
        end.rx.pass(end.rx.rhead.get());
        end.finish_rx();
        ended(begun)
    }

    fn close(&self, number: usize) {
        self.ports.borrow_mut()[number].open = false;
    }
}

/// Copies what a batch has for port `to`. The first frame that does not fit is
/// lost, and the batch's others with it.
fn deliver(from: &ValePort, port: &ValePort, to: usize, batch: &[Frame]) {
    let rx = &port.end.rx;
    let size = rx.ring.size();
    let mut index = rx.hwtail.get();
    for frame in batch.iter().filter(|frame| [To::All, To::Port(to)].contains(&frame.to)) {
        let space = size.slots() - 1 - size.distance(rx.hwcur.get(), index);
        let count = frame.slots.len();
        if count > space as usize {
            break;
        }
        for (number, sent) in frame.slots.iter().enumerate() {
            let mut slot = rx.ring.slot(index);
            let more = if number + 1 < count { NS_MOREFRAG } else { 0 };
            slot.flags = (count as u16) << 8 | more;
            slot.len = if from.memory.copy(sent, &port.memory, &slot) { sent.len } else { 0 };
            rx.ring.set_slot(index, slot);
            index = size.next(index);
        }
    }
    if index != rx.hwtail.get() {
        rx.hwtail.set(index);
        port.end.bell.tell(&port.end.bell.rx);
    }
}
