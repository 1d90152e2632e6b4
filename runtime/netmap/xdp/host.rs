//! The host's side of an interface (`eth0^`), as far as XDP has one.
//!
//! What the filter does not take the host has already, so nothing comes from
//! here and nothing need go here. A frame that was taken cannot be given back:
//! it is dropped, and counted. A filter that takes everything would cut the
//! host off, so there such a port is refused.

use super::memory::{Rings, lay_out};
use crate::EventFd;
use crate::netmap::{Driver, Port, PortError, Registered};
use std::cell::Cell;
use std::io;
use std::os::fd::{AsRawFd, RawFd};

/// Slots of the ring: what a burst may bring.
const SLOTS: u32 = 64;

struct Host {
    /// Never readable.
    silence: EventFd,
    head: Cell<u32>,
    dropped: Cell<u64>,
    rings: Rings,
}

/// Opens the host's side of `device`.
pub(super) fn register(device: &Port, name: &str) -> Result<Registered, PortError> {
    device.claim_host(name)?;
    let (rings, interface) = lay_out(device.region(), SLOTS, 1)?;
    let (head, dropped) = (Cell::new(0), Cell::new(0));
    let driver = Box::new(Host { silence: EventFd::new()?, head, dropped, rings });
    Ok(Registered { driver, interface })
}

impl Driver for Host {
    fn name(&self) -> &'static str {
        super::NAME
    }

    fn fd(&self) -> RawFd {
        self.silence.as_raw_fd()
    }

    fn tx_sync(&self) -> io::Result<()> {
        let (ring, size) = (self.rings.tx, self.rings.tx.size());
        let before = self.head.replace(ring.head());
        let came = size.distance(before, ring.head());
        self.dropped.set(self.dropped.get() + u64::from(came));
        ring.set_tail(size.prev(ring.head()));
        Ok(())
    }

    fn rx_sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn calls(&self) -> u64 {
        0
    }

    fn describe(&self) -> String {
        "driver xdp: the host keeps what the filter does not take; frames sent here are dropped"
            .into()
    }

    fn counters(&self) -> String {
        format!("dropped {}\n", self.dropped.get())
    }
}
