//! The memory region of one port or of the two ends of a pipe, laid out as
//! netmap lays out its own.
//!
//! From the start: for each port a `netmap_if` and its rings, then the buffers. Of
//! the buffers, 0 and 1 are in no place, then come those of the slots, then
//! the extra ones, which `ni_bufs_head` of port 0 leads to. The RX ring of a
//! pipe's end names the buffers that the other end's TX ring names.

// Rings and buffers are laid out in memory by hand, as the kernel does it.
#![allow(unsafe_code)]

use crate::Region;
use crate::netmap::abi::{NETMAP_RESERVED_BUFS, netmap_if, netmap_slot};
use crate::netmap::interface::link_extra_buffers;
use crate::netmap::layout;
use crate::netmap::ring::RawRing;
use crate::netmap::{Interface, PortError, PortOptions};
use std::alloc::{Layout, alloc_zeroed, handle_alloc_error};
use std::ptr::NonNull;

const PAGE: usize = 4096;

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
    let port_octets = layout::octets(slots, 1);
    // Every two rings of a pipe have one set of buffers.
    let in_slots = 2 * slots;
    let buffers = NETMAP_RESERVED_BUFS + in_slots + bufs;
    let buffers_at = (ports * port_octets).next_multiple_of(PAGE);
    let octets = buffers_at + buffers as usize * buffer_size as usize;

    let layout = Layout::from_size_align(octets, PAGE).expect("the checked sizes fit");
    // SAFETY: the layout is not empty.
    let start = NonNull::new(unsafe { alloc_zeroed(layout) });
    let start = start.unwrap_or_else(|| handle_alloc_error(layout));
    let extra: Vec<u32> = (NETMAP_RESERVED_BUFS + in_slots..buffers).collect();
    // SAFETY: every place is within `octets` of `start`, by the sums above,
    // aligned for what is written there, zeroed, reached by nobody yet, and never
    // freed. The extra buffers are in no slot.
    let (interfaces, region, rings) = unsafe {
        let base = start.byte_add(buffers_at);
        let interfaces: Vec<NonNull<netmap_if>> =
            (0..ports).map(|port| start.byte_add(port * port_octets).cast()).collect();
        (*interfaces[0].as_ptr()).ni_bufs_head = link_extra_buffers(base, buffer_size, &extra);
        let region = Region::from_raw(base, buffer_size, Region::HEADROOM, buffers, extra);
        let at = interfaces.iter();
        let rings = at.map(|at| layout::lay_out(at.cast(), region, slots, 1));
        let rings: Vec<_> = rings.map(|rings| (rings[0], rings[1])).collect();
        (interfaces, region, rings)
    };
    for (port, (tx, rx)) in rings.iter().enumerate() {
        for (ring, view) in [tx, rx].into_iter().enumerate() {
            // What one end of a pipe sends, the other receives.
            let set = (port + ring) as u32 % 2;
            for slot in 0..slots {
                view.set_slot(
                    slot,
                    netmap_slot {
                        buf_idx: NETMAP_RESERVED_BUFS + set * slots + slot,
                        len: buffer_size as u16,
                        flags: 0,
                        ptr: u64::from(Region::HEADROOM),
                    },
                );
            }
        }
    }
    Ok(Memory { interfaces, region, rings, buffers })
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
