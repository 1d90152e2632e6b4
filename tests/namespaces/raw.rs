//! A socket that sends and receives whole frames (packet(7)).

#![allow(unsafe_code)]

use super::network::Network;
use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// `ETH_P_ALL` in network byte order.
const ALL: u16 = 3u16.to_be();

/// A packet socket on an interface.
pub struct Raw(OwnedFd);

/// A frame that was received. The kernel takes an IEEE 802.1Q tag out of it.
pub struct Frame {
    pub octets: Vec<u8>,
    pub tag: Option<u16>,
}

impl Raw {
    /// A socket on `interface` of namespace `n`, which waits 10 s at most.
    pub fn open(network: &Network, n: usize, interface: &str) -> Raw {
        let name = CString::new(interface).unwrap();
        network.inside(n, || {
            // SAFETY: the descriptor is new; name, address and options live
            // through the calls that read them.
            unsafe {
                let fd = libc::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0);
                assert!(fd >= 0, "{}", io::Error::last_os_error());
                let fd = OwnedFd::from_raw_fd(fd);
                let one = 1i32;
                let wait = libc::timeval { tv_sec: 10, tv_usec: 0 };
                set(&fd, libc::SOL_PACKET, libc::PACKET_AUXDATA, &one);
                set(&fd, libc::SOL_SOCKET, libc::SO_RCVTIMEO, &wait);
                let mut address: libc::sockaddr_ll = std::mem::zeroed();
                address.sll_family = libc::AF_PACKET as u16;
                address.sll_protocol = ALL;
                address.sll_ifindex = libc::if_nametoindex(name.as_ptr()) as i32;
                let size = size_of::<libc::sockaddr_ll>() as u32;
                let bound = libc::bind(fd.as_raw_fd(), (&raw const address).cast(), size);
                assert_eq!(bound, 0, "{}", io::Error::last_os_error());
                Raw(fd)
            }
        })
    }

    /// Sends a frame as it is.
    #[track_caller]
    pub fn send(&self, frame: &[u8]) {
        // SAFETY: the frame lives through the call.
        let sent = unsafe { libc::send(self.0.as_raw_fd(), frame.as_ptr().cast(), frame.len(), 0) };
        assert_eq!(sent, frame.len() as isize, "{}", io::Error::last_os_error());
    }

    /// The next frame that is received; fails when none comes.
    #[track_caller]
    pub fn receive(&self) -> Frame {
        let (mut octets, mut control) = (vec![0u8; 4096], [0u64; 16]);
        let mut part = libc::iovec { iov_base: octets.as_mut_ptr().cast(), iov_len: octets.len() };
        // SAFETY: the message points to the buffers above, with their sizes,
        // and they live through the call; what the kernel says of itself in
        // the control buffer is aligned for its header.
        unsafe {
            let mut message: libc::msghdr = std::mem::zeroed();
            message.msg_iov = &raw mut part;
            message.msg_iovlen = 1;
            message.msg_control = control.as_mut_ptr().cast();
            message.msg_controllen = size_of_val(&control) as _;
            let read = libc::recvmsg(self.0.as_raw_fd(), &raw mut message, 0);
            assert!(read >= 0, "no frame: {}", io::Error::last_os_error());
            octets.truncate(read as usize);
            let mut tag = None;
            let mut header = libc::CMSG_FIRSTHDR(&raw const message);
            while !header.is_null() {
                if (*header).cmsg_type == libc::PACKET_AUXDATA {
                    let data: libc::tpacket_auxdata =
                        libc::CMSG_DATA(header).cast::<libc::tpacket_auxdata>().read_unaligned();
                    let is_tagged = data.tp_status & libc::TP_STATUS_VLAN_VALID != 0;
                    tag = is_tagged.then_some(data.tp_vlan_tci);
                }
                header = libc::CMSG_NXTHDR(&raw const message, header);
            }
            Frame { octets, tag }
        }
    }
}

/// # Safety
/// `T` is what the option takes.
unsafe fn set<T>(fd: &OwnedFd, level: i32, option: i32, value: &T) {
    let value = std::ptr::from_ref(value).cast();
    // SAFETY: the value lives through the call.
    let set =
        unsafe { libc::setsockopt(fd.as_raw_fd(), level, option, value, size_of::<T>() as u32) };
    assert_eq!(set, 0, "{}", io::Error::last_os_error());
}
