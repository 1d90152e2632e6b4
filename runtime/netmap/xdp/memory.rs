//! The memory of AF_XDP ports: buffers that the kernel reads and writes, and the
//! netmap rings of a port, whose slots hold such buffers.

// Rings and buffers are laid out in mapped memory, and the kernel is given some.
#![allow(unsafe_code)]

use crate::Region;
use crate::netmap::Interface;
use crate::netmap::abi::{NETMAP_RESERVED_BUFS, NS_BUF_CHANGED, netmap_slot};
use crate::netmap::layout;
use crate::netmap::ring::RawRing;
use crate::sys::{Fresh, HEADROOM, Mapping};
use std::io;

/// Buffers in memory that is registered with the kernel. It stays to the end of
/// the program.
pub(super) struct Frames {
    /// The buffers, all free but those that netmap reserves.
    pub(super) region: &'static Region,
    mapping: &'static Mapping,
}

impl Frames {
    /// Registers so many buffers of `size` octets, and makes the socket that has
    /// registered them, still to be bound. ENOBUFS says that there may not be so
    /// much locked memory.
    pub(super) fn register(count: u32, size: u32) -> io::Result<(Frames, Fresh)> {
        let mapping = Mapping::anonymous(count as usize * size as usize)?;
        let socket = Fresh::new()?;
        // SAFETY: the kernel is given only buffers that `lay_out` has taken out of
        // the region, as `Buffers` keeps count of them.
        unsafe { socket.register(&mapping, size) }?;
        let mapping: &Mapping = Box::leak(Box::new(mapping));
        let free = NETMAP_RESERVED_BUFS..count;
        // SAFETY: the mapping is never unmapped from here on, zeroed, and holds
        // so many buffers. The kernel reaches only those that are given to it.
        let region = unsafe { Region::from_raw(mapping.start(), size, HEADROOM, count, free) };
        Ok((Frames { region, mapping }, socket))
    }

    /// Registers the same memory again: the socket that has now registered it.
    pub(super) fn register_again(&self) -> io::Result<Fresh> {
        let socket = Fresh::new()?;
        // SAFETY: as in `register`. Of the buffers that are still another
        // socket's none is given to this one.
        unsafe { socket.register(self.mapping, self.region.buffer_size() as u32) }?;
        Ok(socket)
    }

    /// Octets of memory.
    pub(super) fn octets(&self) -> usize {
        self.mapping.octets()
    }
}

/// One TX ring and several RX rings.
pub(super) struct Rings {
    /// The kernel's view.
    pub(super) tx: RawRing,
    pub(super) rx: Vec<RawRing>,
    /// All of the rings.
    _memory: Mapping,
}

/// A slot that holds a buffer, and nothing in it yet.
pub(super) fn empty_slot(buf_idx: u32, headroom: u16) -> netmap_slot {
    netmap_slot { buf_idx, len: 0, flags: NS_BUF_CHANGED, ptr: u64::from(headroom) }
}

/// Lays out a TX ring, all slots of which but one are the user's, and so many
/// RX rings, all of whose slots are the kernel's. Each slot has a buffer out
/// of the region's free list; ENOMEM when that has not so many.
pub(super) fn lay_out(
    region: &'static Region,
    slots: u32,
    rx_rings: u32,
) -> io::Result<(Rings, Interface)> {
    let rings = 1 + rx_rings as usize;
    if region.available() < rings * slots as usize {
        return Err(io::Error::from_raw_os_error(libc::ENOMEM));
    }
    let memory = Mapping::anonymous(layout::octets(slots, rx_rings))?;
    let start = memory.start();
    // SAFETY: the mapping is new, and begins with a page; `Rings` has it.
    let views = unsafe { layout::lay_out(start, region, slots, rx_rings) };
    for view in &views {
        for slot in 0..slots {
            let buffer = region.give_up().expect("as many as were counted");
            view.set_slot(slot, empty_slot(buffer, region.headroom() as u16));
        }
    }
    views[0].set_tail(slots - 1);
    // SAFETY: what was laid out above. The port drops its rings before the
    // driver, which has the memory.
    let interface = unsafe { Interface::new(start.cast(), region) };
    let (tx, rx) = (views[0], views[1..].to_vec());
    Ok((Rings { tx, rx, _memory: memory }, interface))
}
