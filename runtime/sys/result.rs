//! What a system call returns, as a result.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

/// What a call has returned that returns -1 when it fails.
#[inline]
pub(crate) fn check(result: i32) -> io::Result<i32> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// The count that a call has returned that returns -1 when it fails.
#[inline]
pub(crate) fn count(result: isize) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

/// The descriptor that a call has made.
///
/// # Safety
/// `fd` is the result of a call that returns a new descriptor or -1.
pub(crate) unsafe fn owned(fd: i32) -> io::Result<OwnedFd> {
    let fd = check(fd)?;
    // SAFETY: the descriptor is new, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_says_why() {
        // SAFETY: the call takes numbers only, and no process has this group.
        let none = unsafe { libc::kill(i32::MAX, 0) };
        assert_eq!(check(none).unwrap_err().raw_os_error(), Some(libc::ESRCH));
        assert_eq!((check(3).unwrap(), count(3).unwrap()), (3, 3));
    }
}
