//! Sockets that send and receive whole frames (packet(7)), and sockets that are
//! shown what a program of classic BPF lets through.

use crate::SendMany;
use crate::receive_many::receive_messages;
use crate::socket::{self, set, set_number};
use libc::sock_filter;
use std::ffi::CString;
use std::io;
use std::mem::zeroed;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

/// `ETH_P_ALL` of `linux/if_ether.h`, in network byte order.
const ALL: u16 = 3u16.to_be();
/// `ARPHRD_ETHER` and `ARPHRD_LOOPBACK` of `linux/if_arp.h`: both have Ethernet
/// headers.
const ETHERNET: [u16; 2] = [1, 772];
/// Octets of `struct virtio_net_hdr` of `linux/virtio_net.h`, which the kernel
/// puts before each frame.
const OFFLOADS: usize = 10;
/// `VIRTIO_NET_HDR_F_NEEDS_CSUM`.
const NEEDS_CHECKSUM: u8 = 1;
/// Words of eight octets for what the kernel says besides: `struct cmsghdr`
/// and `struct tpacket_auxdata`.
const CONTROL: usize = 8;

/// A packet socket of one interface.
#[derive(Debug)]
pub struct PacketSocket {
    fd: OwnedFd,
    is_ethernet: bool,
}

impl PacketSocket {
    /// A socket that sends by the interface of this number, past its queueing
    /// discipline, and receives nothing.
    pub fn sender(interface: u32) -> io::Result<PacketSocket> {
        let fd = open()?;
        set_number(&fd, libc::SOL_PACKET, libc::PACKET_QDISC_BYPASS, 1)?;
        PacketSocket::bind(fd, interface, 0)
    }

    /// A socket that receives from the interface of this number what `filter`
    /// lets through. It asks for a receive buffer of so many octets; a small one
    /// is no error.
    pub fn receiver(
        interface: u32,
        filter: &[sock_filter],
        buffer: i32,
    ) -> io::Result<PacketSocket> {
        let fd = open()?;
        // The filter is there before the first frame is.
        attach(&fd, filter)?;
        for option in [libc::PACKET_AUXDATA, libc::PACKET_VNET_HDR, libc::PACKET_IGNORE_OUTGOING] {
            set_number(&fd, libc::SOL_PACKET, option, 1)?;
        }
        // More than the system allows others, if this process may.
        let _ = set_number(&fd, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, buffer)
            .or_else(|_| set_number(&fd, libc::SOL_SOCKET, libc::SO_RCVBUF, buffer));
        PacketSocket::bind(fd, interface, ALL)
    }

    /// Binds to the interface of this number, for frames of `protocol` (0: of
    /// none).
    fn bind(fd: OwnedFd, interface: u32, protocol: u16) -> io::Result<PacketSocket> {
        // SAFETY: all members are numbers.
        let mut address: libc::sockaddr_ll = unsafe { zeroed() };
        address.sll_family = libc::AF_PACKET as u16;
        address.sll_protocol = protocol;
        address.sll_ifindex = interface as i32;
        // SAFETY: this is the address of this family.
        unsafe { socket::bind(&fd, &address) }?;
        let mut size = size_of::<libc::sockaddr_ll>() as u32;
        let at = (&raw mut address).cast();
        // SAFETY: the kernel writes as many octets at most.
        crate::result::check(unsafe { libc::getsockname(fd.as_raw_fd(), at, &raw mut size) })?;
        Ok(PacketSocket { fd, is_ethernet: ETHERNET.contains(&address.sll_hatype) })
    }

    /// Whether the interface has frames with Ethernet headers.
    pub fn is_ethernet(&self) -> bool {
        self.is_ethernet
    }

    /// Sends frames with one call, as many of the first as go. An error is of
    /// the first, and then none has gone.
    #[inline]
    pub fn send<'a>(
        &self,
        many: &mut SendMany,
        frames: impl Iterator<Item = &'a [u8]>,
    ) -> io::Result<usize> {
        many.send(self.fd.as_fd(), frames)
    }

    /// Frames that found no room in the socket since the last call.
    pub fn dropped(&self) -> u64 {
        let mut found = libc::tpacket_stats { tp_packets: 0, tp_drops: 0 };
        let (level, option) = (libc::SOL_PACKET, libc::PACKET_STATISTICS);
        // SAFETY: all members are numbers.
        match unsafe { socket::get(&self.fd, level, option, &mut found) } {
            Ok(()) => u64::from(found.tp_drops),
            Err(_) => 0,
        }
    }
}

