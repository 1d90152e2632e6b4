//! Whole frames through the kernel's stack (packet(7)): for interfaces that
//! no driver of netmap's rings opens.
//!
//! The kernel shows such a socket a copy of what arrives, and goes on with the
//! frame itself. `filter` is the classic BPF program that says of what;
//! [`Receiver`] and [`Sender`] are the two directions; [`Reserved`] keeps the
//! host quiet about datagrams that are not for it.

mod filter;
mod receive;
mod reserve;
mod send;

pub use crate::sys::Arrived;
pub use receive::Receiver;
pub use reserve::Reserved;
pub use send::Sender;

use std::fmt;
use std::io;

/// Why an interface has no such socket, or a UDP port is not to be had.
#[derive(Debug)]
pub enum PacketSocketError {
    /// No interface is called so.
    Missing(String),
    /// It is no Ethernet interface.
    NoEthernet(String),
    /// The system has refused.
    System(String, io::Error),
    /// A program of the host has the UDP port.
    PortInUse(u16),
}

impl std::error::Error for PacketSocketError {}

impl fmt::Display for PacketSocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PacketSocketError::Missing(name) => {
                write!(f, "{name}: there is no such interface: `ip link` lists those there are")
            }
            PacketSocketError::NoEthernet(name) => {
                write!(f, "{name} is no Ethernet interface: its packets have other headers or none")
            }
            PacketSocketError::System(name, error) if error.raw_os_error() == Some(libc::EPERM) => {
                write!(f, "{name}: packet sockets need CAP_NET_RAW: {error}")
            }
            PacketSocketError::System(name, error) => write!(f, "{name}: {error}"),
            PacketSocketError::PortInUse(port) => write!(
                f,
                "UDP port {port} is another program's, which would get the same datagrams: end it, \
                 or choose another UDP port"
            ),
        }
    }
}
