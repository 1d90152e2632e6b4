//! Sending frames.

use super::{PacketSocketError, bind, set, socket};
use crate::Packet;
use crate::netmap::xdp::Device;
use std::io;
use std::mem::zeroed;
use std::os::fd::{AsRawFd, OwnedFd};

/// A packet socket that sends by one interface, past its queueing discipline.
pub struct Sender {
    fd: OwnedFd,
    parts: Vec<libc::iovec>,
    messages: Vec<libc::mmsghdr>,
}

impl Sender {
    /// A socket on `interface`. It receives nothing.
    pub fn open(interface: &str) -> Result<Sender, PacketSocketError> {
        let device = Device::find(interface)
            .ok_or_else(|| PacketSocketError::Missing(interface.to_string()))?;
        let failed = |error| PacketSocketError::System(interface.to_string(), error);
        let fd = socket().map_err(failed)?;
        // SAFETY: the option takes a number.
        unsafe {
            set(&fd, libc::SOL_PACKET, libc::PACKET_QDISC_BYPASS, &1i32).map_err(failed)?;
        }
        if !bind(&fd, device.index, 0).map_err(failed)? {
            return Err(PacketSocketError::NoEthernet(interface.to_string()));
        }
        Ok(Sender { fd, parts: Vec::new(), messages: Vec::new() })
    }

    /// Sends frames with one call, as many of the first as go. An error is of
    /// the first, and then none has gone.
    pub fn send(&mut self, packets: &[Packet]) -> io::Result<usize> {
        self.parts.clear();
        self.messages.clear();
        self.parts.extend(packets.iter().map(|packet| {
            let octets = packet.data();
            libc::iovec { iov_base: octets.as_ptr().cast_mut().cast(), iov_len: octets.len() }
        }));
        for part in &mut self.parts {
            // SAFETY: numbers and pointers, none of which need be set.
            let mut message: libc::mmsghdr = unsafe { zeroed() };
            message.msg_hdr.msg_iov = part;
            message.msg_hdr.msg_iovlen = 1;
            self.messages.push(message);
        }
        // SAFETY: every message points to a part, and that to the octets of a
        // packet, which are borrowed and which the call only reads.
        let sent = unsafe {
            libc::sendmmsg(
                self.fd.as_raw_fd(),
                self.messages.as_mut_ptr(),
                self.messages.len() as u32,
                libc::MSG_DONTWAIT,
            )
        };
        let sent = usize::try_from(sent).map_err(|_| io::Error::last_os_error())?;
        Ok(sent.min(packets.len()))
    }
}
