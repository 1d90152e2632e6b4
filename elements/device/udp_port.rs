//! UDP sockets that the elements of a graph share.

use pkgraph::runtime::{Address, Context};
use socket2::{Domain, MsgHdr, Protocol, SockAddr, Socket, Type};
use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::io::{self, ErrorKind, IoSlice};
use std::net::{IpAddr, SocketAddr, SocketAddrV6, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::rc::Rc;
use thiserror::Error;

/// Octets asked for as receive buffer; the kernel grants `net.core.rmem_max`
/// at most. A fan-out in progress must not cost arriving packets.
const RECEIVE_BUFFER: usize = 4 << 20;

/// A UDP socket that is not bound: why, and what to do.
#[derive(Debug, Error)]
#[error("cannot bind UDP {address}: {}", self.advice())]
pub struct BindError {
    /// Where.
    pub address: SocketAddr,
    /// The kernel's answer.
    pub error: io::Error,
}

impl BindError {
    fn advice(&self) -> String {
        match self.error.kind() {
            ErrorKind::AddrInUse => {
                "it is in use: end the program that has it, or choose another UDP port".into()
            }
            ErrorKind::AddrNotAvailable => {
                let ip = self.address.ip();
                format!("no interface of this host has {ip}: `ip address` lists those it has")
            }
            ErrorKind::PermissionDenied => {
                "UDP ports below 1024 need CAP_NET_BIND_SERVICE: choose a higher one".into()
            }
            _ => self.error.to_string(),
        }
    }
}

/// A bound, non-blocking UDP socket.
#[derive(Debug)]
pub struct UdpPort {
    socket: UdpSocket,
    local: Address,
    is_ipv6: bool,
    /// The DSCP that the socket sends with now.
    dscp: Cell<u8>,
    /// Calls that have changed it.
    settings: Cell<u64>,
}

impl UdpPort {
    fn open(address: SocketAddr) -> io::Result<UdpPort> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        if address.is_ipv6() {
            // `::` serves IPv4 too.
            socket.set_only_v6(false)?;
        }
        // A small buffer is no reason not to start.
        let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
        socket.set_nonblocking(true)?;
        socket.bind(&SockAddr::from(address))?;
        let socket: UdpSocket = socket.into();
        let local = socket.local_addr()?.into();
        Ok(UdpPort {
            socket,
            local,
            is_ipv6: address.is_ipv6(),
            dscp: Cell::new(0),
            settings: Cell::new(0),
        })
    }

    /// The address the socket is bound to.
    pub fn local(&self) -> Address {
        self.local
    }

    /// How many calls have changed what it sends with.
    pub fn settings(&self) -> u64 {
        self.settings.get()
    }

    /// One `recvfrom`: the octets read and who sent them. `WouldBlock` when
    /// there is nothing.
    #[inline]
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, Address)> {
        loop {
            match self.socket.recv_from(buffer) {
                Ok((len, from)) => return Ok((len, from.into())),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// One `sendto`, with `dscp` in the IP header.
    #[inline]
    pub fn send(&self, data: &[u8], to: Address, dscp: u8) -> io::Result<()> {
        if dscp != self.dscp.get() {
            self.set_dscp(dscp)?;
        }
        self.socket.send_to(data, self.socket_address(to)).map(drop)
    }

    /// Sends datagrams of one length with one call (UDP GSO), with `dscp` in
    /// the IP header of each. Fails with EINVAL, EMSGSIZE or EIO where that
    /// cannot be.
    pub fn send_segments(&self, segments: &[IoSlice], to: Address, dscp: u8) -> io::Result<()> {
        let to = self.socket_address(to);
        // What says how to cut is a control message, and so is the DSCP, since
        // a change of the socket's would be one more call.
        let length = segments.first().map_or(0, |segment| segment.len()) as u16;
        let mut control = Control { octets: [0; 64], len: 0 };
        control.add(libc::SOL_UDP, libc::UDP_SEGMENT, &length.to_ne_bytes());
        let octet = i32::from(dscp) << 2;
        match to {
            // An IPv6 socket sends to IPv4 by the socket's own setting alone.
            _ if self.is_ipv6 && to.ip().to_canonical().is_ipv4() => {
                if dscp != self.dscp.get() {
                    self.set_dscp(dscp)?;
                }
            }
            SocketAddr::V4(_) => control.add(libc::IPPROTO_IP, libc::IP_TOS, &octet.to_ne_bytes()),
            SocketAddr::V6(_) => {
                control.add(libc::IPPROTO_IPV6, libc::IPV6_TCLASS, &octet.to_ne_bytes());
            }
        }
        let to = SockAddr::from(to);
        let message =
            MsgHdr::new().with_addr(&to).with_buffers(segments).with_control(control.octets());
        socket2::SockRef::from(&self.socket).sendmsg(&message, 0).map(drop)
    }

    /// The address as the socket's family has it.
    #[inline]
    fn socket_address(&self, to: Address) -> SocketAddr {
        let to = to.socket_addr();
        match (self.is_ipv6, to.ip()) {
            (true, IpAddr::V4(ip)) => {
                SocketAddrV6::new(ip.to_ipv6_mapped(), to.port(), 0, 0).into()
            }
            _ => to,
        }
    }

    /// The DSCP is the upper six bits of the octet (RFC 2474 §3).
    #[cold]
    fn set_dscp(&self, dscp: u8) -> io::Result<()> {
        let socket = socket2::SockRef::from(&self.socket);
        let octet = u32::from(dscp) << 2;
        let calls = if self.is_ipv6 { 2 } else { 1 };
        self.settings.set(self.settings.get() + calls);
        if self.is_ipv6 {
            socket.set_tclass_v6(octet)?;
        }
        // Also on an IPv6 socket: for what it sends to IPv4.
        let ipv4 = socket.set_tos_v4(octet);
        if !self.is_ipv6 {
            ipv4?;
        }
        self.dscp.set(dscp);
        Ok(())
    }
}

impl AsFd for UdpPort {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for UdpPort {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

/// Control messages of a `sendmsg` (cmsg(3)), on a 64-bit system or another.
struct Control {
    octets: [u8; 64],
    len: usize,
}

impl Control {
    /// Adds a message with this value, of four octets at most.
    fn add(&mut self, level: i32, kind: i32, value: &[u8]) {
        const WORD: usize = size_of::<usize>();
        let header = (WORD + 8).next_multiple_of(WORD);
        let message = &mut self.octets[self.len..];
        message[..WORD].copy_from_slice(&(header + value.len()).to_ne_bytes());
        message[WORD..][..4].copy_from_slice(&level.to_ne_bytes());
        message[WORD + 4..][..4].copy_from_slice(&kind.to_ne_bytes());
        message[header..][..value.len()].copy_from_slice(value);
        self.len += header + value.len().next_multiple_of(WORD);
    }

    fn octets(&self) -> &[u8] {
        &self.octets[..self.len]
    }
}

/// The UDP sockets of a graph.
#[derive(Debug, Default)]
pub struct UdpPorts(RefCell<Vec<Rc<UdpPort>>>);

impl UdpPorts {
    /// Those of the graph being started.
    pub fn of(context: &mut Context) -> Rc<UdpPorts> {
        let shared = context.shared("", |_| Ok::<_, Infallible>(UdpPorts::default()));
        shared.unwrap_or_else(|never| match never {})
    }

    /// How many calls have changed what the sockets send with.
    pub fn settings(&self) -> u64 {
        self.0.borrow().iter().map(|port| port.settings()).sum()
    }

    /// Binds a socket. The error says what, why, and what to do.
    pub fn bind(&self, ip: IpAddr, udp_port: u16) -> Result<Rc<UdpPort>, BindError> {
        let address = SocketAddr::new(ip, udp_port);
        let port = UdpPort::open(address).map_err(|error| BindError { address, error })?;
        let port = Rc::new(port);
        self.0.borrow_mut().push(port.clone());
        Ok(port)
    }

    /// The socket bound to `local`, else the one with its UDP port, else the
    /// only one.
    pub fn find(&self, local: Option<Address>) -> Option<Rc<UdpPort>> {
        let ports = self.0.borrow();
        match local {
            Some(local) => ports
                .iter()
                .find(|port| port.local == local)
                .or_else(|| ports.iter().find(|p| p.local.udp_port() == local.udp_port())),
            None if ports.len() == 1 => ports.first(),
            None => None,
        }
        .cloned()
    }
}
