//! A network interface, made ready for frames that no stack has touched.

#![allow(unsafe_code)]

use std::io;
use std::mem::zeroed;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::{Duration, Instant};

/// How long a link may take to come up after its driver was restarted.
const LINK_WAIT: Duration = Duration::from_secs(5);

/// An offload: its `ETHTOOL_G*` and `ETHTOOL_S*` commands, and its bits of the
/// value (`linux/ethtool.h`).
type Offload = (u32, u32, u32);

/// In the order of turning off: segmentation leans on checksums.
const OFFLOADS: [Offload; 6] = [
    (0x25, 0x26, 1 << 15), // ETHTOOL_GFLAGS, ETH_FLAG_LRO
    (0x2b, 0x2c, !0),      // ETHTOOL_GGRO
    (0x1e, 0x1f, !0),      // ETHTOOL_GTSO
    (0x23, 0x24, !0),      // ETHTOOL_GGSO
    (0x16, 0x17, !0),      // ETHTOOL_GTXCSUM
    (0x14, 0x15, !0),      // ETHTOOL_GRXCSUM
];

/// `struct ethtool_value` of `linux/ethtool.h`.
#[repr(C)]
struct EthtoolValue {
    cmd: u32,
    data: u32,
}

/// `struct ethtool_drvinfo` of `linux/ethtool.h`, as `ETHTOOL_GDRVINFO` (3)
/// fills it.
#[repr(C)]
struct DriverInfo {
    cmd: u32,
    driver: [u8; 32],
    rest: [u8; 160],
}

// What the kernel writes.
const _: () = assert!(size_of::<EthtoolValue>() == 8 && size_of::<DriverInfo>() == 196);

/// An interface that is up, promiscuous and without offloads. Dropping it
/// brings back what was before; of TSO, which these commands know as one, all
/// kinds if there was any.
pub(super) struct Nic {
    name: String,
    control: OwnedFd,
    /// A packet socket that receives nothing and holds promiscuous mode: the
    /// kernel counts its holders, and takes it back also from a process that
    /// was killed.
    _promiscuous: OwnedFd,
    /// What was on, with the value that it had.
    changed: Vec<(Offload, u32)>,
    was_down: bool,
}

impl Nic {
    /// Makes the interface ready. What it does not offer is not asked of it.
    pub(super) fn prepare(name: &str) -> io::Result<Nic> {
        let control = socket(libc::AF_INET, libc::SOCK_DGRAM, 0)?;
        let flags = flags(&control, name)?;
        let mut nic = Nic {
            name: name.into(),
            _promiscuous: promiscuous(&control, name)?,
            control,
            changed: Vec::new(),
            was_down: flags & libc::IFF_UP == 0,
        };
        for offload in OFFLOADS {
            let (get, set, bits) = offload;
            let Ok(value) = nic.ethtool(get, 0) else { continue };
            if value & bits != 0 {
                nic.ethtool(set, value & !bits)?;
                nic.changed.push((offload, value));
            }
        }
        if nic.was_down {
            set_flags(&nic.control, name, flags | libc::IFF_UP)?;
        }
        Ok(nic)
    }

