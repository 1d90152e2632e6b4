//! The driver `xdp`: netmap's rings over AF_XDP sockets, on any Linux since
//! 5.10, without a module, a C library or a compiler.
//!
//! In reading order: `memory` is the memory that all ports of a graph share,
//! and the netmap rings over it; `umem` says how much there is of it; `buffers`
//! moves buffers between those rings and the socket's; `filter` is the program
//! that says which frames are taken; `open` joins them: it is the kernel side of
//! a port. `host` stands for the host's side of an interface. Sockets, their rings and BPF are in [`sys`].
//!
//! What the program does not take stays the host's. What it takes cannot go
//! back up: XDP has no way there.

mod buffers;
mod filter;
mod host;
mod memory;
mod open;
mod probe;
mod umem;

pub use crate::sys::{Device, Mode};
pub use probe::probe;

use super::{Port, PortError, PortOptions, Registered};
use crate::{Context, sys};
use std::fmt;
use std::io;
use std::rc::Rc;
use umem::Umem;

/// The longest packet without its Ethernet header, in octets, that a buffer of
/// 2,048 holds, with a tag.
pub const MTU_MAX: u32 = 2048 - sys::HEADROOM as u32 - 18;

/// The key of the umem that the ports of a graph share.
const SHARED: &str = "umem";

/// Registers the interface `name`. `mode` is the only one that is tried, if it
/// is given.
pub(super) fn register(
    context: &mut Context,
    name: &str,
    mode: Option<Mode>,
    options: &PortOptions,
) -> Result<Registered, PortError> {
    let failed = |step| move |error| PortError::Xdp(XdpError { port: name.into(), step, error });
    let missing = || io::Error::from_raw_os_error(libc::ENODEV);
    let device = Device::find(name).ok_or_else(missing).map_err(failed(Step::Find))?;
    check(options)?;
    let queues = device.rx_queues();
    let mut fresh = None;
    let umem = context
        .shared(SHARED, |_| {
            let (umem, socket) = Umem::new(queues, options)?;
            fresh = Some(socket);
            Ok(umem)
        })
        .map_err(failed(Step::Memory))?;
    let mine = (queues as usize + 1) * umem.slots as usize;
    // The first port leaves room for a second one of its kind; what does not
    // fit any more gets memory of its own, and packets are copied.
    let umem = match fresh.is_none() && umem.region.available() < mine + mine / 2 {
        true => {
            let (umem, socket) = Umem::new(queues, options).map_err(failed(Step::Memory))?;
            fresh = Some(socket);
            Rc::new(umem)
        }
        false => umem,
    };
    open::Open::register(device, queues, umem, fresh, mode)
        .map_err(|(step, error)| failed(step)(error))
}

/// Registers the host's side of the interface whose port is `device`.
pub(super) fn register_host(device: &Port, name: &str) -> Result<Registered, PortError> {
    host::register(device, name)
}

fn check(options: &PortOptions) -> Result<(), PortError> {
    let least = u32::from(sys::HEADROOM) * 2;
    for (option, value, range) in [
        ("SLOTS", options.slots, (2, 16_384)),
        ("BUFS", options.bufs, (1, 1 << 20)),
        ("buffer size", options.buffer_size, (least, 4096)),
    ] {
        if !(range.0..=range.1).contains(&value) {
            return Err(PortError::OutOfRange { option, value, range });
        }
    }
    Ok(())
}

/// What was being done when a port could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Looking for the interface.
    Find,
    /// Making sockets and registering memory.
    Memory,
    /// Binding the socket of a queue.
    Bind,
    /// Loading the program.
    Load,
    /// Hanging the program on the interface.
    Attach,
    /// Listening for what happens to the interface.
    Watch,
}

/// The kernel has not given a port.
#[derive(Debug)]
pub struct XdpError {
    port: String,
    step: Step,
    error: io::Error,
}

impl std::error::Error for XdpError {}

impl XdpError {
    /// What the system said.
    fn into_inner(self) -> io::Error {
        self.error
    }
}

impl fmt::Display for XdpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let XdpError { port, step, error } = self;
        let advice = match (step, error.raw_os_error()) {
            (Step::Find, _) => "there is no such interface: `ip link` lists those there are",
            (Step::Memory, Some(libc::EAFNOSUPPORT)) => {
                "this kernel has no AF_XDP (CONFIG_XDP_SOCKETS)"
            }
            (Step::Memory, Some(libc::ENOBUFS)) => {
                "the limit on locked memory is too low: raise it (`ulimit -l 8192`), or give \
                 CAP_IPC_LOCK"
            }
            (Step::Memory | Step::Bind, Some(libc::EPERM)) => "AF_XDP sockets need CAP_NET_RAW",
            (Step::Bind, Some(libc::EBUSY)) => {
                "another program has an AF_XDP socket on a queue of this interface: end it"
            }
            (Step::Load, Some(libc::EPERM)) => "loading the filter needs CAP_BPF",
            (Step::Attach, Some(libc::EPERM)) => "attaching the filter needs CAP_NET_ADMIN",
            (Step::Attach, Some(libc::EBUSY | libc::EEXIST)) => {
                "another XDP program is on this interface: `ip link` shows it, and `ip link set \
                 IFACE xdp off` takes it off"
            }
            (Step::Memory, _) => "memory for packets cannot be registered",
            (Step::Bind, _) => "an AF_XDP socket cannot be bound",
            (Step::Load, _) => "the filter cannot be loaded",
            (Step::Attach, _) => "the filter cannot be attached",
            (Step::Watch, _) => "changes of the interface cannot be watched",
        };
        write!(f, "{port}: {advice}: {error}")
    }
}
