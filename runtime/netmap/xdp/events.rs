//! What happens to an interface besides its packets: it goes down, comes up,
//! is deleted, or made anew.
//!
//! The kernel tells it by netlink (rtnetlink(7)). A thread listens, says what
//! happens on standard error, and leaves it where the engine's thread finds it
//! without a system call.

#![allow(unsafe_code)]

use super::device::Device;
use crate::{EventFd, privileges};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use tracing::info;

/// `RTMGRP_LINK` of `linux/rtnetlink.h`.
const RTMGRP_LINK: u32 = 1;
/// Octets of `struct nlmsghdr` and `struct ifinfomsg`.
const HEADER: usize = 16;
const INFO: usize = 16;
/// The number of no interface.
const NONE: u32 = 0;

/// The state of an interface, kept by a thread of its own.
pub(crate) struct Events {
    shared: Arc<Shared>,
    quit: Arc<EventFd>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    name: String,
    /// The interface's number now, or [`NONE`].
    index: AtomicU32,
    up: AtomicBool,
    /// Rung when the number changes.
    bell: EventFd,
}

impl Events {
    /// Listens for what happens to `device`.
    pub(crate) fn listen(device: &Device) -> io::Result<Events> {
        let socket = subscribe()?;
        let shared = Arc::new(Shared {
            name: device.name.clone(),
            index: AtomicU32::new(device.index),
            up: AtomicBool::new(device.is_up()?),
            bell: EventFd::new()?,
        });
        if !shared.up.load(Ordering::Relaxed) {
            info!(interface = %device.name, "{}: it is down; `ip link set {0} up` brings it up", device.name);
        }
        let quit = Arc::new(EventFd::new()?);
        let (its_shared, its_quit) = (shared.clone(), quit.clone());
        let thread = std::thread::Builder::new().name("link events".into()).spawn(move || {
            privileges::give_up();
            serve(&socket, &its_quit, &its_shared);
        })?;
        Ok(Events { shared, quit, thread: Some(thread) })
    }

    /// The interface's number now; `None` while there is no such interface.
    #[inline]
    pub(crate) fn index(&self) -> Option<u32> {
        match self.shared.index.load(Ordering::Relaxed) {
            NONE => None,
            index => Some(index),
        }
    }