    /// Waits until the link is up; whether it is. A driver restarts its link
    /// when netmap takes its rings over.
    pub(super) fn wait_for_link(&self) -> io::Result<bool> {
        // Opened before the flags are read, so that no change falls between.
        let news = link_news()?;
        let end = Instant::now() + LINK_WAIT;
        loop {
            if flags(&self.control, &self.name)? & libc::IFF_RUNNING != 0 {
                return Ok(true);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            let mut poll = libc::pollfd { fd: news.as_raw_fd(), events: libc::POLLIN, revents: 0 };
            let mut message = [0u8; 4096];
            // SAFETY: one entry, and a buffer of the size that is given; both
            // live through the calls.
            unsafe {
                libc::poll(&mut poll, 1, left.as_millis() as i32 + 1);
                libc::recv(
                    news.as_raw_fd(),
                    message.as_mut_ptr().cast(),
                    message.len(),
                    libc::MSG_DONTWAIT,
                );
            }
        }
    }

    /// The name of the interface's driver.
    pub(super) fn driver(&self) -> io::Result<String> {
        let mut info = DriverInfo { cmd: 3, driver: [0; 32], rest: [0; 160] };
        let mut request = request(&self.name)?;
        request.ifr_ifru.ifru_data = (&raw mut info).cast();
        ioctl(&self.control, libc::SIOCETHTOOL, &mut request)?;
        let name = info.driver.iter().take_while(|octet| **octet != 0);
        Ok(name.map(|octet| char::from(*octet)).collect())
    }

    fn ethtool(&self, cmd: u32, data: u32) -> io::Result<u32> {
        let mut value = EthtoolValue { cmd, data };
        let mut request = request(&self.name)?;
        request.ifr_ifru.ifru_data = (&raw mut value).cast();
        ioctl(&self.control, libc::SIOCETHTOOL, &mut request)?;
        Ok(value.data)
    }
}

impl Drop for Nic {
    fn drop(&mut self) {
        // An interface that has gone needs nothing back.
        for &((_, set, _), value) in self.changed.iter().rev() {
            let _ = self.ethtool(set, value);
        }
        if self.was_down
            && let Ok(flags) = flags(&self.control, &self.name)
        {
            let _ = set_flags(&self.control, &self.name, flags & !libc::IFF_UP);
        }
    }
}

fn socket(family: i32, kind: i32, protocol: i32) -> io::Result<OwnedFd> {
    // SAFETY: the call takes no pointer; the descriptor is new and ours alone.
    unsafe {
        match libc::socket(family, kind | libc::SOCK_CLOEXEC, protocol) {
            -1 => Err(io::Error::last_os_error()),
            fd => Ok(OwnedFd::from_raw_fd(fd)),
        }
    }
}

fn request(name: &str) -> io::Result<libc::ifreq> {
    // SAFETY: all zero is a valid `ifreq`.
    let mut request: libc::ifreq = unsafe { zeroed() };
    if name.len() >= request.ifr_name.len() {
        return Err(io::Error::from_raw_os_error(libc::ENODEV));
    }
    for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *to = from as libc::c_char;
    }
    Ok(request)
}

fn ioctl(socket: &OwnedFd, number: libc::c_ulong, request: &mut libc::ifreq) -> io::Result<()> {
    // SAFETY: each of the numbers used here takes an `ifreq`; where that holds
    // a pointer, its target lives in the caller.
    match unsafe { libc::ioctl(socket.as_raw_fd(), number as _, request) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn flags(socket: &OwnedFd, name: &str) -> io::Result<i32> {
    let mut request = request(name)?;
    ioctl(socket, libc::SIOCGIFFLAGS, &mut request)?;
    // SAFETY: the call has filled this field.
    Ok(i32::from(unsafe { request.ifr_ifru.ifru_flags }))
}

fn set_flags(socket: &OwnedFd, name: &str, flags: i32) -> io::Result<()> {
    let mut request = request(name)?;
    request.ifr_ifru.ifru_flags = flags as i16;
    ioctl(socket, libc::SIOCSIFFLAGS, &mut request)
}

fn promiscuous(control: &OwnedFd, name: &str) -> io::Result<OwnedFd> {
    let mut request = request(name)?;
    ioctl(control, libc::SIOCGIFINDEX, &mut request)?;
    let holder = socket(libc::AF_PACKET, libc::SOCK_RAW, 0)?;
    // SAFETY: all zero is a valid `packet_mreq`, the field read is the one that
    // the call has filled, and the option takes a value of this type.
    let result = unsafe {
        let mut membership: libc::packet_mreq = zeroed();
        membership.mr_ifindex = request.ifr_ifru.ifru_ifindex;
        membership.mr_type = libc::PACKET_MR_PROMISC as u16;
        libc::setsockopt(
            holder.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_ADD_MEMBERSHIP,
            (&raw const membership).cast(),
            size_of_val(&membership) as u32,
        )
    };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(holder) }
}

/// A socket that is readable after a link has changed.
fn link_news() -> io::Result<OwnedFd> {
    let news = socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE)?;
    // SAFETY: all zero is a valid address, and its size is given.
    let result = unsafe {
        let mut address: libc::sockaddr_nl = zeroed();
        address.nl_family = libc::AF_NETLINK as u16;
        address.nl_groups = libc::RTMGRP_LINK as u32;
        libc::bind(news.as_raw_fd(), (&raw const address).cast(), size_of_val(&address) as u32)
    };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(news) }
}
