//! The calls of netmap: registering a port, and the two syncs.

use crate::Mapping;
use crate::abi::{
    NETMAP_API, NETMAP_REQ_IFNAMSIZ, NETMAP_REQ_REGISTER, NIOCCTRL, NIOCRXSYNC, NIOCTXSYNC,
    nmreq_header, nmreq_register,
};
use crate::result::check;
use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};

/// An open `/dev/netmap`, which one port may be registered with.
#[derive(Debug)]
pub struct Netmap(OwnedFd);

impl Netmap {
    /// Opens it.
    pub fn open() -> io::Result<Netmap> {
        let file = OpenOptions::new().read(true).write(true).open("/dev/netmap")?;
        Ok(Netmap(file.into()))
    }

    /// Registers the port that the kernel knows as `name`, with these wishes:
    /// what it got. A longer name than requests have room for is cut.
    pub fn register(&self, name: &str, mut wishes: nmreq_register) -> io::Result<nmreq_register> {
        let mut header = nmreq_header {
            nr_version: NETMAP_API,
            nr_reqtype: NETMAP_REQ_REGISTER,
            nr_reserved: 0,
            nr_name: [0; NETMAP_REQ_IFNAMSIZ],
            nr_options: 0,
            nr_body: (&raw mut wishes).expose_provenance() as u64,
        };
        for (to, from) in header.nr_name.iter_mut().zip(name.bytes()) {
            *to = from as libc::c_char;
        }
        // SAFETY: the header and the body that it points to live through the
        // call, and are of the types that this request takes.
        check(unsafe { libc::ioctl(self.0.as_raw_fd(), NIOCCTRL as _, &raw mut header) })?;
        Ok(wishes)
    }

    /// Maps so many octets of the memory of the port that is registered.
    pub fn map(&self, octets: usize) -> io::Result<Mapping> {
        Mapping::of_device(self.0.as_fd(), octets)
    }

    /// Sends what the user has put into the TX rings.
    #[inline]
    pub fn tx_sync(&self) -> io::Result<()> {
        self.sync(NIOCTXSYNC)
    }

    /// Takes back what the user has read of the RX rings, and brings what came.
    #[inline]
    pub fn rx_sync(&self) -> io::Result<()> {
        self.sync(NIOCRXSYNC)
    }

    #[inline]
    fn sync(&self, number: libc::c_ulong) -> io::Result<()> {
        // SAFETY: these two calls take no argument.
        check(unsafe { libc::ioctl(self.0.as_raw_fd(), number as _) }).map(drop)
    }
}

impl AsRawFd for Netmap {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
