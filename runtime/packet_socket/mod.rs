//! Whole frames through the kernel's stack (packet(7)): for interfaces that
//! no driver of netmap's rings opens.
//!
//! The kernel shows such a socket a copy of what arrives, and goes on with the
//! frame itself. `filter` is the classic BPF program that says of what;
//! [`Receiver`] and [`Sender`] are the two directions; [`Reserved`] keeps the
//! host quiet about datagrams that are not for it.

#![allow(unsafe_code)]

mod filter;
mod receive;
mod reserve;
mod send;

pub use receive::{Arrived, Receiver};
pub use reserve::Reserved;
pub use send::Sender;

use std::fmt;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// `ETH_P_ALL` of `linux/if_ether.h`, in network byte order.
const ALL: u16 = 3u16.to_be();

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

/// `ARPHRD_ETHER` and `ARPHRD_LOOPBACK` of `linux/if_arp.h`: both have Ethernet
/// headers.
const ETHERNET: [u16; 2] = [1, 772];

/// A new socket for frames, of no interface yet.
fn socket() -> io::Result<OwnedFd> {
    let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: numbers alone; the descriptor is new.
    unsafe {
        match libc::socket(libc::AF_PACKET, kind, 0) {
            fd if fd >= 0 => Ok(OwnedFd::from_raw_fd(fd)),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// Binds to the interface of this number, for frames of `protocol` (0: of
/// none). Whether it is an Ethernet interface.
fn bind(fd: &OwnedFd, interface: u32, protocol: u16) -> io::Result<bool> {
    // SAFETY: numbers; the address is one of this family, and lives through
    // both calls, of which the second writes as many octets at most.
    unsafe {
        let mut address: libc::sockaddr_ll = std::mem::zeroed();
        address.sll_family = libc::AF_PACKET as u16;
        address.sll_protocol = protocol;
        address.sll_ifindex = interface as i32;
        let mut size = size_of::<libc::sockaddr_ll>() as u32;
        check(libc::bind(fd.as_raw_fd(), (&raw const address).cast(), size))?;
        let at = (&raw mut address).cast();
        check(libc::getsockname(fd.as_raw_fd(), at, &raw mut size))?;
        Ok(ETHERNET.contains(&address.sll_hatype))
    }
}

/// Sets an option.
///
/// # Safety
/// `T` is what the option takes, and what it points to is there.
unsafe fn set<T>(fd: &OwnedFd, level: i32, option: i32, value: &T) -> io::Result<()> {
    let value = std::ptr::from_ref(value).cast();
    // SAFETY: the kernel reads as many octets.
    check(unsafe { libc::setsockopt(fd.as_raw_fd(), level, option, value, size_of::<T>() as u32) })
}

/// Shows the socket only what `code` lets through.
fn attach(fd: &OwnedFd, mut code: Vec<libc::sock_filter>) -> io::Result<()> {
    let program = libc::sock_fprog { len: code.len() as u16, filter: code.as_mut_ptr() };
    // SAFETY: so many instructions, which live through the call.
    unsafe { set(fd, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &program) }
}

fn check(result: i32) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
