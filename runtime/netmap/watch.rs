//! A descriptor for each element that waits for a port.

use crate::sys;
use std::cell::RefCell;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

/// Duplicates of a port's descriptor. An epoll instance takes a descriptor
/// once, and a port may have several elements.
#[derive(Debug, Default)]
pub(super) struct Watches(RefCell<Vec<OwnedFd>>);

impl Watches {
    /// A duplicate of `fd`, open as long as `self`.
    pub(super) fn duplicate(&self, fd: RawFd) -> io::Result<RawFd> {
        let copy = sys::duplicate(fd)?;
        let number = copy.as_raw_fd();
        self.0.borrow_mut().push(copy);
        Ok(number)
    }
}
