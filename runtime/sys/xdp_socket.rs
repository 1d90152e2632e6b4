//! An AF_XDP socket: its rings, and the two system calls that make the kernel
//! look at them.
//!
//! Requests and layouts are those of `linux/if_xdp.h`, as the `libc` crate has
//! them.

use crate::xdp_ring::{Consumer, Offsets, Producer};
use crate::{Mapping, result, socket};
use libc::{xdp_mmap_offsets, xdp_ring_offset};
use std::io;
use std::mem::zeroed;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

pub use libc::{xdp_desc, xdp_statistics};

/// Octets that the kernel leaves free before the data of a received frame
/// (`XDP_PACKET_HEADROOM` of `linux/bpf.h`).
pub const HEADROOM: u16 = 256;

/// How long the kernel may take to give a queue back whose socket has been
/// closed: it does so later, on a thread of its own.
const RELEASE: Duration = Duration::from_secs(1);

/// A socket that has no rings yet.
#[derive(Debug)]
pub struct Fresh(OwnedFd);

/// A bound socket on one queue of an interface.
pub struct Socket {
    fd: OwnedFd,
    /// Buffers for the kernel to receive into.
    pub fill: Producer<u64>,
    /// What was received.
    pub rx: Consumer<xdp_desc>,
    /// What is to be sent. The sockets of all queues but the first send
    /// nothing.
    pub tx: Option<Producer<xdp_desc>>,
    /// Buffers that have been sent.
    pub completion: Consumer<u64>,
}

impl Fresh {
    /// A new socket.
    pub fn new() -> io::Result<Fresh> {
        socket::open(libc::AF_XDP, libc::SOCK_RAW, 0).map(Fresh)
    }

    /// Makes a socket, registers so many octets of memory, in chunks of
    /// `chunk_size`, and drops both again: an error if that is not possible.
    pub fn probe(octets: usize, chunk_size: u32) -> io::Result<()> {
        let socket = Fresh::new()?;
        let memory = Mapping::anonymous(octets)?;
        // The kernel keeps the pages that it has pinned, so it is of no matter
        // that the socket is closed last.
        // SAFETY: no ring ever gives the kernel a chunk.
        unsafe { socket.register(&memory, chunk_size) }
    }

    /// Registers memory, in chunks of `chunk_size` octets. It counts as locked
    /// memory; ENOBUFS says that there may not be so much of it. The kernel pins
    /// the pages, and from then on reads and writes the chunks whose addresses
    /// are put into the rings of the socket.
    ///
    /// # Safety
    /// The octets of a chunk are reached by nobody else while a ring of a socket
    /// that uses this memory has its address.
    pub unsafe fn register(&self, memory: &Mapping, chunk_size: u32) -> io::Result<()> {
        // SAFETY: all members are numbers.
        let mut request: libc::xdp_umem_reg = unsafe { zeroed() };
        request.addr = memory.start().as_ptr().expose_provenance() as u64;
        request.len = memory.octets() as u64;
        request.chunk_size = chunk_size;
        self.set(libc::XDP_UMEM_REG, &request)
    }

