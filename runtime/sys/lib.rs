//! Every call of Linux that pkgraph makes, as safe functions that say what the
//! system says.
//!
//! This crate knows no packet, no region, no ring of netmap's and no element:
//! it gives descriptors, mappings and octets to the crates above it. `result`
//! turns what a call returns into an `io::Result`. In groups, the others are:
//! waiting and memory (`fd`, `timer`, `mapping`); programs, threads and what
//! they may do (`child`, `privileges`, `scheduling`, `cpu`, `time_stamp`,
//! `random`, `allocations`); sockets (`socket`, `receive_many`, `send_many`,
//! `packet_socket`); interfaces (`device`, `netlink`, `links`, `routes`); AF_XDP
//! (`xdp_socket`, `xdp_ring`, `bpf`); and netmap (`abi`, `netmap`).

#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod abi;
mod allocations;
mod bpf;
pub mod child;
mod cpu;
mod device;
mod fd;
mod links;
mod mapping;
mod netlink;
mod netmap;
mod packet_socket;
pub mod privileges;
mod random;
mod receive_many;
mod result;
mod routes;
pub mod scheduling;
mod send_many;
pub mod socket;
pub mod time_stamp;
mod timer;
mod xdp_ring;
mod xdp_socket;

pub use allocations::{CountingAllocator, allocations};
pub use bpf::{Insn, Link, Mode, Program, SocketMap};
pub use cpu::CpuTime;
pub use device::{Device, Offload};
pub use fd::{Epoll, EventFd, duplicate, readable};
pub use links::{LinkNews, LinkState};
pub use mapping::Mapping;
pub use netlink::Netlink;
pub use netmap::Netmap;
pub use packet_socket::{Arrived, Frames, PacketSocket, filtered_udp_socket};
pub use privileges::{Capability, Privileges, PrivilegesError, effective_user};
pub use random::random;
pub use receive_many::ReceiveMany;
pub use send_many::SendMany;
pub use timer::Timer;
#[doc(hidden)]
pub use xdp_ring::pair;
pub use xdp_ring::{Consumer, Producer};
pub use xdp_socket::{Fresh, HEADROOM, Socket, xdp_desc, xdp_statistics};
