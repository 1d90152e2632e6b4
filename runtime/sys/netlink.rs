//! Questions to the kernel about links, routes and neighbours, and news of them
//! (netlink(7), rtnetlink(7)). Asking needs no privilege.

use crate::socket;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

/// Octets of `struct nlmsghdr` of `linux/netlink.h`.
const HEADER: usize = 16;
/// `NLM_F_REQUEST`.
const NLM_F_REQUEST: u16 = 1;

/// A socket of rtnetlink.
#[derive(Debug)]
pub struct Netlink(OwnedFd);

impl Netlink {
    /// A socket to ask by.
    pub fn open() -> io::Result<Netlink> {
        Netlink::listen(0)
    }

    /// A socket that also gets the news of these groups (`RTMGRP_*`).
    pub(crate) fn listen(groups: u32) -> io::Result<Netlink> {
        let socket = socket::open(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE)?;
        // SAFETY: all members are numbers.
        let mut address: libc::sockaddr_nl = unsafe { std::mem::zeroed() };
        address.nl_family = libc::AF_NETLINK as u16;
        address.nl_groups = groups;
        // SAFETY: this is the address of this family.
        unsafe { socket::bind(&socket, &address) }?;
        Ok(Netlink(socket))
    }

    /// Receives messages that are there now, as far as there is room for them:
    /// how many octets.
    pub(crate) fn receive(&self, octets: &mut [u8]) -> io::Result<usize> {
        socket::receive(&self.0, octets)
    }

    /// The body of the one answer to a request with one attribute or none;
    /// `None` where the kernel answers with an error.
    pub(crate) fn ask(
        &self,
        kind: u16,
        body: &[u8],
        of: Option<(u16, &[u8])>,
    ) -> io::Result<Option<Vec<u8>>> {
        socket::send(&self.0, &request(kind, body, of))?;
        // The answer is there when the request has been taken.
        let mut answer = vec![0; 32 << 10];
        let read = self.receive(&mut answer)?;
        // The kinds come in groups of new, delete and get (RTM_NEWLINK is 16).
        let first = messages(answer.get(..read).unwrap_or(&answer)).next();
        Ok(first.filter(|(found, _)| *found == kind - 2).map(|(_, body)| body.to_vec()))
    }
}

impl AsRawFd for Netlink {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

fn request(kind: u16, body: &[u8], of: Option<(u16, &[u8])>) -> Vec<u8> {
    let mut request = vec![0; 4];
    request.extend(kind.to_ne_bytes());
    request.extend(NLM_F_REQUEST.to_ne_bytes());
    // Number and sender: there is one request at a time.
    request.extend([0; 8]);
    request.extend(body);
    if let Some((name, value)) = of {
        request.extend((4 + value.len() as u16).to_ne_bytes());
        request.extend(name.to_ne_bytes());
        request.extend(value);
    }
    let length = request.len() as u32;
    request[..4].copy_from_slice(&length.to_ne_bytes());
    request
}

/// The messages in what netlink has sent: their kinds and bodies.
pub(crate) fn messages(mut octets: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = u32_at(octets, 0)? as usize;
        let kind = u16_at(octets, 4)?;
        let body = octets.get(HEADER..length)?;
        octets = octets.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, body))
    })
}

/// The value of an attribute.
pub(crate) fn attribute(mut attributes: &[u8], name: u16) -> Option<&[u8]> {
    loop {
        let length = usize::from(u16_at(attributes, 0)?);
        let value = attributes.get(4..length)?;
        if u16_at(attributes, 2)? == name {
            return Some(value);
        }
        attributes = attributes.get(length.next_multiple_of(4)..)?;
    }
}

pub(crate) fn u16_at(octets: &[u8], at: usize) -> Option<u16> {
    octets.get(at..)?.first_chunk().map(|o| u16::from_ne_bytes(*o))
}

pub(crate) fn u32_at(octets: &[u8], at: usize) -> Option<u32> {
    octets.get(at..)?.first_chunk().map(|o| u32::from_ne_bytes(*o))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_one_after_the_other() {
        let one = |name: u16, value: &[u8]| {
            let mut octets = (4 + value.len() as u16).to_ne_bytes().to_vec();
            octets.extend(name.to_ne_bytes());
            octets.extend(value);
            octets.resize(octets.len().next_multiple_of(4), 0);
            octets
        };
        let all = [one(3, &[1, 2, 3, 4, 5, 6]), one(1, &[]), one(7, &[9])].concat();
        assert_eq!(attribute(&all, 3), Some(&[1, 2, 3, 4, 5, 6][..]));
        assert_eq!(attribute(&all, 1), Some(&[][..]));
        assert_eq!(attribute(&all, 7), Some(&[9][..]));
        assert_eq!(attribute(&all, 2), None);
        for len in 0..all.len() {
            let _ = attribute(&all[..len], 2);
        }
        assert_eq!(attribute(&[2, 0, 2, 0], 2), None);
    }

    #[test]
    fn messages_are_found_one_after_the_other() {
        let mut all = request(7, &[1, 2, 3, 4, 5], None);
        all.resize(all.len().next_multiple_of(4), 0);
        all.extend(request(9, &[], Some((3, &[6]))));
        let attribute = [5u16.to_ne_bytes(), 3u16.to_ne_bytes()].concat();
        let second = [&attribute[..], &[6]].concat();
        let found: Vec<_> = messages(&all).collect();
        assert_eq!(found, [(7, &[1, 2, 3, 4, 5][..]), (9, &second)]);
        for len in 0..all.len() {
            assert!(messages(&all[..len]).count() <= 2);
        }
        // A message that is shorter than its header ends the row.
        assert_eq!(messages(&[0; 64]).count(), 0);
    }

    #[test]
    fn what_the_kernel_refuses_has_no_answer() {
        let netlink = Netlink::open().unwrap();
        let mut body = vec![0; 16];
        body[4..8].copy_from_slice(&i32::MAX.to_ne_bytes());
        assert_eq!(netlink.ask(libc::RTM_GETLINK, &body, None).unwrap(), None);
    }
}
