//! The memory region of one port or of the two ends of a pipe, laid out as
//! netmap lays out its own.
//!
//! From the start: a `netmap_if` for each port, their rings, the buffers. Of
//! the buffers, 0 and 1 are in no place, then come those of the slots, then
//! the extra ones, which `ni_bufs_head` of port 0 leads to. The RX ring of a
//! pipe's end names the buffers that the other end's TX ring names.

// Rings and buffers are laid out in memory by hand, as the kernel does it.
#![allow(unsafe_code)]

use crate::Region;
use crate::netmap::abi::{
    DIR_RX, DIR_TX, NETMAP_RESERVED_BUFS, NM_CACHE_ALIGN, netmap_if, netmap_ring, netmap_slot,
};
use crate::netmap::interface::extra_buffers;
use crate::netmap::ring::RawRing;
use crate::netmap::{Interface, PortError, PortOptions};
use std::alloc::{Layout, alloc_zeroed, handle_alloc_error};
use std::ptr::NonNull;

const PAGE: usize = 4096;
/// A `netmap_if` and the offsets of its two rings.
const INTERFACE: usize =
    (size_of::<netmap_if>() + 2 * size_of::<isize>()).next_multiple_of(NM_CACHE_ALIGN);

/// A region that was laid out; it stays to the end of the program.
pub(super) struct Memory {
    interfaces: Vec<NonNull<netmap_if>>,
    region: &'static Region,
    /// The kernel's view: TX and RX ring of each port.
    pub(super) rings: Vec<(RawRing, RawRing)>,
    /// How many buffers there are, the reserved ones included.
    pub(super) buffers: u32,
}

/// Allocates and fills a region for one port, or for the two ends of a pipe.
pub(super) fn lay_out(options: &PortOptions, ports: usize) -> Result<Memory, PortError> {
    check(options)?;
    let PortOptions { slots, bufs, buffer_size } = *options;
    let ring_octets = (size_of::<netmap_ring>() + slots as usize * size_of::<netmap_slot>())
        .next_multiple_of(NM_CACHE_ALIGN);
    let rings = 2 * ports;
    // Every two rings of a pipe have one set of buffers.
    let in_slots = 2 * slots;
    let buffers = NETMAP_RESERVED_BUFS + in_slots + bufs;
    let rings_at = ports * INTERFACE;
    let buffers_at = (rings_at + rings * ring_octets).next_multiple_of(PAGE);
    let octets = buffers_at + buffers as usize * buffer_size as usize;

    let layout = Layout::from_size_align(octets, PAGE).expect("the checked sizes fit");
    // SAFETY: the layout is not empty.
    let start = NonNull::new(unsafe { alloc_zeroed(layout) });
    let start = start.unwrap_or_else(|| handle_alloc_error(layout));
    // SAFETY: every place below is within `octets` of `start`, by the sums
    // above, aligned for what is written there, and reached by nobody yet.
    unsafe {
        let place = |at: usize| start.byte_add(at);
        for number in 0..rings {
            let at = rings_at + number * ring_octets;
            let ring = place(at).cast::<netmap_ring>().as_ptr();
            (*ring).buf_ofs = (buffers_at - at) as i64;
            (*ring).num_slots = slots;
            (*ring).nr_buf_size = buffer_size;
            (*ring).dir = if number % 2 == 0 { DIR_TX } else { DIR_RX };
            (*ring).offset_mask = u64::from(u16::MAX);
            // Of four rings, 0 (TX) and 3 (RX) are one lane, 2 and 1 the other.
            let set = if ports == 1 { number } else { number.div_ceil(2) % 2 } as u32;
            let first = place(at + size_of::<netmap_ring>()).cast::<netmap_slot>();
            for slot in 0..slots {
                first.add(slot as usize).write(netmap_slot {
                    buf_idx: NETMAP_RESERVED_BUFS + set * slots + slot,
                    len: buffer_size as u16,
                    flags: 0,
                    ptr: u64::from(Region::HEADROOM),
                });
            }
        }
        for end in 0..ports {
            let interface = place(end * INTERFACE).cast::<netmap_if>();
            (*interface.as_ptr()).ni_tx_rings = 1;
            (*interface.as_ptr()).ni_rx_rings = 1;
            let offsets = interface.byte_add(size_of::<netmap_if>()).cast::<isize>();
            for ring in 0..2 {
                let at = rings_at + (2 * end + ring) * ring_octets;
                offsets.add(ring).write((at - end * INTERFACE) as isize);
            }
        }
        // The list of extra buffers, in order; the last holds 0.
        let first = NETMAP_RESERVED_BUFS + in_slots;
        (*place(0).cast::<netmap_if>().as_ptr()).ni_bufs_head = first;
        for index in first..buffers {
            let next = if index + 1 == buffers { 0 } else { index + 1 };
            place(buffers_at + index as usize * buffer_size as usize)
                .cast::<u32>()
                .write_unaligned(next);
        }
    }
    // SAFETY: what was laid out above: memory that is never freed, rings as
    // their offsets say, and buffers of which the extra list names those that
    // no slot holds.
    unsafe {
        let ring = |number: usize| {
            let header = start.byte_add(rings_at + number * ring_octets).cast();
            RawRing::new(header).expect("the checked number of slots")
        };
        let base = start.byte_add(buffers_at);
        let interfaces: Vec<NonNull<netmap_if>> =
            (0..ports).map(|port| start.byte_add(port * INTERFACE).cast()).collect();
        let extra =
            extra_buffers(base, buffer_size, buffers, (*interfaces[0].as_ptr()).ni_bufs_head);
        Ok(Memory {
            interfaces,
            region: Region::from_raw(base, buffer_size, Region::HEADROOM, buffers, extra),
            rings: (0..ports).map(|port| (ring(2 * port), ring(2 * port + 1))).collect(),
            buffers,
        })
    }
}

