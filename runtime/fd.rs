//! The two kernel objects the loop waits with: epoll and eventfd.

#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// An epoll instance (epoll(7)), always edge-triggered.
#[derive(Debug)]
pub struct Epoll {
    fd: OwnedFd,
    events: Vec<libc::epoll_event>,
}

impl Epoll {
    /// A new instance, closed on exec.
    pub fn new() -> io::Result<Epoll> {
        // SAFETY: no pointer is passed; the result is checked, then owned here.
        let fd = unsafe { owned(libc::epoll_create1(libc::EPOLL_CLOEXEC))? };
        Ok(Epoll { fd, events: vec![libc::epoll_event { events: 0, u64: 0 }; 64] })
    }

    /// Reports `token` whenever `fd` becomes readable or, with `write`,
    /// writable.
    pub fn add(&self, fd: RawFd, write: bool, token: u64) -> io::Result<()> {
        let write = if write { libc::EPOLLOUT } else { 0 };
        let events = (libc::EPOLLIN | libc::EPOLLET | write) as u32;
        let mut event = libc::epoll_event { events, u64: token };
        let (epoll, add) = (self.fd.as_raw_fd(), libc::EPOLL_CTL_ADD);
        // SAFETY: `event` lives through the call, which only reads it.
        check(unsafe { libc::epoll_ctl(epoll, add, fd, &raw mut event) })?;
        Ok(())
    }

    /// Waits until a descriptor is ready or `timeout` (`None`: for ever, zero:
    /// not at all) has passed, and calls `ready` with each token. A signal
    /// ends the wait early. The resolution is 1 ms, rounded up.
    pub fn wait(
        &mut self,
        timeout: Option<Duration>,
        mut ready: impl FnMut(u64),
    ) -> io::Result<()> {
        let timeout = match timeout {
            None => -1,
            Some(t) => t.as_nanos().div_ceil(1_000_000).min(i32::MAX as u128) as i32,
        };
        let (events, room) = (self.events.as_mut_ptr(), self.events.len() as i32);
        // SAFETY: the kernel writes at most `room` events into the buffer.
        let n = unsafe { libc::epoll_wait(self.fd.as_raw_fd(), events, room, timeout) };
        match check(n) {
            Ok(n) => self.events[..n as usize].iter().for_each(|event| ready(event.u64)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// An eventfd (eventfd(2)): a descriptor that one thread makes readable for
/// another.
#[derive(Debug)]
pub struct EventFd(OwnedFd);

impl EventFd {
    /// A new one, not readable, closed on exec.
    pub fn new() -> io::Result<EventFd> {
        // SAFETY: no pointer is passed; the result is checked, then owned here.
        unsafe { owned(libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK)) }.map(EventFd)
    }

    /// Makes it readable.
    pub fn signal(&self) {
        let one = 1u64;
        // SAFETY: writes eight octets of `one`. Failure means that the counter
        // is at its maximum, so the descriptor is readable already.
        unsafe { libc::write(self.0.as_raw_fd(), (&raw const one).cast(), 8) };
    }

    /// Makes it unreadable; whether it was readable.
    pub fn clear(&self) -> bool {
        let mut count = 0u64;
        // SAFETY: reads at most eight octets into `count`.
        unsafe { libc::read(self.0.as_raw_fd(), (&raw mut count).cast(), 8) == 8 }
    }
}

impl AsRawFd for EventFd {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// # Safety
/// `fd` is the result of a call that returns a new descriptor or −1.
unsafe fn owned(fd: i32) -> io::Result<OwnedFd> {
    let fd = check(fd)?;
    // SAFETY: a fresh descriptor that nobody else holds.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn check(result: i32) -> io::Result<i32> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_wakes_the_wait_once() {
        let (mut epoll, event) = (Epoll::new().unwrap(), EventFd::new().unwrap());
        epoll.add(event.as_raw_fd(), false, 7).unwrap();
        let mut tokens = Vec::new();
        epoll.wait(Some(Duration::ZERO), |t| tokens.push(t)).unwrap();
        assert!(tokens.is_empty());
        event.signal();
        epoll.wait(None, |t| tokens.push(t)).unwrap();
        epoll.wait(Some(Duration::ZERO), |t| tokens.push(t)).unwrap();
        assert_eq!(tokens, [7]);
        assert!(event.clear());
        assert!(!event.clear());
    }
}
