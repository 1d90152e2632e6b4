//! A descriptor that becomes readable after a while (timerfd_create(2)).

use crate::result::owned;
use std::cell::Cell;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// A timer that goes off once.
#[derive(Debug)]
pub struct Timer {
    fd: OwnedFd,
    set: Cell<bool>,
}

impl Timer {
    /// A timer that is not set.
    pub fn new() -> io::Result<Timer> {
        let flags = libc::TFD_CLOEXEC | libc::TFD_NONBLOCK;
        // SAFETY: the call takes numbers only, and makes a descriptor.
        let fd = unsafe { owned(libc::timerfd_create(libc::CLOCK_MONOTONIC, flags))? };
        Ok(Timer { fd, set: Cell::new(false) })
    }

    /// Sets it to go off `after` from now (not 0), whatever it was set to.
    #[inline]
    pub fn set(&self, after: Duration) {
        self.set.set(true);
        self.write(after);
    }

    /// It is not to go off, or has and is not to be readable any more.
    #[inline]
    pub fn clear(&self) {
        if self.set.replace(false) {
            // Setting it also forgets that it went off.
            self.write(Duration::ZERO);
        }
    }

    fn write(&self, after: Duration) {
        let zero = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        let value = libc::timespec {
            tv_sec: after.as_secs() as libc::time_t,
            tv_nsec: after.subsec_nanos() as _,
        };
        let time = libc::itimerspec { it_interval: zero, it_value: value };
        // The call fails only for times that are out of range.
        // SAFETY: the time lives through the call.
        unsafe {
            libc::timerfd_settime(self.fd.as_raw_fd(), 0, &raw const time, std::ptr::null_mut())
        };
    }
}

impl AsRawFd for Timer {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}
