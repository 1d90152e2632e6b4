//! UDP ports that nobody serves, and that do not say so.

use super::{PacketSocketError, attach, check, filter};
use crate::netmap::xdp::Take;
use std::ffi::CString;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

/// Sockets on the UDP ports that a graph takes by a packet socket. The host
/// gets these datagrams, too, and without a socket it would tell their sender
/// that nobody is there (ICMP port unreachable). These drop them all.
#[derive(Debug)]
pub struct Reserved {
    _sockets: Vec<OwnedFd>,
}

impl Reserved {
    /// Reserves the UDP ports that `take` names, for what comes by
    /// `interface`.
    pub fn new(interface: &str, take: &Take) -> Result<Reserved, PacketSocketError> {
        let Take::Udp(ports) = take else { return Ok(Reserved { _sockets: Vec::new() }) };
        let mut sockets = Vec::new();
        for port in ports {
            let bound = [libc::AF_INET, libc::AF_INET6].map(|f| bound(f, interface, *port));
            for outcome in bound {
                match outcome {
                    Ok(socket) => sockets.push(socket),
                    // A host without IPv6 answers nothing by it.
                    Err(error) if error.raw_os_error() == Some(libc::EAFNOSUPPORT) => {}
                    Err(error) if error.raw_os_error() == Some(libc::EADDRINUSE) => {
                        return Err(PacketSocketError::PortInUse(*port));
                    }
                    Err(error) => return Err(PacketSocketError::System(interface.into(), error)),
                }
            }
        }
        Ok(Reserved { _sockets: sockets })
    }
}

/// A socket of this family that hears nothing.
fn bound(family: i32, interface: &str, port: u16) -> io::Result<OwnedFd> {
    let name = CString::new(interface)?;
    let on = 1i32;
    // SAFETY: the descriptor is new; the option takes a number, and the name so
    // many octets; the addresses are of the family and size said.
    unsafe {
        let fd = libc::socket(family, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        let socket = OwnedFd::from_raw_fd(fd);
        attach(&socket, filter::nothing())?;
        let octets = name.as_bytes_with_nul();
        let (level, option) = (libc::SOL_SOCKET, libc::SO_BINDTODEVICE);
        check(libc::setsockopt(fd, level, option, octets.as_ptr().cast(), octets.len() as u32))?;
        if family == libc::AF_INET6 {
            super::set(&socket, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, &on)?;
        }
        let outcome = match family {
            libc::AF_INET => {
                // All other members, 0, are the address of every host.
                let mut address: libc::sockaddr_in = std::mem::zeroed();
                address.sin_family = family as u16;
                address.sin_port = port.to_be();
                let size = size_of::<libc::sockaddr_in>() as u32;
                libc::bind(fd, (&raw const address).cast(), size)
            }
            _ => {
                let mut address: libc::sockaddr_in6 = std::mem::zeroed();
                address.sin6_family = family as u16;
                address.sin6_port = port.to_be();
                let size = size_of::<libc::sockaddr_in6>() as u32;
                libc::bind(fd, (&raw const address).cast(), size)
            }
        };
        check(outcome)?;
        Ok(socket)
    }
}
