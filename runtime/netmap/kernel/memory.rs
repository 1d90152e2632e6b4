//! netmap's memory, mapped once per region.

// Rings and buffers are found in memory that the kernel has mapped.
#![allow(unsafe_code)]

use crate::Region;
use crate::netmap::Interface;
use crate::netmap::abi::{NETMAP_RESERVED_BUFS, netmap_if, netmap_ring, nmreq_register};
use crate::netmap::interface::{extra_buffers, first_ring, is_laid_out, link_extra_buffers};
use crate::sys::{Mapping, Netmap};
use std::io;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

/// A memory region of the kernel, in this process.
///
/// Ports of one region share it, so that packets go from one to another by a
/// swap of buffers. It was mapped through the first of them, whose descriptor
/// the mapping keeps open. It is unmapped with its last port, or, when packets
/// are still about, at the end of the program.
pub(super) struct Memory {
    /// There until this is dropped.
    mapping: ManuallyDrop<Mapping>,
    buffers: NonNull<u8>,
    buffer_size: u32,
    count: u32,
    pub(super) region: &'static Region,
}

impl Memory {
    /// Maps the region of the port that is registered with `netmap`.
    pub(super) fn map(netmap: &Netmap, registered: &nmreq_register) -> io::Result<Memory> {
        let octets = registered.nr_memsize as usize;
        let mapping = netmap.map(octets)?;
        let start = mapping.start();
        let bad = || io::Error::new(io::ErrorKind::InvalidData, "netmap's memory makes no sense");
        // SAFETY: the mapping is new, and of so many octets.
        if !unsafe { is_laid_out(start, octets, registered.nr_offset as usize) } {
            return Err(bad());
        }
        // SAFETY: the kernel has put an interface at `nr_offset`, with a ring
        // that is bound, since the registration succeeded. Buffers fill the
        // rest of the mapping (`netmap_mem2.c`: the last of three pools), and
        // no slot holds what nobody owns.
        unsafe {
            let interface = start.byte_add(registered.nr_offset as usize).cast();
            let ring: NonNull<netmap_ring> = first_ring(interface).ok_or_else(bad)?;
            let (offset, buffer_size) = ((*ring.as_ptr()).buf_ofs, (*ring.as_ptr()).nr_buf_size);
            let buffers = ring.cast::<u8>().byte_offset(offset as isize);
            let before = buffers.as_ptr().addr().wrapping_sub(start.as_ptr().addr());
            let count = octets.checked_sub(before).ok_or_else(bad)? / buffer_size.max(1) as usize;
            let fits = buffer_size > 0 && buffer_size <= u32::from(u16::MAX);
            let count = u32::try_from(count).ok().filter(|_| fits).ok_or_else(bad)?;
            let region = Region::from_raw(buffers, buffer_size, 0, count, []);
            let mapping = ManuallyDrop::new(mapping);
            Ok(Memory { mapping, buffers, buffer_size, count, region })
        }
    }

    /// The rings of a port of this region, and the number of buffers that it
    /// brings into the region; `None` if its rings leave the mapping.
    pub(super) fn interface(&self, registered: &nmreq_register) -> Option<(Interface, u32)> {
        let (start, octets) = (self.mapping.start(), self.mapping.octets());
        // SAFETY: the memory is mapped as long as `self` is.
        if !unsafe { is_laid_out(start, octets, registered.nr_offset as usize) } {
            return None;
        }
        // SAFETY: the kernel has put an interface there (`map`), whose rings
        // are this port's alone (`NR_EXCLUSIVE`), and whose list of extra
        // buffers names what no slot holds. Only syncs and polls of this
        // thread make the kernel write to either.
        unsafe {
            let at =
                self.mapping.start().byte_add(registered.nr_offset as usize).cast::<netmap_if>();
            let head = (*at.as_ptr()).ni_bufs_head;
            let extra = extra_buffers(self.buffers, self.buffer_size, self.count, head);
            let usable = extra.iter().filter(|index| **index >= NETMAP_RESERVED_BUFS);
            usable.for_each(|index| self.region.adopt(*index));
            Some((Interface::new(at, self.region), extra.len() as u32))
        }
    }

    /// Gives back `extra` buffers, as a port does before it closes: what is in
    /// its list then is free again for others. Those that packets still hold
    /// come free with the region's last user.
    pub(super) fn give_back(&self, registered: &nmreq_register, extra: u32) {
        let list: Vec<u32> = (0..extra).map_while(|_| self.region.give_up()).collect();
        // SAFETY: as in `interface`; the listed buffers are in no other place
        // any more.
        unsafe {
            let at =
                self.mapping.start().byte_add(registered.nr_offset as usize).cast::<netmap_if>();
            let head = link_extra_buffers(self.buffers, self.buffer_size, &list);
            (*at.as_ptr()).ni_bufs_head = head;
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if self.region.owned() == 0 {
            // SAFETY: no port is left, so no ring; the region has no buffer,
            // free or in a packet, so nobody reaches into it.
            unsafe { ManuallyDrop::drop(&mut self.mapping) };
        }
    }
}
