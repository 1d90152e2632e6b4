//! Receiving frames.

use super::{ALL, PacketSocketError, attach, bind, filter, set, socket};
use crate::netmap::xdp::{Device, Events, Take};
use crate::{Epoll, Packet};
use std::io;
use std::mem::zeroed;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

/// Octets asked for as receive buffer: a fan-out in progress must not cost
/// arriving frames.
const RECEIVE_BUFFER: i32 = 4 << 20;
/// Octets of `struct virtio_net_hdr` of `linux/virtio_net.h`, which the kernel
/// puts before each frame.
const OFFLOADS: usize = 10;
/// `VIRTIO_NET_HDR_F_NEEDS_CSUM`.
const NEEDS_CHECKSUM: u8 = 1;
/// Words of eight octets for what the kernel says besides: `struct cmsghdr`
/// and `struct tpacket_auxdata`.
const CONTROL: usize = 8;

/// A packet socket that receives from one interface.
pub struct Receiver {
    fd: OwnedFd,
    device: Device,
    events: Events,
    /// Over the socket and what happens to the interface.
    epoll: Epoll,
    parts: Vec<[libc::iovec; 2]>,
    offloads: Vec<[u8; OFFLOADS]>,
    controls: Vec<[u64; CONTROL]>,
    messages: Vec<libc::mmsghdr>,
}

/// What is said of a frame that has arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrived {
    /// Its length in octets, as far as there was room for it.
    pub len: usize,
    /// Whether it is longer.
    pub is_cut: bool,
    /// Whether it stands for several packets, which a sender has left to its
    /// hardware to cut, or this host has joined.
    pub is_joined: bool,
    /// The tag (its type, and its TCI) that stood behind the addresses.
    pub tag: Option<(u16, u16)>,
    /// Where a checksum begins to sum, and the octet, from there, where it
    /// belongs: a sender on this machine has left it to its hardware.
    pub checksum: Option<(usize, usize)>,
}

impl Receiver {
    /// A socket on `interface` that is shown what `take` says.
    pub fn open(interface: &str, take: &Take) -> Result<Receiver, PacketSocketError> {
        let device = Device::find(interface)
            .ok_or_else(|| PacketSocketError::Missing(interface.to_string()))?;
        let failed = |error| PacketSocketError::System(interface.to_string(), error);
        let fd = socket().map_err(failed)?;
        // The filter is there before the first frame is.
        attach(&fd, filter::assemble(take)).map_err(failed)?;
        // SAFETY: each of these options takes a number.
        unsafe {
            let (packet, on) = (libc::SOL_PACKET, 1i32);
            set(&fd, packet, libc::PACKET_AUXDATA, &on).map_err(failed)?;
            set(&fd, packet, libc::PACKET_VNET_HDR, &on).map_err(failed)?;
            set(&fd, packet, libc::PACKET_IGNORE_OUTGOING, &on).map_err(failed)?;
            // More than the system allows others, if this process may; a small
            // buffer is no reason not to start.
            let level = libc::SOL_SOCKET;
            let _ = set(&fd, level, libc::SO_RCVBUFFORCE, &RECEIVE_BUFFER)
                .or_else(|_| set(&fd, level, libc::SO_RCVBUF, &RECEIVE_BUFFER));
        }
        if !bind(&fd, device.index, ALL).map_err(failed)? {
            return Err(PacketSocketError::NoEthernet(interface.to_string()));
        }
        let events = Events::listen(&device).map_err(failed)?;
        let epoll = Epoll::new().map_err(failed)?;
        for fd in [fd.as_raw_fd(), events.bell().as_raw_fd()] {
            epoll.add(fd, false, 0).map_err(failed)?;
        }
        Ok(Receiver {
            fd,
            device,
            events,
            epoll,
            parts: Vec::new(),
            offloads: Vec::new(),
            controls: Vec::new(),
            messages: Vec::new(),
        })
    }

    /// A descriptor that is readable when there are frames, or the interface
    /// has gone.
    pub fn fd(&self) -> RawFd {
        self.epoll.as_raw_fd()
    }

    /// Whether the interface has been deleted.
    #[inline]
    pub fn is_gone(&self) -> bool {
        self.events.index() != Some(self.device.index)
    }

