//! netmap's requests, as the kernel has them. The memory that it shares is bound in the
//! crate above, which has rings.
//!
//! What the crate `netmap_sys` 0.1.4 has right is taken from it; what it lacks
//! or has wrong is bound here. Headers are named relative to netmap's `sys/`:
//! N is `net/netmap.h`, U is `net/netmap_user.h`, L is `net/netmap_legacy.h`,
//! K is `dev/netmap/netmap_kern.h`.
//!
//! Not to be used from `netmap_sys`: `NETMAP_API` and `NETMAP_MIN_API` (11; the
//! kernel refuses what is below 14), `NETMAP_BUF_IDX` (a sign is wrong),
//! `nm_ring_space` (overflows when tail is below head), `NETMAP_RXRING`
//! (assumes one host ring), `NR_PTNETMAP_HOST` (gone), and `NIOCTXSYNC` and
//! `NIOCRXSYNC` (of another integer type than `ioctl` takes).

#![allow(non_camel_case_types)] // names are netmap's, so that its manual applies

use libc::{c_char, c_ulong};

pub use netmap_sys::netmap::{
    NETMAP_MAX_API, NR_ACCEPT_VNET_HDR, NR_EXCLUSIVE, NR_MONITOR_RX, NR_MONITOR_TX, NR_REG_ALL_NIC,
    NR_REG_NIC_SW, NR_REG_ONE_NIC, NR_REG_SW, NR_RX_RINGS_ONLY, NR_TX_RINGS_ONLY, NR_ZCOPY_MON,
    nmreq,
};

/// The API version to ask for (N). The kernel takes 14 and 15.
pub const NETMAP_API: u16 = 14;
/// Register no ring (N).
pub const NR_REG_NULL: u32 = 7;
/// Register one pair of host rings (N).
pub const NR_REG_ONE_SW: u32 = 8;
/// Let `poll` release RX slots also without POLLIN (N).
pub const NR_DO_RX_POLL: u64 = 0x1_0000;
/// Let `poll` send only with POLLOUT (N).
pub const NR_NO_TX_POLL: u64 = 0x2_0000;
/// Request: bind a port to this descriptor (N).
pub const NETMAP_REQ_REGISTER: u16 = 1;
/// Option of a registration: offsets in the slots' `ptr` (N).
pub const NETMAP_REQ_OPT_OFFSETS: u32 = 5;
/// Room for a port name in a request (N), in octets.
pub const NETMAP_REQ_IFNAMSIZ: usize = 64;

/// `_IO('i', 148)`: send what is between hwcur and head (N).
pub const NIOCTXSYNC: c_ulong = io(148);
/// `_IO('i', 149)`: release what was read, look for more (N).
pub const NIOCRXSYNC: c_ulong = io(149);
/// `_IOWR('i', 151, struct nmreq_header)`: all newer requests (N).
pub const NIOCCTRL: c_ulong = 3 << 30 | (size_of::<nmreq_header>() as c_ulong) << 16 | io(151);

/// `_IO('i', number)` of `asm-generic/ioctl.h`.
const fn io(number: c_ulong) -> c_ulong {
    (b'i' as c_ulong) << 8 | number
}

/// What every [`NIOCCTRL`] request begins with (N).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct nmreq_header {
    /// [`NETMAP_API`].
    pub nr_version: u16,
    /// `NETMAP_REQ_*`.
    pub nr_reqtype: u16,
    /// 0.
    pub nr_reserved: u32,
    /// The port, ended by a zero.
    pub nr_name: [c_char; NETMAP_REQ_IFNAMSIZ],
    /// Address of the first [`nmreq_option`], or 0.
    pub nr_options: u64,
    /// Address of the request's own struct.
    pub nr_body: u64,
}

/// The body of [`NETMAP_REQ_REGISTER`] (N). Sizes go in as wishes and come
/// out as facts.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct nmreq_register {
    /// Out: octets from the start of the mapping to the `netmap_if`.
    pub nr_offset: u64,
    /// Out: octets to map.
    pub nr_memsize: u64,
    /// Slots per TX ring.
    pub nr_tx_slots: u32,
    /// Slots per RX ring.
    pub nr_rx_slots: u32,
    /// TX rings.
    pub nr_tx_rings: u16,
    /// RX rings.
    pub nr_rx_rings: u16,
    /// Host TX rings.
    pub nr_host_tx_rings: u16,
    /// Host RX rings.
    pub nr_host_rx_rings: u16,
    /// The memory region; equal numbers may swap buffers.
    pub nr_mem_id: u16,
    /// The ring, for modes that name one.
    pub nr_ringid: u16,
    /// `NR_REG_*`.
    pub nr_mode: u32,
    /// Extra buffers.
    pub nr_extra_bufs: u32,
    /// `NR_EXCLUSIVE`, [`NR_NO_TX_POLL`] and the like.
    pub nr_flags: u64,
}

/// What every option of a request begins with (N).
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct nmreq_option {
    /// Address of the next option, or 0.
    pub nro_next: u64,
    /// `NETMAP_REQ_OPT_*`.
    pub nro_reqtype: u32,
    /// Out: 0, or the `errno` that the option met.
    pub nro_status: u32,
    /// The size of an option of variable size, else 0.
    pub nro_size: u64,
}

/// The option [`NETMAP_REQ_OPT_OFFSETS`] (N).
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct nmreq_opt_offsets {
    /// Its head.
    pub nro_opt: nmreq_option,
    /// The largest offset to be used, in octets.
    pub nro_max_offset: u64,
    /// The offset that all slots begin with, in octets.
    pub nro_initial_offset: u64,
    /// How many low bits of `ptr` are the offset; 0 for all.
    pub nro_offset_bits: u32,
    /// The wished alignment of data in TX slots, in octets.
    pub nro_tx_align: u32,
    /// 0.
    pub nro_min_gap: u64,
}

// The layout of N on a 64-bit system.
const _: () = {
    assert!(size_of::<nmreq>() == 60);
    assert!(size_of::<nmreq_header>() == 88);
    assert!(size_of::<nmreq_register>() == 56);
    assert!(size_of::<nmreq_option>() == 24);
    assert!(size_of::<nmreq_opt_offsets>() == 56);
    assert!(NIOCCTRL == 0xc058_6997);
    assert!(NIOCTXSYNC == netmap_sys::netmap::NIOCTXSYNC as c_ulong);
    assert!(NIOCRXSYNC == netmap_sys::netmap::NIOCRXSYNC as c_ulong);
    assert!(NETMAP_API as i32 <= NETMAP_MAX_API);
};
