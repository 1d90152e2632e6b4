//! UDP ports that nobody serves, and that do not say so.

use super::{PacketSocketError, filter};
use crate::netmap::Take;
use crate::sys::filtered_udp_socket;
use std::os::fd::OwnedFd;

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
            let nothing = filter::nothing();
            let bound = [false, true]
                .map(|is_ipv6| filtered_udp_socket(is_ipv6, interface, *port, &nothing));
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
