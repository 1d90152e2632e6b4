//! News of interfaces: one goes down, comes up, is deleted, or made anew.

use crate::netlink::{Netlink, attribute, messages, u32_at};
use std::io;
use std::os::fd::{AsRawFd, RawFd};

/// Octets of `struct ifinfomsg` of `linux/rtnetlink.h`.
const INFO: usize = 16;

/// A socket that hears of all interfaces of this network namespace.
pub struct LinkNews {
    netlink: Netlink,
    octets: Box<[u8]>,
}

/// What is said of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkState {
    /// Its number.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// Whether it is administratively up.
    pub is_up: bool,
    /// Whether it is there no more.
    pub is_deleted: bool,
}

impl LinkNews {
    /// Hears of what happens from now on.
    pub fn open() -> io::Result<LinkNews> {
        let netlink = Netlink::listen(libc::RTMGRP_LINK as u32)?;
        Ok(LinkNews { netlink, octets: vec![0; 16 << 10].into() })
    }

    /// Some of the news that are there now. ENOBUFS says that more happened than
    /// the socket holds.
    pub fn receive(&mut self) -> io::Result<impl Iterator<Item = LinkState>> {
        let read = self.netlink.receive(&mut self.octets)?;
        Ok(states(self.octets.get(..read).unwrap_or(&self.octets)))
    }
}

impl AsRawFd for LinkNews {
    fn as_raw_fd(&self) -> RawFd {
        self.netlink.as_raw_fd()
    }
}

/// What messages say of links.
fn states(octets: &[u8]) -> impl Iterator<Item = LinkState> {
    messages(octets).filter_map(|(kind, body)| {
        let is_deleted = kind == libc::RTM_DELLINK;
        if !is_deleted && kind != libc::RTM_NEWLINK {
            return None;
        }
        let (index, flags) = (u32_at(body, 4)?, u32_at(body, 8)?);
        let text = attribute(body.get(INFO..)?, libc::IFLA_IFNAME)?;
        let text = text.split(|octet| *octet == 0).next()?;
        let name = String::from_utf8(text.to_vec()).ok()?;
        Some(LinkState { index, name, is_up: flags & libc::IFF_UP as u32 != 0, is_deleted })
    })
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
        let length = (16 + INFO + attribute.len()) as u32;
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
        let one = |index, name: &str, is_up, is_deleted| LinkState {
            index,
            name: name.into(),
            is_up,
            is_deleted,
        };
        let both = vec![one(7, "veth0", true, false), one(8, "a", false, true)];
        assert_eq!(states(&text).collect::<Vec<_>>(), both);
        for len in 0..text.len() {
            assert!(states(&text[..len]).count() <= 2);
        }
    }
}
