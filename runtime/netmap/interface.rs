//! Where the rings of a port are in memory.

// Rings are found by offsets in memory that the kernel has laid out.
#![allow(unsafe_code)]

use super::abi::{netmap_if, netmap_ring, netmap_slot, ni_host_rx_rings, ni_host_tx_rings};
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

/// Whether the interface at `offset` of a mapping, and all rings that it leads
/// to with all their slots, lie in the mapping.
///
/// # Safety
/// `start` to `start + octets` are mapped, from the start of a page on, and
/// nobody writes them meanwhile.
pub(crate) unsafe fn is_laid_out(start: NonNull<u8>, octets: usize, offset: usize) -> bool {
    let holds = |at: usize, size: Option<usize>| {
        size.and_then(|size| at.checked_add(size)).is_some_and(|end| end <= octets)
    };
    let is_there = holds(offset, Some(size_of::<netmap_if>()));
    if !is_there || !offset.is_multiple_of(align_of::<netmap_if>().max(align_of::<isize>())) {
        return false;
    }
    // SAFETY: the struct lies in the mapping, as was just seen.
    let (tx_rings, rx_rings) = unsafe { ring_counts(start.byte_add(offset).cast()) };
    let (rings, first) = (tx_rings + rx_rings, offset + size_of::<netmap_if>());
    holds(first, rings.checked_mul(size_of::<isize>()))
        && (0..rings).all(|number| {
            // SAFETY: so many offsets lie in the mapping, too.
            let by = unsafe { start.byte_add(first).cast::<isize>().add(number).read() };
            let Some(at) = offset.checked_add_signed(by) else { return false };
            if by == 0 {
                return true;
            }
            let is_aligned = at.is_multiple_of(align_of::<netmap_ring>());
            if !is_aligned || !holds(at, Some(size_of::<netmap_ring>())) {
                return false;
            }
            // SAFETY: the ring's struct lies in the mapping.
            let slots = unsafe { (*start.byte_add(at).cast::<netmap_ring>().as_ptr()).num_slots };
            let octets = (slots as usize).checked_mul(size_of::<netmap_slot>());
            holds(at + size_of::<netmap_ring>(), octets)
        })
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
    let sum = |nic: u32, host: u32| nic as usize + host as usize;
    let tx_rings = sum(counts.ni_tx_rings, ni_host_tx_rings(&counts));
    (tx_rings, sum(counts.ni_rx_rings, ni_host_rx_rings(&counts)))
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
    let mut is_seen = vec![false; count as usize];
    let mut index = head;
    // A list that comes back to a buffer is a circle, and names nothing new.
    while index != 0 && index < count && !std::mem::replace(&mut is_seen[index as usize], true) {
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

    #[test]
    fn a_list_that_goes_round_or_leads_out_ends() {
        let mut memory = vec![0u8; 10 * 64];
        let base = NonNull::new(memory.as_mut_ptr()).unwrap();
        // SAFETY: ten buffers of 64 octets, which nobody else reaches.
        unsafe {
            link_extra_buffers(base, 64, &[3, 9, 2]);
            for (last, list) in [(3u32, vec![3, 9, 2]), (9, vec![3, 9, 2]), (10, vec![3, 9, 2])] {
                base.add(2 * 64).cast::<u32>().write_unaligned(last);
                assert_eq!(extra_buffers(base, 64, 10, 3), list);
            }
        }
    }

    #[test]
    fn an_interface_or_ring_outside_of_the_mapping_is_found_out() {
        const OCTETS: usize = 4096;
        const RING: usize = 128;
        // An interface at 0 with one ring, of two slots, right behind it.
        #[repr(align(4096))]
        struct Page([u8; OCTETS]);
        let lies = |offset: usize, by: usize, word: u64| {
            let mut memory = Box::new(Page([0; OCTETS]));
            let start = NonNull::from(&mut memory.0).cast::<u8>();
            // SAFETY: all places are in the memory, aligned, and only this
            // test's.
            unsafe {
                let interface = start.cast::<netmap_if>().as_ptr();
                (*interface).ni_tx_rings = 1;
                start.byte_add(size_of::<netmap_if>()).cast::<usize>().write(RING);
                let ring = start.byte_add(RING).cast::<u8>();
                let slots = ring.byte_add(std::mem::offset_of!(netmap_ring, num_slots));
                slots.cast::<u32>().write(2);
                start.byte_add(by).cast::<u64>().write(word);
                is_laid_out(start, OCTETS, offset)
            }
        };
        let (tx_rings, offsets) =
            (std::mem::offset_of!(netmap_if, ni_tx_rings), size_of::<netmap_if>());
        for (offset, by, word, expected) in [
            (0, OCTETS - 8, 0, true),
            (4, OCTETS - 8, 0, false),
            (OCTETS - 8, 0, 0, false),
            (usize::MAX - 7, 0, 0, false),
            // Rings without end, a ring past the end, before the start, and one
            // whose slots go on past the end.
            (0, tx_rings, u64::MAX, false),
            (0, offsets, OCTETS as u64 - 128, false),
            (0, offsets, -128i64 as u64, false),
            (0, offsets, 0, true),
            (0, RING + 8, u64::from(u32::MAX), false),
        ] {
            assert_eq!(lies(offset, by, word), expected, "{offset} {by} {word:#x}");
        }
    }
}
