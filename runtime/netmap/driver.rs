//! The kernel side of a port.

use super::{Interface, PortError, Take};
use crate::Privileges;
use std::io;
use std::os::fd::RawFd;

/// What stands behind the rings of one port. Dropping it closes the port.
pub trait Driver {
    /// The driver's name, as messages write it.
    fn name(&self) -> &'static str;

    /// A descriptor that is readable when a sync would bring something:
    /// packets received, or slots to send with after there were none.
    fn fd(&self) -> RawFd;

    /// Whether slots to send with show as readiness to write. Else they show
    /// as readiness to read.
    fn room_is_writable(&self) -> bool {
        false
    }

    /// Takes over the TX slots up to head, and moves tail over the slots that
    /// can be filled again (`NIOCTXSYNC`). Never waits.
    fn tx_sync(&self) -> io::Result<()>;

    /// Takes back the RX slots up to head, and moves tail over what has been
    /// received (`NIOCRXSYNC`). Never waits.
    fn rx_sync(&self) -> io::Result<()>;

    /// Begins to receive, if it did not on registration. `take` says what;
    /// drivers without a filter take everything, whatever it says.
    fn take_in(&self, _take: &Take) -> Result<(), PortError> {
        Ok(())
    }

    /// Whether packets that a sync took over have not been sent, and will be
    /// with another sync only.
    fn has_unsent(&self) -> bool {
        false
    }

    /// Whether the interface has been deleted. It may come back.
    fn is_gone(&self) -> bool {
        false
    }

    /// Notes that the graph has the host's side, which it calls `name`, too.
    /// Refused where the host would get nothing any more, also later.
    fn claim_host(&self, _name: &str) -> Result<(), PortError> {
        Ok(())
    }

    /// Notes the privileges that closing it needs; with `reopens` also those for
    /// opening an interface that has come back.
    fn keep_privileges(&self, _kept: &mut Privileges, _reopens: bool) {}

    /// How it runs, in one word, where it can run in several ways: the driver xdp is
    /// `native` or `SKB`.
    fn mode(&self) -> &'static str {
        ""
    }

    /// How often the kernel copies a frame between the wire and the rings.
    fn kernel_copies(&self) -> u64 {
        0
    }

    /// How many system calls it has made for the port since that was opened. A sync
    /// need not be one.
    fn calls(&self) -> u64;

    /// What runs here and how, for the line at the start.
    fn describe(&self) -> String {
        format!("driver {}", self.name())
    }

    /// What the kernel side counts: lines of name and value.
    fn counters(&self) -> String {
        String::new()
    }
}

/// A port that a driver has registered.
pub struct Registered {
    /// Its kernel side.
    pub driver: Box<dyn Driver>,
    /// Its rings.
    pub interface: Interface,
}
