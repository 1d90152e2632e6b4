//! The system call bpf(2), as far as a filter needs it: a map of sockets, a
//! program, and a link between the program and an interface.
//!
//! Constants and layouts are those of `linux/bpf.h` (B) and `linux/if_link.h`
//! (L), bound by hand: the C library has none.

use crate::result::{check, owned};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

/// `enum bpf_cmd` (B).
const BPF_MAP_CREATE: libc::c_long = 0;
const BPF_MAP_UPDATE_ELEM: libc::c_long = 2;
const BPF_PROG_LOAD: libc::c_long = 5;
const BPF_LINK_CREATE: libc::c_long = 28;
/// `enum bpf_map_type` (B).
const BPF_MAP_TYPE_XSKMAP: u32 = 17;
/// `enum bpf_prog_type` (B).
const BPF_PROG_TYPE_XDP: u32 = 6;
/// `enum bpf_attach_type` (B).
const BPF_XDP: u32 = 37;
/// `XDP_FLAGS_SKB_MODE`, `XDP_FLAGS_DRV_MODE` (L).
const XDP_FLAGS_SKB_MODE: u32 = 1 << 1;
const XDP_FLAGS_DRV_MODE: u32 = 1 << 2;

/// `struct bpf_insn` (B): one instruction.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Insn {
    /// The operation.
    pub code: u8,
    /// Destination register in the low four bits, source in the high four.
    pub registers: u8,
    /// Offset of a load, or of a jump from the next instruction.
    pub offset: i16,
    /// The immediate operand.
    pub immediate: i32,
}

const _: () = assert!(size_of::<Insn>() == 8);

/// The members of `union bpf_attr` (B) for each command, up to the last one
/// that is used here. The kernel takes what is missing as 0.
#[repr(C)]
struct MapCreate {
    map_type: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
    map_flags: u32,
}

#[repr(C)]
struct MapUpdate {
    map_fd: u32,
    padding: u32,
    key: u64,
    value: u64,
    flags: u64,
}

#[repr(C)]
struct ProgLoad {
    prog_type: u32,
    insn_cnt: u32,
    insns: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log_buf: u64,
    kern_version: u32,
    prog_flags: u32,
    prog_name: [u8; 16],
}

#[repr(C)]
struct LinkCreate {
    prog_fd: u32,
    target_ifindex: u32,
    attach_type: u32,
    flags: u32,
}

/// How a program hangs on an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In the interface's driver, before the kernel makes a packet of a frame.
    Native,
    /// In the kernel's stack: any interface, and slower.
    Skb,
}

/// A map from RX queues to AF_XDP sockets.
#[derive(Debug)]
pub struct SocketMap(OwnedFd);

impl SocketMap {
    /// A map for queues 0 to `queues` - 1.
    pub fn new(queues: u32) -> io::Result<SocketMap> {
        let attr = MapCreate {
            map_type: BPF_MAP_TYPE_XSKMAP,
            key_size: 4,
            value_size: 4,
            max_entries: queues,
            map_flags: 0,
        };
        // SAFETY: the attributes of this command; they hold no address.
        unsafe { bpf(BPF_MAP_CREATE, &attr) }.map(SocketMap)
    }

    /// Sends what a queue takes to `socket`. The socket leaves the map by
    /// itself when it is closed.
    pub fn insert(&self, queue: u32, socket: RawFd) -> io::Result<()> {
        let value = socket as u32;
        let attr = MapUpdate {
            map_fd: self.0.as_raw_fd() as u32,
            padding: 0,
            key: address(&raw const queue),
            value: address(&raw const value),
            flags: 0,
        };
        // SAFETY: key and value are four octets each, as the map has them, and
        // live through the call.
        check(unsafe { call(BPF_MAP_UPDATE_ELEM, &attr) }).map(drop)
    }

    /// The number that a program names the map by.
    pub fn number(&self) -> i32 {
        self.0.as_raw_fd()
    }
}

/// A program that the kernel has verified.
#[derive(Debug)]
pub struct Program(OwnedFd);

impl Program {
    /// Loads an XDP program. It may not call the functions that the kernel keeps
    /// for programs under the GPL.
    pub fn load(code: &[Insn]) -> io::Result<Program> {
        let license = c"MIT OR Apache-2.0";
        let mut prog_name = [0; 16];
        prog_name[..7].copy_from_slice(b"pkgraph");
        let attr = ProgLoad {
            prog_type: BPF_PROG_TYPE_XDP,
            insn_cnt: code.len() as u32,
            insns: address(code.as_ptr()),
            license: address(license.as_ptr()),
            log_level: 0,
            log_size: 0,
            log_buf: 0,
            kern_version: 0,
            prog_flags: 0,
            prog_name,
        };
        // SAFETY: the instructions, so many, and the licence, ended by a zero,
        // live through the call, which only reads them.
        unsafe { bpf(BPF_PROG_LOAD, &attr) }.map(Program)
    }
}

/// A program on an interface. The kernel takes it off when the last descriptor
/// of the link is closed, however the process ends.
#[derive(Debug)]
pub struct Link {
    _fd: OwnedFd,
}

impl Link {
    /// Hangs `program` on the interface of this number.
    pub fn attach(program: &Program, interface: u32, mode: Mode) -> io::Result<Link> {
        let attr = LinkCreate {
            prog_fd: program.0.as_raw_fd() as u32,
            target_ifindex: interface,
            attach_type: BPF_XDP,
            flags: match mode {
                Mode::Native => XDP_FLAGS_DRV_MODE,
                Mode::Skb => XDP_FLAGS_SKB_MODE,
            },
        };
        // SAFETY: the attributes of this command; they hold no address.
        unsafe { bpf(BPF_LINK_CREATE, &attr) }.map(|fd| Link { _fd: fd })
    }
}

/// What the kernel is told of a place in this process.
fn address<T>(pointer: *const T) -> u64 {
    pointer.expose_provenance() as u64
}

/// A command that returns a descriptor. The kernel opens these close-on-exec.
///
/// # Safety
/// As for [`call`].
unsafe fn bpf<T>(command: libc::c_long, attributes: &T) -> io::Result<OwnedFd> {
    // SAFETY: the caller's; these commands make a descriptor.
    unsafe { owned(call(command, attributes)) }
}

/// # Safety
/// `attributes` are those of `command`, and what they point to is there.
unsafe fn call<T>(command: libc::c_long, attributes: &T) -> i32 {
    // SAFETY: the kernel reads as many octets as it is told.
    unsafe {
        libc::syscall(libc::SYS_bpf, command, std::ptr::from_ref(attributes), size_of::<T>()) as i32
    }
}
