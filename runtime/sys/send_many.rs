//! Several datagrams or frames with one system call (sendmmsg(2)).

use crate::result::count;
use std::io;
use std::mem::zeroed;
use std::os::fd::{AsRawFd, BorrowedFd};

/// What the call needs, kept from one to the next.
#[derive(Default)]
pub struct SendMany {
    parts: Vec<libc::iovec>,
    messages: Vec<libc::mmsghdr>,
}

impl SendMany {
    /// Sends each of these by a socket that has an address to send to, as many
    /// of the first as go. An error is of the first, and then none has gone.
    #[inline]
    pub fn send<'a>(
        &mut self,
        socket: BorrowedFd,
        all: impl Iterator<Item = &'a [u8]>,
    ) -> io::Result<usize> {
        self.parts.clear();
        self.parts.extend(all.map(|octets| libc::iovec {
            iov_base: octets.as_ptr().cast_mut().cast(),
            iov_len: octets.len(),
        }));
        self.call(socket)
    }

    /// Sends the parts. They point to octets that are borrowed.
    fn call(&mut self, socket: BorrowedFd) -> io::Result<usize> {
        self.messages.clear();
        for part in &mut self.parts {
            // SAFETY: numbers and pointers, none of which need be set.
            let mut message: libc::mmsghdr = unsafe { zeroed() };
            message.msg_hdr.msg_iov = part;
            message.msg_hdr.msg_iovlen = 1;
            self.messages.push(message);
        }
        // SAFETY: every message points to a part, and that to octets, which
        // `send` borrows for longer and which the call only reads.
        let sent = unsafe {
            libc::sendmmsg(
                socket.as_raw_fd(),
                self.messages.as_mut_ptr(),
                self.messages.len() as u32,
                libc::MSG_DONTWAIT,
            )
        };
        Ok(count(sent as isize)?.min(self.parts.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;
    use std::os::fd::AsFd;

    #[test]
    fn datagrams_arrive_in_order() {
        let [from, to] = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
        from.connect(to.local_addr().unwrap()).unwrap();
        let mut many = SendMany::default();
        let all = [&b"one"[..], b"", b"three"];
        for _ in 0..2 {
            assert_eq!(many.send(from.as_fd(), all.into_iter()).unwrap(), 3);
            let mut buffer = [0; 32];
            for octets in all {
                let read = to.recv(&mut buffer).unwrap();
                assert_eq!(&buffer[..read], octets);
            }
        }
        assert_eq!(many.send(from.as_fd(), std::iter::empty()).unwrap(), 0);
    }
}
