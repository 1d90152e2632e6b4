//! Several datagrams with one system call (recvmmsg(2)).

use crate::result::count;
use std::io;
use std::mem::zeroed;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsRawFd, BorrowedFd};

/// What the call needs, kept from one to the next.
#[derive(Default)]
pub struct ReceiveMany {
    addresses: Vec<libc::sockaddr_storage>,
    lengths: Vec<usize>,
    parts: Vec<libc::iovec>,
    messages: Vec<libc::mmsghdr>,
}

impl ReceiveMany {
    /// Receives a datagram into each of these places, as far as there are
    /// datagrams now: how many. `WouldBlock` when there is none.
    pub fn receive<'a>(
        &mut self,
        socket: BorrowedFd,
        places: impl Iterator<Item = &'a mut [u8]>,
    ) -> io::Result<usize> {
        self.lengths.clear();
        self.parts.clear();
        self.messages.clear();
        self.parts.extend(places.map(|octets| libc::iovec {
            iov_base: octets.as_mut_ptr().cast(),
            iov_len: octets.len(),
        }));
        // SAFETY: octets and numbers.
        self.addresses.resize(self.parts.len(), unsafe { zeroed() });
        for (address, part) in self.addresses.iter_mut().zip(&mut self.parts) {
            // SAFETY: numbers and pointers, none of which need be set.
            let mut message: libc::mmsghdr = unsafe { zeroed() };
            message.msg_hdr.msg_name = std::ptr::from_mut(address).cast();
            message.msg_hdr.msg_namelen = size_of::<libc::sockaddr_storage>() as u32;
            message.msg_hdr.msg_iov = part;
            message.msg_hdr.msg_iovlen = 1;
            self.messages.push(message);
        }
        // SAFETY: every message points to an address and to a part of its own,
        // and that to octets that are borrowed mutably for longer than the call.
        let received = unsafe { receive_messages(socket, &mut self.messages)? };
        let messages = self.messages.iter().take(received);
        self.lengths.extend(messages.map(|message| message.msg_len as usize));
        Ok(self.lengths.len())
    }

    /// The length of datagram `n` of the last call, in octets, and its sender;
    /// `None` for one that has none of the Internet's addresses.
    pub fn datagram(&self, n: usize) -> Option<(usize, SocketAddr)> {
        let (address, length) = (self.addresses.get(n)?, *self.lengths.get(n)?);
        let family = i32::from(address.ss_family);
        let start = std::ptr::from_ref(address);
        let from: SocketAddr = match family {
            libc::AF_INET => {
                // SAFETY: the family says what the octets are, and the storage
                // is large enough and aligned for it.
                let found = unsafe { &*start.cast::<libc::sockaddr_in>() };
                let ip = Ipv4Addr::from(u32::from_be(found.sin_addr.s_addr));
                SocketAddrV4::new(ip, u16::from_be(found.sin_port)).into()
            }
            libc::AF_INET6 => {
                // SAFETY: as above.
                let found = unsafe { &*start.cast::<libc::sockaddr_in6>() };
                let ip = Ipv6Addr::from(found.sin6_addr.s6_addr);
                SocketAddrV6::new(ip, u16::from_be(found.sin6_port), 0, found.sin6_scope_id).into()
            }
            _ => return None,
        };
        Some((length, from))
    }
}
/// Receives what there is, a datagram into each message; how many there were.
///
/// # Safety
/// Every message points to octets, and to a place for the address and for control
/// messages if it has one, that nobody else uses during the call.
pub(crate) unsafe fn receive_messages(
    socket: BorrowedFd,
    messages: &mut [libc::mmsghdr],
) -> io::Result<usize> {
    let (list, length) = (messages.as_mut_ptr(), messages.len() as u32);
    // SAFETY: the messages are borrowed, and the caller answers for what they
    // point to.
    let received = unsafe {
        let (socket, flags) = (socket.as_raw_fd(), libc::MSG_DONTWAIT);
        libc::recvmmsg(socket, list, length, flags, std::ptr::null_mut())
    };
    count(received as isize)
}
