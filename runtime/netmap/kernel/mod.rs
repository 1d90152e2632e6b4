//! The driver `kernel`: netmap itself, behind `/dev/netmap`.
//!
//! It serves network interfaces (by their netmap driver, or emulated over
//! their usual one), the host's side of them, ports of VALE switches and
//! pipes; see `PortName` for the names.
//!
//! Data begins at octet 0 of a buffer here. Slots can carry offsets, but an
//! interface pays for headroom in RX buffers of half the size (an e1000e takes
//! sizes that are powers of two), so that common frames would come in
//! fragments.

mod memory;
mod nic;

use super::abi::{
    NR_EXCLUSIVE, NR_NO_TX_POLL, NR_REG_ALL_NIC, NR_REG_NIC_SW, NR_REG_ONE_NIC, NR_REG_ONE_SW,
    NR_REG_SW, nmreq_register,
};
use super::name::Rings;
use super::row::{Compared, DriverRow, Found, Missing};
use super::{Driver, PortError, PortName, PortOptions, Registered};
use crate::sys::Netmap;
use crate::{Capability, Context, Privileges};
use memory::Memory;
use nic::Nic;
use std::cell::Cell;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::path::Path;
use std::rc::Rc;

/// The row of this driver.
pub(super) const ROW: DriverRow = DriverRow {
    name: NAME,
    help: "netmap's module",
    is_automatic: true,
    settings: None,
    own_names: None,
    probe,
    surroundings: |_| Vec::new(),
    compared: Some(Compared::OnInterface {
        title: "netmap",
        only_root: true,
        in_guest: Some("netmap (native e1000e)"),
    }),
    open,
};

const NAME: &str = "kernel";

fn probe() -> Found {
    match Path::new("/dev/netmap").exists() {
        true => Ok("netmap's module is loaded".into()),
        false => {
            let what = "netmap's module is not loaded (there is no /dev/netmap)";
            Err(Missing::new(what, "insmod netmap.ko"))
        }
    }
}

/// Registers the port `name` with the kernel.
///
/// Rings and buffers of an interface have the sizes that its driver and
/// netmap's parameters give them; SLOTS counts for ports in memory alone.
fn open(
    context: &mut Context,
    name: &PortName,
    options: &PortOptions,
    _: Option<&str>,
) -> Result<Registered, PortError> {
    let failed = |step: Step| {
        move |error| {
            let advice = step.advice(&error);
            PortError::Refused { port: name.to_string(), advice, error }
        }
    };
    let netmap = Netmap::open().map_err(failed(Step::Open))?;
    let nic = name.interface().map(Nic::prepare).transpose().map_err(failed(Step::Prepare))?;
    let wishes = wishes(name, options);
    let registered = netmap.register(&name.port, wishes).map_err(failed(Step::Register))?;
    if let Some(nic) = &nic {
        // A cable may be plugged in later; the port works from then on.
        nic.wait_for_link().map_err(failed(Step::Prepare))?;
    }
    let key = format!("netmap memory {}", registered.nr_mem_id);
    let memory =
        context.shared(&key, |_| Memory::map(&netmap, &registered)).map_err(failed(Step::Map))?;
    let bad = || failed(Step::Map)(io::ErrorKind::InvalidData.into());
    let (interface, extra) = memory.interface(&registered).ok_or_else(bad)?;
    if nic.as_ref().is_some_and(|nic| nic.driver().is_ok_and(|driver| driver == "e1000e")) {
        interface.doubt_morefrag();
    }
    let has_rings = !interface.tx.is_empty() && !interface.rx.is_empty();
    let driver = Open { _nic: nic, netmap, memory, registered, extra, calls: Cell::new(0) };
    if !has_rings {
        return Err(bad());
    }
    if extra == 0 {
        // Nothing could be received: a packet takes the place of a free buffer.
        let error = io::Error::from_raw_os_error(libc::ENOMEM);
        return Err(failed(Step::Buffers)(error));
    }
    Ok(Registered { driver: Box::new(driver), interface })
}

/// What was being done when a port could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Opening `/dev/netmap`.
    Open,
    /// Setting up the network interface.
    Prepare,
    /// Registering the port.
    Register,
    /// Mapping its memory.
    Map,
    /// Getting buffers for packets.
    Buffers,
}

