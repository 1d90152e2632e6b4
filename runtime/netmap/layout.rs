//! How a port's rings are laid out in memory by the drivers that have no kernel
//! to do it: an interface, and behind it a TX ring and some RX rings.

// An interface and its rings are written to memory known by an address only.
#![allow(unsafe_code)]

use super::abi::{DIR_RX, DIR_TX, NM_CACHE_ALIGN, netmap_if, netmap_ring, netmap_slot};
use super::ring::RawRing;
use crate::Region;
use std::ptr::NonNull;

/// Where the rings begin, in octets.
const fn rings_at(rx_rings: u32) -> usize {
    let rings = 1 + rx_rings as usize;
    (size_of::<netmap_if>() + rings * size_of::<isize>()).next_multiple_of(NM_CACHE_ALIGN)
}

/// Octets of a ring with its slots.
const fn ring_octets(slots: u32) -> usize {
    (size_of::<netmap_ring>() + slots as usize * size_of::<netmap_slot>())
        .next_multiple_of(NM_CACHE_ALIGN)
}

/// Octets of an interface with its rings of so many slots, a multiple of
/// [`NM_CACHE_ALIGN`].
pub(super) const fn octets(slots: u32, rx_rings: u32) -> usize {
    rings_at(rx_rings) + (1 + rx_rings as usize) * ring_octets(slots)
}

/// Lays out an interface at `start` whose slots are to hold buffers of `region`:
/// its TX ring, and then its RX rings. All slots are the kernel's, and hold no
/// buffer yet.
///
/// # Safety
/// As many [`octets`] from `start` on, which is a multiple of
/// [`NM_CACHE_ALIGN`], are zeroed, and reached by nobody else; they stay as long
/// as a ring is used.
///
/// # Panics
/// If a ring has fewer than 2 slots.
pub(super) unsafe fn lay_out(
    start: NonNull<u8>,
    region: &Region,
    slots: u32,
    rx_rings: u32,
) -> Vec<RawRing> {
    // SAFETY: every place below is within the octets of `octets`, by the same
    // sums, and aligned for what is written there.
    unsafe {
        let interface = start.cast::<netmap_if>();
        (*interface.as_ptr()).ni_tx_rings = 1;
        (*interface.as_ptr()).ni_rx_rings = rx_rings;
        let offsets = start.byte_add(size_of::<netmap_if>()).cast::<isize>();
        let ring = |number: usize| {
            let at = rings_at(rx_rings) + number * ring_octets(slots);
            let header = start.byte_add(at).cast::<netmap_ring>();
            let ring = header.as_ptr();
            let is_tx = number == 0;
            (*ring).buf_ofs = region.base().wrapping_sub(ring.addr()) as i64;
            (*ring).num_slots = slots;
            (*ring).nr_buf_size = region.buffer_size() as u32;
            (*ring).ringid = if is_tx { 0 } else { number as u16 - 1 };
            (*ring).dir = if is_tx { DIR_TX } else { DIR_RX };
            (*ring).offset_mask = u64::from(u16::MAX);
            offsets.add(number).write(at as isize);
            RawRing::new(header).expect("a ring has 2 slots at least")
        };
        (0..=rx_rings as usize).map(ring).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netmap::interface::is_laid_out;
    use crate::sys::Mapping;

    #[test]
    fn what_is_laid_out_fills_its_octets() {
        let region = Region::new(2, 128);
        for (slots, rx_rings) in [(2, 1), (7, 3), (256, 17)] {
            let octets = octets(slots, rx_rings);
            assert!(octets.is_multiple_of(NM_CACHE_ALIGN));
            let memory = Mapping::anonymous(octets).unwrap();
            let start = memory.start();
            // SAFETY: a new mapping of so many octets.
            let rings = unsafe { lay_out(start, region, slots, rx_rings) };
            assert!(rings.iter().all(|ring| ring.size().slots() == slots));
            assert_eq!(rings.len(), 1 + rx_rings as usize);
            // SAFETY: so many octets are mapped.
            unsafe {
                assert!(is_laid_out(start, octets, 0));
                let spare = NM_CACHE_ALIGN + size_of::<netmap_slot>();
                assert!(!is_laid_out(start, octets - spare, 0));
            }
        }
    }
}
