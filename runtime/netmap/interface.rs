//! Where the rings of a port are in memory.

#![allow(unsafe_code)]

use super::abi::{netmap_if, netmap_ring, ni_host_rx_rings, ni_host_tx_rings};
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
    /// As long as a ring is used, `interface` is a `netmap_if` followed by
    /// one `ring_ofs` for each ring that it counts, and each of those that is
    /// not 0 leads, from `interface` and within the memory that this pointer
    /// may reach, to a ring that [`RawRing::new`] accepts, which no other
    /// `Interface` has. Every slot of them holds a buffer of `region` that is
    /// in no other place.
    pub(crate) unsafe fn new(interface: NonNull<netmap_if>, region: &'static Region) -> Interface {
        // SAFETY: the caller says that a `netmap_if` is there.
        let (tx_rings, rx_rings) = unsafe { ring_counts(interface) };
        // SAFETY: each number is below the sum of the two, and what is found is
        // a ring.
        let ring = |number| unsafe { RawRing::new(ring_at(interface, number)?) };
        Interface {
            tx: (0..tx_rings).filter_map(ring).map(|r| TxRing::new(r, region)).collect(),
            rx: (tx_rings..tx_rings + rx_rings)
                .filter_map(ring)
                .map(|r| RxRing::new(r, region))
                .collect(),
            region,
        }
    }

    /// As [`RxRing::doubt_morefrag`], for each of the rings.
    pub(super) fn doubt_morefrag(&self) {
        self.rx.iter().for_each(RxRing::doubt_morefrag);
    }
}

/// The first ring that the registration of `interface` bound.
///
/// # Safety
/// `interface` is a `netmap_if` followed by one `ring_ofs` for each ring.
pub(crate) unsafe fn first_ring(interface: NonNull<netmap_if>) -> Option<NonNull<netmap_ring>> {
    // SAFETY: the caller says so, and each number is below the sum.
    unsafe {
        let (tx_rings, rx_rings) = ring_counts(interface);
        (0..tx_rings + rx_rings).find_map(|number| ring_at(interface, number))
    }
}

/// TX and RX rings of an interface, those of the host included.
///
/// # Safety
/// `interface` is a `netmap_if`.
unsafe fn ring_counts(interface: NonNull<netmap_if>) -> (usize, usize) {
    // SAFETY: the caller says so; it is copied.
    let counts = unsafe { interface.as_ptr().read() };
    let tx_rings = counts.ni_tx_rings + ni_host_tx_rings(&counts);
    let rx_rings = counts.ni_rx_rings + ni_host_rx_rings(&counts);
    (tx_rings as usize, rx_rings as usize)
}

/// Where ring `number` is, if it is bound.
///
/// # Safety
/// `interface` is a `netmap_if`, followed by more than `number` `ring_ofs`.
unsafe fn ring_at(interface: NonNull<netmap_if>, number: usize) -> Option<NonNull<netmap_ring>> {
    // SAFETY: the offsets follow the struct, and one that is not 0 stays within
    // the port's memory.
    unsafe {
        let offsets = interface.byte_add(size_of::<netmap_if>()).cast::<isize>();
        match offsets.add(number).read() {
            0 => None,
            offset => Some(interface.byte_offset(offset).cast()),
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

/// Writes such a list, and returns its head.
///
/// # Safety
/// `base + index * stride` is a buffer for each index listed, which is in no
/// other place. `stride` is at least 4.
pub(crate) unsafe fn link_extra_buffers(base: NonNull<u8>, stride: u32, list: &[u32]) -> u32 {
    let mut next = 0;
    for &index in list.iter().rev() {
        // SAFETY: the caller says that the buffer is there, and whose it is.
        unsafe {
            base.add(index as usize * stride as usize).cast::<u32>().write_unaligned(next);
        }
        next = index;
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_extra_buffers_is_read_as_it_was_written() {
        let mut memory = vec![0u8; 10 * 64];
        let base = NonNull::new(memory.as_mut_ptr()).unwrap();
        for list in [vec![], vec![7], vec![3, 9, 2]] {
            // SAFETY: ten buffers of 64 octets, which nobody else reaches.
            let read = unsafe {
                let head = link_extra_buffers(base, 64, &list);
                extra_buffers(base, 64, 10, head)
            };
            assert_eq!(read, list);
        }
    }
}
