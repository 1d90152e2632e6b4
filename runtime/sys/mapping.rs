//! Memory that the kernel maps.

use crate::result::owned;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::ptr::NonNull;

/// A mapping, unmapped when it is dropped.
#[derive(Debug)]
pub struct Mapping {
    start: NonNull<u8>,
    octets: usize,
}

impl Mapping {
    /// So many octets of `fd` from `offset` on, shared with the kernel.
    pub fn shared(fd: BorrowedFd, octets: usize, offset: u64) -> io::Result<Mapping> {
        let flags = libc::MAP_SHARED | libc::MAP_POPULATE;
        Mapping::map(octets, flags, fd.as_raw_fd(), offset)
    }

    /// So many octets of what the device `fd` has.
    pub fn of_device(fd: BorrowedFd, octets: usize) -> io::Result<Mapping> {
        Mapping::map(octets, libc::MAP_SHARED, fd.as_raw_fd(), 0)
    }

    /// So many octets of new memory, all 0.
    pub fn anonymous(octets: usize) -> io::Result<Mapping> {
        let mapping = Mapping::map(octets, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0)?;
        // In large pages where there are some: buffers are used in turn, so
        // with small ones each is a miss of the TLB. Refused, it is as before.
        // SAFETY: the mapping is new, and advice changes nothing in it.
        unsafe { libc::madvise(mapping.start.as_ptr().cast(), octets, libc::MADV_HUGEPAGE) };
        Ok(mapping)
    }

    fn map(octets: usize, flags: i32, fd: i32, offset: u64) -> io::Result<Mapping> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: the kernel chooses a free place, so nothing else is mapped
        // over.
        let start = unsafe {
            libc::mmap(std::ptr::null_mut(), octets, access, flags, fd, offset as libc::off_t)
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        match NonNull::new(start.cast()) {
            Some(start) => Ok(Mapping { start, octets }),
            None => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Its first octet, at the start of a page.
    pub fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// How many octets there are.
    pub fn octets(&self) -> usize {
        self.octets
    }

    /// Two mappings of the same memory, for tests.
    pub(crate) fn twice(octets: usize) -> [Mapping; 2] {
        // SAFETY: the name lives through the call, which makes a descriptor.
        let file = unsafe {
            owned(libc::memfd_create(c"ring".as_ptr(), libc::MFD_CLOEXEC)).expect("a descriptor")
        };
        // SAFETY: the call takes numbers only.
        assert_eq!(unsafe { libc::ftruncate(file.as_raw_fd(), octets as libc::off_t) }, 0);
        [(); 2].map(|()| Mapping::shared(file.as_fd(), octets, 0).expect("a mapping"))
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: mapped so in `map`, and whoever has the start also has this.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.octets) };
    }
}
