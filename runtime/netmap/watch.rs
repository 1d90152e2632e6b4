//! A descriptor for each element that waits for a port.

#![allow(unsafe_code)]

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// Duplicates of a port's descriptor. An epoll instance takes a descriptor
/// once, and a port may have several elements.
#[derive(Debug, Default)]
pub(super) struct Watches(RefCell<Vec<OwnedFd>>);

impl Watches {
    /// A duplicate of `fd`, open as long as `self`.
    pub(super) fn duplicate(&self, fd: RawFd) -> io::Result<RawFd> {
        // SAFETY: the call takes no pointer.
        let copy = unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) };
        if copy < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new and nobody else's.
        let copy = unsafe { OwnedFd::from_raw_fd(copy) };
        let number = copy.as_raw_fd();
        self.0.borrow_mut().push(copy);
        Ok(number)
    }
}