impl Memory {
    /// The user's view of a port.
    pub(super) fn interface(&self, port: usize) -> Interface {
        // SAFETY: `lay_out` made it so; whoever opens ports asks once for each.
        // Two slots of a pipe that name one buffer are not both a user's.
        unsafe { Interface::new(self.interfaces[port], self.region) }
    }

    /// Where the data of a slot is, if it is within a buffer.
    fn data(&self, slot: &netmap_slot, len: u16) -> Option<NonNull<u8>> {
        let ring = self.rings[0].0;
        let offset = usize::try_from(ring.offset(slot)).ok()?;
        let exists = (NETMAP_RESERVED_BUFS..self.buffers).contains(&slot.buf_idx);
        let fits = offset.checked_add(len.into())? <= self.region.buffer_size();
        // SAFETY: the buffer exists, and the offset is within it.
        (exists && fits).then(|| unsafe { self.region.buffer(slot.buf_idx).byte_add(offset) })
    }

    /// Reads from the start of a slot's data; whether so much is there. The slot is
    /// the kernel's.
    pub(super) fn read(&self, slot: &netmap_slot, into: &mut [u8]) -> bool {
        let Some(from) = self.data(slot, into.len() as u16) else { return false };
        // SAFETY: so many octets are in the buffer, which is initialised and whose
        // slot the user has given away.
        unsafe { from.copy_to_nonoverlapping(NonNull::from(&mut *into).cast(), into.len()) };
        true
    }

    /// Writes the data of a slot; whether there is room. The slot is the kernel's.
    pub(super) fn write(&self, slot: &netmap_slot, octets: &[u8]) -> bool {
        let len = u16::try_from(octets.len()).ok();
        let Some(to) = len.and_then(|len| self.data(slot, len)) else { return false };
        // SAFETY: so many octets are in the buffer, whose slot the user has given
        // away.
        unsafe { NonNull::from(octets).cast().copy_to_nonoverlapping(to, octets.len()) };
        true
    }

    /// Copies the data of `slot` to where the slot `into` of another region says;
    /// whether that is possible. Both slots are the kernel's.
    pub(super) fn copy(&self, slot: &netmap_slot, other: &Memory, into: &netmap_slot) -> bool {
        let (Some(from), Some(to)) = (self.data(slot, slot.len), other.data(into, slot.len)) else {
            return false;
        };
        // SAFETY: so many octets are in both buffers, which are of two regions,
        // and whose slots their users have given away.
        unsafe { from.copy_to_nonoverlapping(to, slot.len.into()) };
        true
    }
}

fn check(options: &PortOptions) -> Result<(), PortError> {
    let least = u32::from(Region::HEADROOM) + 1;
    for (option, value, range) in [
        ("SLOTS", options.slots, (2, 16_384)),
        ("BUFS", options.bufs, (1, 1 << 20)),
        ("buffer size", options.buffer_size, (least, u32::from(u16::MAX))),
    ] {
        if !(range.0..=range.1).contains(&value) {
            return Err(PortError::OutOfRange { option, value, range });
        }
    }
    Ok(())
}
