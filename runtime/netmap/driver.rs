//! The kernel side of a port.

use super::Interface;
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
}

/// A port that a driver has registered.
pub struct Registered {
    /// Its kernel side.
    pub driver: Box<dyn Driver>,
    /// Its rings.
    pub interface: Interface,
}
