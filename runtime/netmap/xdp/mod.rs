//! The driver `xdp`: netmap's rings over AF_XDP sockets, on any Linux since
//! 5.10, without a module, a C library or a compiler.
//!
//! In reading order: `memory` is the memory that all ports of a graph share,
//! and the netmap rings over it; `umem` says how much there is of it; `buffers`
//! moves buffers between those rings and the socket's; `filter` is the program
//! that says which frames are taken; `open` joins them: it is the kernel side of
//! a port. `host` stands for the host's side of an interface. `probe` and
//! `surroundings` are what `pkgraph doctor` says. Sockets, their rings and BPF are in [`sys`].
//!
//! What the program does not take stays the host's. What it takes cannot go
//! back up: XDP has no way there.

mod buffers;
mod filter;
mod host;
mod memory;
mod open;
mod probe;
mod surroundings;
mod umem;

use super::row::{Compared, DriverRow};
use super::{Port, PortError, PortName, PortOptions, Registered};
use crate::Context;
use crate::sys::{self, Device, Mode};
use std::io;
use std::rc::Rc;
use umem::Umem;

/// The row of this driver.
pub(super) const ROW: DriverRow = DriverRow {
    name: NAME,
    help: "AF_XDP: in the interface's driver where that works, else in the stack",
    is_automatic: true,
    settings: None,
    own_names: None,
    probe: probe::in_any_mode,
    surroundings: surroundings::of,
    compared: Some(Compared::OnInterface {
        title: "netmap rings over xdp",
        only_root: false,
        in_guest: None,
    }),
    open: |context, name, options, _| open(context, name, None, options),
};

/// The same in one mode only, to compare.
pub(super) const SKB: DriverRow = DriverRow {
    name: "xdp-skb",
    help: "AF_XDP in the stack (SKB mode), to compare",
    is_automatic: false,
    probe: probe::in_the_stack,
    surroundings: |_| Vec::new(),
    compared: None,
    open: |context, name, options, _| open(context, name, Some(Mode::Skb), options),
    ..ROW
};

const NAME: &str = "xdp";

/// The longest packet without its Ethernet header, in octets, that a buffer of
/// 2,048 holds, with a tag.
const MTU_MAX: u32 = 2048 - sys::HEADROOM as u32 - 18;

/// The key of the umem that the ports of a graph share.
const SHARED: &str = "umem";

/// Opens an interface or the host's side of one. `mode` is the only one that is
/// tried, if it is given.
fn open(
    context: &mut Context,
    name: &PortName,
    mode: Option<Mode>,
    options: &PortOptions,
) -> Result<Registered, PortError> {
    if let Some(device) = name.whole_device() {
        return register(context, device, mode, options);
    }
    if let Some(device) = name.whole_host() {
        let port: Rc<Port> = Port::open(context, device, options)?;
        return host::register(&port, &name.to_string());
    }
    let reason = "the driver xdp has interfaces (eth0) and their host side (eth0^) alone";
    Err(PortError::not_served(name, reason))
}

/// Registers the interface `name`.
fn register(
    context: &mut Context,
    name: &str,
    mode: Option<Mode>,
    options: &PortOptions,
) -> Result<Registered, PortError> {
    let failed = |step: Step| move |error| step.refused(name, error);
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
        .map_err(|(step, error)| step.refused(name, error))
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
enum Step {
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

impl Step {
    /// What failed, and what to do.
    fn advice(self, error: &io::Error) -> &'static str {
        match (self, error.raw_os_error()) {
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
        }
    }

    /// The error of a port.
    fn refused(self, port: &str, error: io::Error) -> PortError {
        PortError::Refused { port: port.into(), advice: self.advice(&error), error }
    }
}