    /// Readable when the number may have changed.
    pub(crate) fn bell(&self) -> &EventFd {
        &self.shared.bell
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.quit.signal();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn subscribe() -> io::Result<OwnedFd> {
    // SAFETY: numbers alone; the descriptor is new; the address is one of this
    // family, and lives through the call.
    unsafe {
        let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC;
        let fd = libc::socket(libc::AF_NETLINK, kind, libc::NETLINK_ROUTE);
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        let fd = OwnedFd::from_raw_fd(fd);
        let mut address: libc::sockaddr_nl = std::mem::zeroed();
        address.nl_family = libc::AF_NETLINK as u16;
        address.nl_groups = RTMGRP_LINK;
        let size = size_of::<libc::sockaddr_nl>() as u32;
        match libc::bind(fd.as_raw_fd(), (&raw const address).cast(), size) {
            0 => Ok(fd),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// Waits for news until there is no more need of it.
fn serve(socket: &OwnedFd, quit: &EventFd, shared: &Shared) {
    let mut octets = [0u8; 16 << 10];
    loop {
        let wait = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
        let mut waits = [wait(socket.as_raw_fd()), wait(quit.as_raw_fd())];
        // SAFETY: two entries, which live through the call.
        let ready = unsafe { libc::poll(waits.as_mut_ptr(), 2, -1) };
        if waits[1].revents != 0 {
            return;
        }
        if ready <= 0 {
            continue;
        }
        // SAFETY: the kernel writes at most so many octets.
        let read =
            unsafe { libc::recv(socket.as_raw_fd(), octets.as_mut_ptr().cast(), octets.len(), 0) };
        match usize::try_from(read) {
            Ok(read) => messages(octets.get(..read).unwrap_or(&octets))
                .for_each(|message| shared.hear(message)),
            // More happened than the socket holds: what is true now is asked.
            Err(_) => shared.look(),
        }
    }
}

/// What a message says of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Message {
    index: u32,
    name: String,
    up: bool,
    deleted: bool,
}

/// The messages about links in what netlink has sent.
fn messages(mut octets: &[u8]) -> impl Iterator<Item = Message> {
    std::iter::from_fn(move || {
        loop {
            let length = u32_at(octets, 0)? as usize;
            let kind = u16_at(octets, 4)?;
            let body = octets.get(HEADER..length)?;
            octets = octets.get(length.next_multiple_of(4)..).unwrap_or_default();
            let deleted = kind == libc::RTM_DELLINK;
            if !deleted && kind != libc::RTM_NEWLINK {
                continue;
            }
            let (Some(index), Some(flags)) = (u32_at(body, 4), u32_at(body, 8)) else { continue };
            let Some(name) = name(body.get(INFO..)?) else { continue };
            return Some(Message { index, name, up: flags & libc::IFF_UP as u32 != 0, deleted });
        }
    })
}

/// The attribute `IFLA_IFNAME`.
fn name(mut attributes: &[u8]) -> Option<String> {
    loop {
        let length = usize::from(u16_at(attributes, 0)?);
        let value = attributes.get(4..length)?;
        if u16_at(attributes, 2)? == libc::IFLA_IFNAME {
            let text = value.split(|octet| *octet == 0).next()?;
            return String::from_utf8(text.to_vec()).ok();
        }
        attributes = attributes.get(length.next_multiple_of(4)..)?;
    }
}

fn u16_at(octets: &[u8], at: usize) -> Option<u16> {
    octets.get(at..)?.first_chunk().map(|o| u16::from_ne_bytes(*o))
}

fn u32_at(octets: &[u8], at: usize) -> Option<u32> {
    octets.get(at..)?.first_chunk().map(|o| u32::from_ne_bytes(*o))
}

impl Shared {
    fn hear(&self, message: Message) {
        if message.deleted {
            if message.index == self.index.load(Ordering::Relaxed) {
                self.set(NONE, false);
            }
        } else if message.name == self.name {
            self.set(message.index, message.up);
        }
    }

    fn look(&self) {
        match Device::find(&self.name) {
            Some(device) => self.set(device.index, device.is_up().unwrap_or(false)),
            None => self.set(NONE, false),
        }
    }

    fn set(&self, index: u32, up: bool) {
        let before = self.index.swap(index, Ordering::Relaxed);
        let was_up = self.up.swap(up, Ordering::Relaxed);
        let name = &self.name;
        match (before == index, was_up, up) {
            (false, ..) if index == NONE => {
                info!(interface = name, "{name}: the interface is gone")
            }
            (false, ..) => info!(interface = name, "{name}: the interface is there again"),
            (true, true, false) => {
                info!(
                    interface = name,
                    "{name}: it has gone down, and nothing passes until it is up again"
                );
            }
            (true, false, true) => info!(interface = name, "{name}: it is up again"),
            _ => {}
        }
        if before != index {
            self.bell.signal();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, index: u32, flags: u32, name: &str) -> Vec<u8> {
        let mut attribute = vec![0; 4 + 8];
        attribute[..2].copy_from_slice(&8u16.to_ne_bytes());
        attribute[2..4].copy_from_slice(&1u16.to_ne_bytes());
        attribute.truncate(8);
        let text = [name.as_bytes(), &[0]].concat();
        attribute.extend((4 + text.len() as u16).to_ne_bytes());
        attribute.extend(libc::IFLA_IFNAME.to_ne_bytes());
        attribute.extend(&text);
        let length = (HEADER + INFO + attribute.len()) as u32;
        let mut octets = length.to_ne_bytes().to_vec();
        octets.extend(kind.to_ne_bytes());
        octets.extend([0; 10]);
        octets.extend([0; 4]);
        octets.extend(index.to_ne_bytes());
        octets.extend(flags.to_ne_bytes());
        octets.extend([0; 4]);
        octets.extend(attribute);
        octets.resize(octets.len().next_multiple_of(4), 0);
        octets
    }

    #[test]
    fn messages_are_read_one_after_the_other() {
        let text = [
            message(libc::RTM_NEWLINK, 7, libc::IFF_UP as u32, "veth0"),
            message(libc::RTM_NEWADDR, 9, 0, "other"),
            message(libc::RTM_DELLINK, 8, 0, "a"),
        ]
        .concat();
        let one =
            |index, name: &str, up, deleted| Message { index, name: name.into(), up, deleted };
        let both = vec![one(7, "veth0", true, false), one(8, "a", false, true)];
        assert_eq!(messages(&text).collect::<Vec<_>>(), both);
        for len in 0..text.len() {
            assert!(messages(&text[..len]).count() <= 2);
        }
    }
}