    /// Gives the socket rings for `slots` buffers in each direction and binds
    /// it to a queue of the interface of this number. Its buffers are those that
    /// it has registered itself, or the bound socket `of`. `before` is called
    /// with the fill ring, since some drivers look into it as soon as they are
    /// bound.
    pub fn bind(
        self,
        (interface, queue): (u32, u32),
        slots: u32,
        sends: bool,
        of: Option<&OwnedFd>,
        before: impl FnOnce(&Producer<u64>),
    ) -> io::Result<Socket> {
        let size = slots.next_power_of_two();
        let completions = if sends { size } else { 1 };
        self.set(libc::XDP_UMEM_FILL_RING, &size)?;
        self.set(libc::XDP_UMEM_COMPLETION_RING, &completions)?;
        self.set(libc::XDP_RX_RING, &size)?;
        if sends {
            self.set(libc::XDP_TX_RING, &size)?;
        }
        // SAFETY: all members are numbers.
        let mut at: xdp_mmap_offsets = unsafe { zeroed() };
        self.get(libc::XDP_MMAP_OFFSETS, &mut at)?;
        // SAFETY: the kernel has just said that these rings are there, of the
        // sizes asked for, with these entries; this is the only user.
        let (fill, completion, rx, tx) = unsafe {
            let fill = self.map::<u64>(&at.fr, size, libc::XDP_UMEM_PGOFF_FILL_RING)?;
            let completion =
                self.map::<u64>(&at.cr, completions, libc::XDP_UMEM_PGOFF_COMPLETION_RING)?;
            let rx = self.map::<xdp_desc>(&at.rx, size, libc::XDP_PGOFF_RX_RING as u64)?;
            let tx = match sends {
                true => Some(self.map::<xdp_desc>(&at.tx, size, libc::XDP_PGOFF_TX_RING as u64)?),
                false => None,
            };
            let bad = || io::Error::new(io::ErrorKind::InvalidData, "its rings make no sense");
            let tx = tx.map(|tx| Producer::new(tx.0, tx.1, size).ok_or_else(bad)).transpose()?;
            (
                Producer::new(fill.0, fill.1, size).ok_or_else(bad)?,
                Consumer::new(completion.0, completion.1, completions).ok_or_else(bad)?,
                Consumer::new(rx.0, rx.1, size).ok_or_else(bad)?,
                tx,
            )
        };
        before(&fill);
        let mut address = libc::sockaddr_xdp {
            sxdp_family: libc::AF_XDP as u16,
            sxdp_flags: libc::XDP_USE_NEED_WAKEUP,
            sxdp_ifindex: interface,
            sxdp_queue_id: queue,
            sxdp_shared_umem_fd: 0,
        };
        if let Some(owner) = of {
            // Everything else is as the owner has it.
            address.sxdp_flags = libc::XDP_SHARED_UMEM;
            address.sxdp_shared_umem_fd = owner.as_raw_fd() as u32;
        }
        let since = Instant::now();
        loop {
            // SAFETY: this is the address of this family.
            let bound = unsafe { socket::bind(&self.0, &address) };
            match bound {
                Ok(()) => break,
                Err(error)
                    if error.raw_os_error() == Some(libc::EBUSY) && since.elapsed() < RELEASE => {}
                Err(error) => return Err(error),
            }
            // Nothing tells when the kernel has done it.
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(Socket { fd: self.0, fill, rx, tx, completion })
    }

    /// A mapping of a ring of `size` entries, and where its parts are in it.
    fn map<T>(
        &self,
        at: &xdp_ring_offset,
        size: u32,
        which: u64,
    ) -> io::Result<(Mapping, Offsets)> {
        let offsets = Offsets {
            producer: at.producer as usize,
            consumer: at.consumer as usize,
            flags: at.flags as usize,
            entries: at.desc as usize,
        };
        // An offset that makes no sense leads out of any mapping, so no ring is
        // made of it.
        let octets = offsets.entries.saturating_add(size as usize * size_of::<T>());
        Ok((Mapping::shared(self.0.as_fd(), octets, which)?, offsets))
    }

    fn set<T>(&self, option: i32, value: &T) -> io::Result<()> {
        // SAFETY: the callers above give each option what it takes.
        unsafe { socket::set(&self.0, libc::SOL_XDP, option, value) }
    }

    fn get<T>(&self, option: i32, value: &mut T) -> io::Result<()> {
        get(&self.0, option, value)
    }
}

impl Socket {
    /// Makes the kernel send what is in the TX ring. It may stop half-way, and
    /// then says EAGAIN.
    #[inline]
    pub fn kick(&self) -> io::Result<()> {
        let fd = self.fd.as_raw_fd();
        // SAFETY: no octets and no address are passed.
        let sent = unsafe {
            let nothing = std::ptr::null();
            libc::sendto(fd, nothing, 0, libc::MSG_DONTWAIT, std::ptr::null(), 0)
        };
        result::count(sent).map(drop)
    }

    /// Makes the kernel look for buffers in the fill ring.
    #[inline]
    pub fn wake_receiver(&self) {
        let fd = self.fd.as_raw_fd();
        // What can fail here shows at the next sync.
        // SAFETY: no octets and no address are asked for.
        unsafe {
            let none = std::ptr::null_mut();
            libc::recvfrom(fd, none, 0, libc::MSG_DONTWAIT, std::ptr::null_mut(), none.cast());
        }
    }

    /// Whether the interface reads and writes the buffers themselves.
    pub fn is_zero_copy(&self) -> bool {
        let mut options = libc::xdp_options { flags: 0 };
        let found = get(&self.fd, libc::XDP_OPTIONS, &mut options);
        found.is_ok() && options.flags & libc::XDP_OPTIONS_ZEROCOPY != 0
    }

    /// What the kernel has dropped or refused.
    pub fn statistics(&self) -> io::Result<xdp_statistics> {
        // SAFETY: all members are numbers.
        let mut statistics = unsafe { zeroed() };
        get(&self.fd, libc::XDP_STATISTICS, &mut statistics)?;
        Ok(statistics)
    }

    /// Another descriptor of this socket.
    pub fn duplicate(&self) -> io::Result<OwnedFd> {
        self.fd.try_clone()
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

fn get<T>(fd: &OwnedFd, option: i32, value: &mut T) -> io::Result<()> {
    // SAFETY: only structs of numbers are asked for here.
    unsafe { socket::get(fd, libc::SOL_XDP, option, value) }
}
