//! The memory that netmap shares, as the kernel lays it out on a 64-bit system.
//!
//! Headers are named relative to netmap's `sys/`: N is `net/netmap.h`, K is
//! `dev/netmap/netmap_kern.h`. The crate `netmap_sys` has these structs, too, but needs
//! an operating system, and its ring has no `offset_mask`. The requests to the kernel are
//! in `pkgraph-sys`, which binds what calls take.

#![allow(non_camel_case_types)] // names are netmap's, so that its manual applies

use std::mem::offset_of;

#[cfg(feature = "linux")]
pub use crate::sys::abi::*;

/// Alignment of rings, and of what the kernel keeps in them (N), in octets.
pub const NM_CACHE_ALIGN: usize = 128;
/// Buffers 0 and 1 are never in a slot; 0 ends lists (`dev/netmap/netmap_mem2.c`).
pub const NETMAP_RESERVED_BUFS: u32 = 2;
/// The largest number of slots in one packet's chain of fragments (N).
pub const NETMAP_MAX_FRAGS: u32 = 64;
/// Slot flag: the packet comes from the TX ring of a monitored port (N).
pub const NS_TXMON: u16 = 0x0040;
/// `netmap_ring.dir` of a TX ring (K, `enum txrx`; the comment in N says the
/// reverse).
pub const DIR_TX: u16 = 1;
/// `netmap_ring.dir` of an RX ring (K, `enum txrx`).
pub const DIR_RX: u16 = 0;
/// Slot flag: the buffer is another one (N).
pub const NS_BUF_CHANGED: u16 = 0x0001;
/// Slot flag: say so when it has been sent (N).
pub const NS_REPORT: u16 = 0x0002;
/// Slot flag: hand the packet on to the other side of the interface (N).
pub const NS_FORWARD: u16 = 0x0004;
/// Slot flag: a switch learns no address from it (N).
pub const NS_NO_LEARN: u16 = 0x0008;
/// Slot flag: `ptr` is the address of the data (N).
pub const NS_INDIRECT: u16 = 0x0010;
/// Slot flag: the packet goes on in the next slot (N).
pub const NS_MOREFRAG: u16 = 0x0020;
/// Ring flag: note the time of each sync (N).
pub const NR_TIMESTAMP: u32 = 0x0002;
/// Ring flag: packets may be handed on by [`NS_FORWARD`] (N).
pub const NR_FORWARD: u32 = 0x0004;

/// A slot of a ring (N).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct netmap_slot {
    /// The buffer.
    pub buf_idx: u32,
    /// Octets of the packet in it.
    pub len: u16,
    /// `NS_*`.
    pub flags: u16,
    /// The offset of the packet in the buffer, by the mask of the ring.
    pub ptr: u64,
}

/// Seconds and microseconds, as the kernel of a 64-bit system has them.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct timeval {
    /// Seconds.
    pub tv_sec: i64,
    /// Microseconds.
    pub tv_usec: i64,
}

/// What a port's memory begins with (N). The offsets of its rings follow it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct netmap_if {
    /// The port, ended by a zero.
    pub ni_name: [u8; 16],
    /// The version of the API.
    pub ni_version: u32,
    /// `NI_*`.
    pub ni_flags: u32,
    /// TX rings of the interface.
    pub ni_tx_rings: u32,
    /// RX rings of the interface.
    pub ni_rx_rings: u32,
    /// The first extra buffer; 0 for none.
    pub ni_bufs_head: u32,
    /// The number of host rings: TX, then RX.
    pub ni_spare1: [u32; 5],
    /// Octets from here to each ring: TX, host TX, RX, host RX.
    pub ring_ofs: [isize; 0],
}

/// The number of fragments of a packet in a VALE port's RX slot (N).
pub const fn ns_rfrags(slot: &netmap_slot) -> u16 {
    slot.flags >> 8
}

/// One ring (N). The slots follow it in memory.
///
/// The user moves `head` and `cur`; everything else is the kernel's to write,
/// and it does so only within a sync.
#[repr(C, align(128))]
pub struct netmap_ring {
    /// Octets from this struct to buffer 0 of the memory region.
    pub buf_ofs: i64,
    /// The number of slots.
    pub num_slots: u32,
    /// Octets per buffer.
    pub nr_buf_size: u32,
    /// The ring's number on its port, from 0 in each direction.
    pub ringid: u16,
    /// [`DIR_TX`] or [`DIR_RX`].
    pub dir: u16,
    /// The first slot of the user.
    pub head: u32,
    /// The wakeup point: a wait ends when `tail` moves past it.
    pub cur: u32,
    /// The first slot of the kernel.
    pub tail: u32,
    /// `NR_TIMESTAMP`, `NR_FORWARD`.
    pub flags: u32,
    /// The time of the last sync (not of a packet), if `NR_TIMESTAMP` is set.
    pub ts: timeval,
    /// The bits of a slot's `ptr` that are the offset of the data in the
    /// buffer; 0 when the port was registered without offsets.
    pub offset_mask: u64,
    /// What the start of the data in TX slots must be a multiple of, in octets.
    pub buf_align: u64,
    reserved: [u64; 7],
    /// The kernel's.
    pub sem: [u8; NM_CACHE_ALIGN],
    /// The slots, `num_slots` of them.
    pub slot: [netmap_slot; 0],
}

/// The number of host TX rings of an interface (N: `ni_host_tx_rings`).
pub const fn ni_host_tx_rings(interface: &netmap_if) -> u32 {
    interface.ni_spare1[0]
}

/// The number of host RX rings of an interface (N: `ni_host_rx_rings`).
pub const fn ni_host_rx_rings(interface: &netmap_if) -> u32 {
    interface.ni_spare1[1]
}

const _: () = {
    assert!(size_of::<netmap_slot>() == 16);
    assert!(offset_of!(netmap_slot, len) == 4);
    assert!(offset_of!(netmap_slot, flags) == 6);
    assert!(offset_of!(netmap_slot, ptr) == 8);

    assert!(offset_of!(netmap_ring, num_slots) == 8);
    assert!(offset_of!(netmap_ring, ringid) == 16);
    assert!(offset_of!(netmap_ring, head) == 20);
    assert!(offset_of!(netmap_ring, cur) == 24);
    assert!(offset_of!(netmap_ring, tail) == 28);
    assert!(offset_of!(netmap_ring, flags) == 32);
    assert!(offset_of!(netmap_ring, ts) == 40);
    assert!(offset_of!(netmap_ring, offset_mask) == 56);
    assert!(offset_of!(netmap_ring, sem) == 128);
    assert!(offset_of!(netmap_ring, slot) == 256);
    assert!(size_of::<netmap_ring>() == 256 && align_of::<netmap_ring>() == NM_CACHE_ALIGN);
    assert!(offset_of!(netmap_if, ni_tx_rings) == 24);
    assert!(offset_of!(netmap_if, ni_bufs_head) == 32);
    assert!(offset_of!(netmap_if, ni_spare1) == 36);
    assert!(offset_of!(netmap_if, ring_ofs) == 56);
};
