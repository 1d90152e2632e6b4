//! Sockets of any family: what the standard library does not offer.

use crate::result::{check, count, owned};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// A new socket, closed on exec.
pub(crate) fn open(family: i32, kind: i32, protocol: i32) -> io::Result<OwnedFd> {
    // SAFETY: the call takes numbers only, and makes a descriptor.
    unsafe { owned(libc::socket(family, kind | libc::SOCK_CLOEXEC, protocol)) }
}

/// Binds a socket.
///
/// # Safety
/// `A` is an address as the system has them, whose first member says which.
pub(crate) unsafe fn bind<A>(socket: &impl AsFd, address: &A) -> io::Result<()> {
    let fd = socket.as_fd().as_raw_fd();
    let address = std::ptr::from_ref(address).cast();
    // SAFETY: the address lives through the call, which reads its octets.
    check(unsafe { libc::bind(fd, address, size_of::<A>() as u32) }).map(drop)
}

/// Sets an option.
///
/// # Safety
/// `T` is what the option takes, and what it points to is there.
pub(crate) unsafe fn set<T>(
    socket: &impl AsFd,
    level: i32,
    option: i32,
    value: &T,
) -> io::Result<()> {
    let fd = socket.as_fd().as_raw_fd();
    let value = std::ptr::from_ref(value).cast();
    // SAFETY: the value lives through the call, which reads its octets.
    check(unsafe { libc::setsockopt(fd, level, option, value, size_of::<T>() as u32) }).map(drop)
}

/// Reads an option.
///
/// # Safety
/// Any octets are a `T`.
pub(crate) unsafe fn get<T>(
    socket: &impl AsFd,
    level: i32,
    option: i32,
    value: &mut T,
) -> io::Result<()> {
    let fd = socket.as_fd().as_raw_fd();
    let (value, mut octets) = (std::ptr::from_mut(value).cast(), size_of::<T>() as u32);
    // SAFETY: the kernel writes at most so many octets.
    check(unsafe { libc::getsockopt(fd, level, option, value, &raw mut octets) }).map(drop)
}

/// Sets an option whose value is a number (setsockopt(2)).
pub fn set_number(socket: &impl AsFd, level: i32, option: i32, value: i32) -> io::Result<()> {
    // SAFETY: four octets are a number or too few for what the option takes,
    // which then fails; no option takes an address in four octets.
    unsafe { set(socket, level, option, &value) }
}

/// Receives octets that are there now: how many.
#[inline]
pub(crate) fn receive(socket: &impl AsFd, octets: &mut [u8]) -> io::Result<usize> {
    let (fd, start) = (socket.as_fd().as_raw_fd(), octets.as_mut_ptr().cast());
    // SAFETY: the kernel writes at most so many octets.
    count(unsafe { libc::recv(fd, start, octets.len(), libc::MSG_DONTWAIT) })
}

/// Sends octets by a socket that has an address to send to.
#[inline]
pub(crate) fn send(socket: &impl AsFd, octets: &[u8]) -> io::Result<usize> {
    let (fd, start) = (socket.as_fd().as_raw_fd(), octets.as_ptr().cast());
    // SAFETY: the kernel reads so many octets.
    count(unsafe { libc::send(fd, start, octets.len(), 0) })
}

/// An IPv4 address and a UDP port as the system has them.
#[derive(Clone, Copy)]
pub struct RawAddress(libc::sockaddr_in);

impl From<SocketAddrV4> for RawAddress {
    fn from(address: SocketAddrV4) -> RawAddress {
        // SAFETY: all members are numbers.
        let mut raw: libc::sockaddr_in = unsafe { std::mem::zeroed() };
        raw.sin_family = libc::AF_INET as u16;
        raw.sin_port = address.port().to_be();
        raw.sin_addr.s_addr = u32::from(*address.ip()).to_be();
        RawAddress(raw)
    }
}

impl From<RawAddress> for SocketAddrV4 {
    fn from(RawAddress(raw): RawAddress) -> SocketAddrV4 {
        let ip = Ipv4Addr::from(u32::from_be(raw.sin_addr.s_addr));
        SocketAddrV4::new(ip, u16::from_be(raw.sin_port))
    }
}

impl RawAddress {
    /// Whether two addresses have the same UDP port.
    #[inline]
    pub fn has_port_of(&self, other: &RawAddress) -> bool {
        self.0.sin_port == other.0.sin_port
    }
}

/// One recvfrom(2) by a UDP socket of IPv4: the octets read, and their sender.
#[inline]
pub fn receive_from(socket: BorrowedFd, octets: &mut [u8]) -> io::Result<(usize, RawAddress)> {
    // SAFETY: an address is numbers, and the kernel writes as many octets at
    // most as it is told that there are.
    unsafe {
        let mut from: libc::sockaddr_in = std::mem::zeroed();
        let mut size = size_of_val(&from) as u32;
        let (start, at) = (octets.as_mut_ptr().cast(), (&raw mut from).cast());
        let read = libc::recvfrom(socket.as_raw_fd(), start, octets.len(), 0, at, &raw mut size);
        Ok((count(read)?, RawAddress(from)))
    }
}

/// One sendto(2) by a UDP socket of IPv4.
#[inline]
pub fn send_to(socket: BorrowedFd, octets: &[u8], to: &RawAddress) -> io::Result<usize> {
    let (start, size) = (octets.as_ptr().cast(), size_of::<libc::sockaddr_in>() as u32);
    let at = std::ptr::from_ref(&to.0).cast();
    // SAFETY: the kernel reads so many octets, and an address of this size.
    count(unsafe { libc::sendto(socket.as_raw_fd(), start, octets.len(), 0, at, size) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{SocketAddr, UdpSocket};

    #[test]
    fn a_datagram_comes_with_its_sender() {
        let [from, to] = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
        let address = |socket: &UdpSocket| match socket.local_addr().unwrap() {
            SocketAddr::V4(address) => address,
            SocketAddr::V6(_) => unreachable!("it is bound to IPv4"),
        };
        let sent = send_to(from.as_fd(), b"octets", &address(&to).into()).unwrap();
        let mut buffer = [0; 32];
        let (read, sender) = receive_from(to.as_fd(), &mut buffer).unwrap();
        assert_eq!((sent, &buffer[..read]), (6, &b"octets"[..]));
        assert_eq!(SocketAddrV4::from(sender), address(&from));
        assert!(sender.has_port_of(&address(&from).into()));
        assert!(!sender.has_port_of(&address(&to).into()));
    }

    #[test]
    fn an_option_is_a_number() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        set_number(&socket, libc::IPPROTO_IP, libc::IP_TTL, 7).unwrap();
        assert_eq!(socket.ttl().unwrap(), 7);
        // An option that takes more than a number refuses one.
        let (level, option) = (libc::SOL_SOCKET, libc::SO_ATTACH_FILTER);
        assert!(set_number(&socket, level, option, 7).is_err());
    }
}