impl AsRawFd for PacketSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

/// A new socket for frames, of no interface yet.
fn open() -> io::Result<OwnedFd> {
    socket::open(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_NONBLOCK, 0)
}

/// Shows the socket only what `filter` lets through.
fn attach(fd: &impl AsFd, filter: &[sock_filter]) -> io::Result<()> {
    let len = u16::try_from(filter.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let program = libc::sock_fprog { len, filter: filter.as_ptr().cast_mut() };
    // SAFETY: so many instructions, which live through the call, which only
    // reads them.
    unsafe { set(fd, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &program) }
}

/// A UDP socket of IPv4 or IPv6 on a UDP port of an interface, for all its
/// addresses, which is shown only what `filter` lets through.
pub fn filtered_udp_socket(
    is_ipv6: bool,
    interface: &str,
    udp_port: u16,
    filter: &[sock_filter],
) -> io::Result<OwnedFd> {
    let name = CString::new(interface)?;
    let family = if is_ipv6 { libc::AF_INET6 } else { libc::AF_INET };
    let socket = socket::open(family, libc::SOCK_DGRAM, 0)?;
    attach(&socket, filter)?;
    let octets = name.as_bytes_with_nul();
    let (level, option) = (libc::SOL_SOCKET, libc::SO_BINDTODEVICE);
    // SAFETY: the option takes so many octets, which live through the call.
    crate::result::check(unsafe {
        let size = octets.len() as u32;
        libc::setsockopt(socket.as_raw_fd(), level, option, octets.as_ptr().cast(), size)
    })?;
    // All other members of the address, 0, are the address of every host.
    if is_ipv6 {
        set_number(&socket, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, 1)?;
        // SAFETY: all members are numbers.
        let mut address: libc::sockaddr_in6 = unsafe { zeroed() };
        address.sin6_family = family as u16;
        address.sin6_port = udp_port.to_be();
        // SAFETY: this is the address of this family.
        unsafe { socket::bind(&socket, &address) }?;
    } else {
        // SAFETY: all members are numbers.
        let mut address: libc::sockaddr_in = unsafe { zeroed() };
        address.sin_family = family as u16;
        address.sin_port = udp_port.to_be();
        // SAFETY: this is the address of this family.
        unsafe { socket::bind(&socket, &address) }?;
    }
    Ok(socket)
}

/// What receiving several frames with one call needs (recvmmsg(2)), kept from
/// one call to the next.
#[derive(Default)]
pub struct Frames {
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

impl Frames {
    /// Receives a frame into each of these places, as far as there are frames
    /// now: how many. `WouldBlock` when there is none, `NetworkDown` when the
    /// interface has just gone down.
    #[inline]
    pub fn receive<'a>(
        &mut self,
        socket: &PacketSocket,
        places: impl ExactSizeIterator<Item = &'a mut [u8]>,
    ) -> io::Result<usize> {
        self.messages.clear();
        self.parts.clear();
        self.offloads.resize(places.len(), [0; OFFLOADS]);
        for (octets, offloads) in places.zip(&mut self.offloads) {
            let part = |octets: &mut [u8]| libc::iovec {
                iov_base: octets.as_mut_ptr().cast(),
                iov_len: octets.len(),
            };
            self.parts.push([part(offloads), part(octets)]);
        }
        self.call(socket.fd.as_fd())
    }

    /// Receives into the parts. The second of each points to octets that are
    /// borrowed mutably.
    fn call(&mut self, socket: BorrowedFd) -> io::Result<usize> {
        self.controls.resize(self.parts.len(), [0; CONTROL]);
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
        // own, and the parts to octets of theirs, the second those that
        // `receive` borrows mutably for longer: nobody else has them.
        let received = unsafe { receive_messages(socket, &mut self.messages) };
        let received = received.inspect_err(|_| self.messages.clear())?;
        self.messages.truncate(received);
        Ok(self.messages.len())
    }

    /// Frame `n` of the last call; `None` if it has no whole header.
    #[inline]
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
}