impl Step {
    /// What to say about `error` in this step, and what to do.
    pub(super) fn advice(self, error: &io::Error) -> &'static str {
        match (self, error.raw_os_error()) {
            (Step::Open, Some(libc::ENOENT | libc::ENXIO | libc::ENODEV)) => {
                "/dev/netmap is missing: load netmap.ko, or use ports in memory (sim0:a)"
            }
            (Step::Open, _) => "/dev/netmap cannot be opened: run as root",
            (_, Some(libc::EPERM | libc::EACCES)) => "this needs CAP_NET_ADMIN and CAP_NET_RAW",
            (Step::Prepare, Some(libc::ENODEV)) => "there is no such network interface",
            (Step::Prepare, _) => "the network interface cannot be set up",
            (Step::Register, Some(libc::EBUSY)) => "another program or port has these rings",
            (Step::Register, Some(libc::ENXIO | libc::ENODEV)) => {
                "netmap knows no such port; pipes and host rings need their interface"
            }
            (Step::Register, Some(libc::EINVAL)) => "netmap refuses the request",
            (Step::Register, Some(libc::ENOMEM)) => {
                "netmap is out of memory: raise its parameters if_num, ring_num and buf_num"
            }
            (Step::Register, _) => "netmap cannot register it",
            (Step::Map, _) => "its memory cannot be mapped",
            (Step::Buffers, _) => {
                "netmap has no buffers left for packets: raise its parameter buf_num"
            }
        }
    }
}

/// What is asked of the kernel.
fn wishes(name: &PortName, options: &PortOptions) -> nmreq_register {
    let (mode, ring) = mode(name.rings);
    nmreq_register {
        nr_tx_slots: options.slots,
        nr_rx_slots: options.slots,
        nr_mem_id: name.memory,
        nr_ringid: ring,
        nr_mode: mode,
        nr_extra_bufs: options.bufs,
        // Rings have one user. A poll looks for packets and sends none.
        nr_flags: NR_EXCLUSIVE as u64 | NR_NO_TX_POLL,
        ..Default::default()
    }
}

/// `nr_mode` and `nr_ringid` of a registration.
fn mode(rings: Rings) -> (u32, u16) {
    match rings {
        Rings::Device => (NR_REG_ALL_NIC, 0),
        Rings::OneOfDevice(ring) => (NR_REG_ONE_NIC, ring),
        Rings::Host => (NR_REG_SW, 0),
        Rings::OneOfHost(ring) => (NR_REG_ONE_SW, ring),
        Rings::All => (NR_REG_NIC_SW, 0),
    }
}

/// A registered port. The fields drop in this order: the interface gets its
/// offloads back, the kernel its rings, and at last the memory goes.
struct Open {
    _nic: Option<Nic>,
    netmap: Netmap,
    memory: Rc<Memory>,
    registered: nmreq_register,
    /// The buffers that the port has brought into the region.
    extra: u32,
    /// Syncs, each of which is an ioctl.
    calls: Cell<u64>,
}

impl Driver for Open {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fd(&self) -> RawFd {
        self.netmap.as_raw_fd()
    }

    fn room_is_writable(&self) -> bool {
        true
    }

    fn tx_sync(&self) -> io::Result<()> {
        self.calls.set(self.calls.get() + 1);
        self.netmap.tx_sync()
    }

    fn rx_sync(&self) -> io::Result<()> {
        self.calls.set(self.calls.get() + 1);
        self.netmap.rx_sync()
    }

    fn calls(&self) -> u64 {
        self.calls.get()
    }

    fn keep_privileges(&self, kept: &mut Privileges, _: bool) {
        if self._nic.is_some() {
            let why = "give an interface its offloads back".to_string();
            kept.keep(&[Capability::CAP_NET_ADMIN], why);
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.memory.give_back(&self.registered, self.extra);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_says_what_to_do() {
        for (step, errno, part) in [
            (Step::Open, libc::ENOENT, "load netmap.ko"),
            (Step::Open, libc::EACCES, "run as root"),
            (Step::Prepare, libc::EPERM, "CAP_NET_ADMIN"),
            (Step::Prepare, libc::ENODEV, "no such network interface"),
            (Step::Register, libc::EBUSY, "another program"),
            (Step::Buffers, libc::ENOMEM, "buf_num"),
        ] {
            let advice = step.advice(&io::Error::from_raw_os_error(errno));
            assert!(advice.contains(part), "{step:?} {errno}: {advice}");
        }
    }
}