    /// Receives a frame into the octets of each packet, as far as there are
    /// frames now: how many. `WouldBlock` when there is none, `NetworkDown` when
    /// the interface has just gone down.
    ///
    /// # Panics
    /// If a packet is shared and there is no buffer to copy it into.
    pub fn receive(&mut self, packets: &mut [Packet]) -> io::Result<usize> {
        self.messages.clear();
        self.parts.clear();
        self.offloads.resize(packets.len(), [0; OFFLOADS]);
        self.controls.resize(packets.len(), [0; CONTROL]);
        for (packet, offloads) in packets.iter_mut().zip(&mut self.offloads) {
            let octets = packet.data_mut().expect("a packet to receive into is unshared");
            let part = |octets: &mut [u8]| libc::iovec {
                iov_base: octets.as_mut_ptr().cast(),
                iov_len: octets.len(),
            };
            self.parts.push([part(offloads), part(octets)]);
        }
        for (parts, control) in self.parts.iter_mut().zip(&mut self.controls) {
            // SAFETY: numbers and pointers, none of which need be set.
            let mut message: libc::mmsghdr = unsafe { zeroed() };
            message.msg_hdr.msg_iov = parts.as_mut_ptr();
            message.msg_hdr.msg_iovlen = 2;
            message.msg_hdr.msg_control = control.as_mut_ptr().cast();
            message.msg_hdr.msg_controllen = size_of_val(control) as _;
            self.messages.push(message);
        }
        // SAFETY: every message points to two parts and a control buffer of its
        // own, and the parts to octets of theirs, the second those of a packet,
        // which is unshared and borrowed mutably: all live through the call
        // and are nobody else's.
        let received = unsafe {
            libc::recvmmsg(
                self.fd.as_raw_fd(),
                self.messages.as_mut_ptr(),
                self.messages.len() as u32,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        let received = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
        self.messages.truncate(received);
        Ok(self.messages.len())
    }

    /// Frame `n` of the last call; `None` if it has no whole header.
    pub fn arrived(&self, n: usize) -> Option<Arrived> {
        let message = self.messages.get(n)?;
        let len = (message.msg_len as usize).checked_sub(OFFLOADS)?;
        let offloads = self.offloads.get(n)?;
        let number = |at: usize| usize::from(u16::from_ne_bytes([offloads[at], offloads[at + 1]]));
        let needs_checksum = offloads[0] & NEEDS_CHECKSUM != 0;
        Some(Arrived {
            len,
            is_cut: message.msg_hdr.msg_flags & libc::MSG_TRUNC != 0,
            is_joined: offloads[1] != 0,
            tag: self.tag(message),
            checksum: needs_checksum.then(|| (number(6), number(8))),
        })
    }

    fn tag(&self, message: &libc::mmsghdr) -> Option<(u16, u16)> {
        // SAFETY: the kernel has written the control buffer, which `self` still
        // has; this reads the headers that it says are there.
        let data = unsafe {
            let header = libc::CMSG_FIRSTHDR(&raw const message.msg_hdr);
            if header.is_null() {
                return None;
            }
            let libc::cmsghdr { cmsg_len, cmsg_level, cmsg_type } = *header;
            let least = libc::CMSG_LEN(size_of::<libc::tpacket_auxdata>() as u32);
            let is_it = (cmsg_level, cmsg_type) == (libc::SOL_PACKET, libc::PACKET_AUXDATA);
            if !is_it || cmsg_len < least as _ {
                return None;
            }
            libc::CMSG_DATA(header).cast::<libc::tpacket_auxdata>().read_unaligned()
        };
        let has = |bit| data.tp_status & bit != 0;
        // The kernels that do not say the type know one only (IEEE 802.1Q).
        let kind = if has(libc::TP_STATUS_VLAN_TPID_VALID) { data.tp_vlan_tpid } else { 0x8100 };
        has(libc::TP_STATUS_VLAN_VALID).then_some((kind, data.tp_vlan_tci))
    }

    /// Frames that found no room in the socket since the last call.
    pub fn dropped(&self) -> u64 {
        let mut found = libc::tpacket_stats { tp_packets: 0, tp_drops: 0 };
        let mut octets = size_of::<libc::tpacket_stats>() as u32;
        // SAFETY: the kernel writes at most so many octets, which are numbers.
        let outcome = unsafe {
            let found = (&raw mut found).cast();
            let (level, option) = (libc::SOL_PACKET, libc::PACKET_STATISTICS);
            libc::getsockopt(self.fd.as_raw_fd(), level, option, found, &raw mut octets)
        };
        if outcome == 0 { u64::from(found.tp_drops) } else { 0 }
    }
}
