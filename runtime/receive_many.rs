//! Several datagrams into packets with one system call (recvmmsg(2)).

use crate::{Address, Packet, sys};
use std::io;
use std::os::fd::BorrowedFd;

/// What the call needs, kept from one to the next.
#[derive(Default)]
pub struct ReceiveMany(sys::ReceiveMany);

impl ReceiveMany {
    /// Receives a datagram into the octets of each packet, as far as there are
    /// datagrams now: how many. `WouldBlock` when there is none.
    ///
    /// # Panics
    /// If a packet is shared and there is no buffer to copy it into.
    pub fn receive(&mut self, socket: BorrowedFd, packets: &mut [Packet]) -> io::Result<usize> {
        let octets =
            |packet| Packet::data_mut(packet).expect("a packet to receive into is unshared");
        self.0.receive(socket, packets.iter_mut().map(octets))
    }

    /// The length of datagram `n` of the last call, in octets, and its sender;
    /// `None` for one that has none of the Internet's addresses.
    pub fn datagram(&self, n: usize) -> Option<(usize, Address)> {
        self.0.datagram(n).map(|(length, from)| (length, from.into()))
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
