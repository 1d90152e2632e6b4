//! Where the rings of a port are in memory.

#![allow(unsafe_code)]

use super::abi::{netmap_if, ni_host_rx_rings, ni_host_tx_rings};
use super::ring::RawRing;
use super::{RxRing, TxRing};
use crate::Region;
use std::ptr::NonNull;

/// The rings of a registered port, found by its `netmap_if`.
pub struct Interface {
    pub(super) tx: Vec<TxRing>,
    pub(super) rx: Vec<RxRing>,
    pub(super) region: &'static Region,
}

impl Interface {
    /// The rings of the port at `interface`, host rings after the NIC's, as
    /// netmap numbers them. Rings that the registration did not bind are left
    /// out: their entry in `ring_ofs` is 0.
    ///
    /// # Safety
    /// For the rest of the program, `interface` is a `netmap_if` followed by
    /// one `ring_ofs` for each ring that it counts, and each of those that is
    /// not 0 leads, from `interface` and within the memory that this pointer
    /// may reach, to a ring that [`RawRing::new`] accepts, which no other
    /// `Interface` has. Every slot of them holds a buffer of `region` that is
    /// in no other place.
    pub(crate) unsafe fn new(interface: NonNull<netmap_if>, region: &'static Region) -> Interface {
        // SAFETY: the caller says that a `netmap_if` is there; it is copied.
        let counts = unsafe { interface.as_ptr().read() };
        let tx_rings = (counts.ni_tx_rings + ni_host_tx_rings(&counts)) as usize;
        let rx_rings = (counts.ni_rx_rings + ni_host_rx_rings(&counts)) as usize;
        let ring = |number: usize| {
            // SAFETY: `ring_ofs` follows the struct and has this many entries,
            // and an offset that is not 0 leads to a ring.
            unsafe {
                let offsets = interface.byte_add(size_of::<netmap_if>()).cast::<isize>();
                match offsets.add(number).read() {
                    0 => None,
                    offset => RawRing::new(interface.byte_offset(offset).cast()),
                }
            }
        };
        Interface {
            tx: (0..tx_rings).filter_map(ring).map(|r| TxRing::new(r, region)).collect(),
            rx: (tx_rings..tx_rings + rx_rings)
                .filter_map(ring)
                .map(|r| RxRing::new(r, region))
                .collect(),
            region,
        }
    }
}

/// The extra buffers of a registration: each begins with the index of the next
/// (a `u32`), the first is `ni_bufs_head`, and 0 ends the list.
///
/// # Safety
/// `base` to `base + count * stride` are the port's buffers, initialised, and
/// nothing writes them meanwhile. `stride` is at least 4.
pub(crate) unsafe fn extra_buffers(
    base: NonNull<u8>,
    stride: u32,
    count: u32,
    head: u32,
) -> Vec<u32> {
    let mut found = Vec::new();
    let mut index = head;
    // A list longer than the memory has buffers is a circle.
    while index != 0 && index < count && found.len() < count as usize {
        found.push(index);
        // SAFETY: `index` is below `count`, so its first octets are there.
        index =
            unsafe { base.add(index as usize * stride as usize).cast::<u32>().read_unaligned() };
    }
    found
}
