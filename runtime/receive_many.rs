//! Several datagrams with one system call (recvmmsg(2)).

#![allow(unsafe_code)]

use crate::{Address, Packet};
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
    /// Receives a datagram into the octets of each packet, as far as there are
    /// datagrams now: how many. `WouldBlock` when there is none.
    ///
    /// # Panics
    /// If a packet is shared and there is no buffer to copy it into.
    pub fn receive(&mut self, socket: BorrowedFd, packets: &mut [Packet]) -> io::Result<usize> {
        self.lengths.clear();
        self.parts.clear();
        self.messages.clear();
        // SAFETY: octets and numbers.
        self.addresses.resize(packets.len(), unsafe { zeroed() });
        for packet in packets.iter_mut() {
            let octets = packet.data_mut().expect("a packet to receive into is unshared");
            let (iov_base, iov_len) = (octets.as_mut_ptr().cast(), octets.len());
            self.parts.push(libc::iovec { iov_base, iov_len });
        }
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
        // that to the octets of a packet of its own, which is unshared and
        // borrowed mutably: all live through the call and are nobody else's.
        let received = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                self.messages.as_mut_ptr(),
                self.messages.len() as u32,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        let received = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
        let messages = self.messages.iter().take(received);
        self.lengths.extend(messages.map(|message| message.msg_len as usize));
        Ok(self.lengths.len())
    }

    /// The length of datagram `n` of the last call, in octets, and its sender;
    /// `None` for one that has none of the Internet's addresses.
    pub fn datagram(&self, n: usize) -> Option<(usize, Address)> {
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
        Some((length, from.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Region;
    use std::net::UdpSocket;
    use std::os::fd::AsFd;

    #[test]
    fn datagrams_come_in_order_with_their_senders() {
        for host in ["127.0.0.1", "::1"] {
            let Ok(to) = UdpSocket::bind((host, 0)) else {
                assert_eq!(host, "::1", "IPv4 is everywhere");
                continue;
            };
            let senders = [(); 2].map(|()| UdpSocket::bind((host, 0)).unwrap());
            let region = Region::new(4, 256);
            let fresh = || {
                let mut packet = region.alloc().unwrap();
                packet.append(100).unwrap();
                packet
            };
            let mut packets: Vec<Packet> = (0..4).map(|_| fresh()).collect();
            let mut many = ReceiveMany::default();
            let none = many.receive(to.as_fd(), &mut packets).unwrap_err();
            assert_eq!(none.kind(), io::ErrorKind::WouldBlock);
            let texts = [&b"one"[..], b"", b"three", &[7; 200], b"five"];
            for (text, sender) in texts.iter().zip(senders.iter().cycle()) {
                sender.send_to(text, to.local_addr().unwrap()).unwrap();
            }
            for expected in [&texts[..4], &texts[4..]] {
                assert_eq!(many.receive(to.as_fd(), &mut packets).unwrap(), expected.len());
                for (n, text) in expected.iter().enumerate() {
                    let (len, from) = many.datagram(n).unwrap();
                    // What is longer than the packet is cut to it.
                    assert_eq!(packets[n].data()[..len], text[..text.len().min(100)]);
                    let sender = &senders[n % 2];
                    assert_eq!(from.socket_addr(), sender.local_addr().unwrap());
                }
            }
            assert_eq!((many.datagram(1), many.datagram(usize::MAX)), (None, None));
        }
    }
}
