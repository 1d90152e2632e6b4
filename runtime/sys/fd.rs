//! What a thread waits with: epoll, eventfd and poll.

use crate::result::{check, owned};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// An epoll instance (epoll(7)), always edge-triggered.
#[derive(Debug)]
pub struct Epoll {
    fd: OwnedFd,
    events: Vec<libc::epoll_event>,
    /// Whether the kernel has epoll_pwait2(2) (Linux 5.11).
    nanoseconds: bool,
}

impl Epoll {
    /// A new instance, closed on exec.
    pub fn new() -> io::Result<Epoll> {
        // SAFETY: no pointer is passed; the result is checked, then owned here.
        let fd = unsafe { owned(libc::epoll_create1(libc::EPOLL_CLOEXEC))? };
        let events = vec![libc::epoll_event { events: 0, u64: 0 }; 64];
        Ok(Epoll { fd, events, nanoseconds: true })
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
    /// ends the wait early. The resolution is that of the kernel's timers, and
    /// before Linux 5.11 1 ms, rounded up.
    pub fn wait(
        &mut self,
        timeout: Option<Duration>,
        mut ready: impl FnMut(u64),
    ) -> io::Result<()> {
        let mut result = match timeout {
            Some(timeout) if !timeout.is_zero() && self.nanoseconds => self.wait_nanos(timeout),
            _ => self.wait_millis(timeout),
        };
        // A kernel without the call says ENOSYS, a filter that does not know
        // it mostly EPERM.
        if self.nanoseconds
            && let Err(error) = &result
            && let Some(libc::ENOSYS | libc::EPERM) = error.raw_os_error()
        {
            self.nanoseconds = false;
            result = self.wait_millis(timeout);
        }
        match result {
            Ok(n) => self.events[..n].iter().for_each(|event| ready(event.u64)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn wait_millis(&mut self, timeout: Option<Duration>) -> io::Result<usize> {
        let timeout = timeout.map_or(-1, millis);
        let (events, room) = (self.events.as_mut_ptr(), self.events.len() as i32);
        // SAFETY: the kernel writes at most `room` events into the buffer.
        let n = unsafe { libc::epoll_wait(self.fd.as_raw_fd(), events, room, timeout) };
        check(n).map(|n| n as usize)
    }

    fn wait_nanos(&mut self, timeout: Duration) -> io::Result<usize> {
        // A year is as good as for ever, and fits every time_t.
        let timeout = timeout.min(Duration::from_secs(365 * 24 * 3600));
        let timeout = libc::timespec {
            tv_sec: timeout.as_secs() as libc::time_t,
            tv_nsec: timeout.subsec_nanos() as _,
        };
        let (events, room) = (self.events.as_mut_ptr(), self.events.len() as i32);
        // SAFETY: the kernel reads `timeout`, takes no signal mask, and writes
        // at most `room` events into the buffer. The call has no wrapper in
        // older C libraries.
        let n = unsafe {
            libc::syscall(
                libc::SYS_epoll_pwait2,
                self.fd.as_raw_fd(),
                events,
                room,
                &raw const timeout,
                std::ptr::null::<libc::sigset_t>(),
                0usize,
            )
        };
        check(n as i32).map(|n| n as usize)
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
    #[inline]
    pub fn signal(&self) {
        let one = 1u64;
        // SAFETY: writes eight octets of `one`. Failure means that the counter
        // is at its maximum, so the descriptor is readable already.
        unsafe { libc::write(self.0.as_raw_fd(), (&raw const one).cast(), 8) };
    }

    /// Makes it unreadable; whether it was readable.
    #[inline]
    pub fn clear(&self) -> bool {
        let mut count = 0u64;
        // SAFETY: reads at most eight octets into `count`.
        unsafe { libc::read(self.0.as_raw_fd(), (&raw mut count).cast(), 8) == 8 }
    }
}

/// Readable while one of its descriptors is ready.
impl AsRawFd for Epoll {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

impl AsRawFd for EventFd {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// Waits until one of these descriptors is readable or `timeout` (`None`: for
/// ever, zero: not at all) has passed, in milliseconds, rounded up: which are. A
/// signal ends the wait early.
pub fn readable<const N: usize>(fds: [RawFd; N], timeout: Option<Duration>) -> [bool; N] {
    let mut waits = fds.map(|fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 });
    let timeout = timeout.map_or(-1, millis);
    // SAFETY: so many entries, which live through the call.
    let ready = unsafe { libc::poll(waits.as_mut_ptr(), N as libc::nfds_t, timeout) };
    waits.map(|wait| ready > 0 && wait.revents != 0)
}

/// Another descriptor of what `fd` is one of, closed on exec.
pub fn duplicate(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: the call takes numbers only, and makes a descriptor.
    unsafe { owned(libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0)) }
}

/// Milliseconds, rounded up.
fn millis(time: Duration) -> i32 {
    time.as_nanos().div_ceil(1_000_000).min(i32::MAX as u128) as i32
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

    /// A wait for less than 1 ms ends before 1 ms is over, on most tries, and
    /// never early; where the kernel cannot, it ends late, but not early.
    #[test]
    fn waits_are_finer_than_a_millisecond() {
        let mut epoll = Epoll::new().unwrap();
        for nanoseconds in [true, false] {
            epoll.nanoseconds = nanoseconds;
            let wait = Duration::from_micros(200);
            let mut waited = Vec::new();
            for _ in 0..20 {
                let before = std::time::Instant::now();
                epoll.wait(Some(wait), |_| unreachable!("nothing is watched")).unwrap();
                waited.push(before.elapsed());
            }
            let least = *waited.iter().min().unwrap();
            assert!(least >= wait, "{least:?}");
            assert_eq!(least < Duration::from_millis(1), epoll.nanoseconds, "{waited:?}");
        }
    }
}
