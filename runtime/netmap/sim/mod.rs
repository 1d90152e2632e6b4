//! The driver `sim`: an executable model of netmap's kernel side in memory.
//!
//! `simN:NAME` are the ends of a [`Pipe`]: the first two names of one number are
//! joined. With `--driver sim`, netmap's own names of ports without hardware work
//! too: `vale0:a` is a port of a switch ([`Vale`]), `vale0:a{1` and `vale0:a}1`
//! are the ends of a pipe. A pipe has a memory region of its own, where the
//! kernel's shares that of its parent.
//!
//! Rings go through the states that the kernel's go through, sync by sync;
//! `tests/traces` has some of those. The model is stricter in two ways: a slot
//! that names no buffer is never passed on, and a sync that finds its ring broken
//! says so, where the kernel only logs it. [`Faults`] happen on purpose.

mod bell;
mod end;
mod faults;
mod host;
mod kring;
mod memory;
mod pipe;
mod vale;

#[cfg(test)]
mod tests;

pub use end::Broken;
pub use faults::Faults;
pub use host::Host;
pub use kring::Violation;
pub use pipe::Pipe;
pub use vale::Vale;

use super::name::Rings;
use super::row::{Compared, DriverRow, OwnNames, Settings};
use super::{Driver, Interface, Port, PortError, PortOptions, Registered};
use crate::{Context, FromArg};
use end::End;
use std::fmt;
use std::io;
use std::os::fd::RawFd;
use std::rc::Rc;

/// The row of this driver.
pub(super) const ROW: DriverRow = DriverRow {
    name: NAME,
    help: "ports in memory",
    is_automatic: false,
    settings: Some(Settings {
        what: "faults",
        example: "seed=7,late=10,reset=1",
        check: |text| Faults::from_arg(text).map(drop),
    }),
    own_names: Some(OwnNames {
        place: "in memory",
        example: "sim0:a",
        read: |text| PortName::parse(text).map(|name| name.to_string()),
        open: |context, name, options, settings| {
            let name = PortName::parse(name).expect("a name that was read");
            register(context, &name, options, faults(settings))
        },
    }),
    probe: || Ok("always there: rings in memory, without a kernel and a device".into()),
    surroundings: |_| Vec::new(),
    compared: Some(Compared::InMemory { title: NAME, ends: ["sim0:a", "sim0:b"] }),
    open: |context, name, options, settings| match PortName::without_hardware(name) {
        Some(name) => register(context, &name, options, faults(settings)),
        None => Err(PortError::not_served(
            name,
            "the driver sim has no interfaces, only wires (sim0:a), ports of a switch (vale0:a) \
             and pipes (vale0:a{1)",
        )),
    },
};

const NAME: &str = "sim";

fn faults(settings: Option<&str>) -> Faults {
    let read = |text| Faults::from_arg(text).expect("settings are checked when they are chosen");
    settings.map(read).unwrap_or_default()
}

/// The name of a port of this driver.
#[derive(Clone, Debug, PartialEq, Eq)]
enum PortName {
    /// `simN:NAME`.
    Wire {
        /// N.
        wire: u32,
        /// NAME.
        end: String,
    },
    /// `valeN:NAME`.
    Vale {
        /// `valeN`.
        switch: String,
        /// `NAME`.
        port: String,
    },
    /// `PARENT{NAME`, or `PARENT}NAME`.
    Pipe {
        /// PARENT.
        parent: String,
        /// NAME.
        name: String,
        /// Whether this is the end with `{`.
        is_master: bool,
    },
}

impl PortName {
    /// Reads a name that no other driver has; `None` when it is none.
    fn parse(name: &str) -> Option<PortName> {
        let (wire, end) = name.strip_prefix("sim")?.split_once(':')?;
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !wire.bytes().all(|b| b.is_ascii_digit()) || end.is_empty() || !end.chars().all(word) {
            return None;
        }
        Some(PortName::Wire { wire: wire.parse().ok()?, end: end.into() })
    }

    /// The port of a switch or the end of a pipe that `name` is, all of it.
    fn without_hardware(name: &super::PortName) -> Option<PortName> {
        let is_all = name.rings == Rings::Device && name.memory == 0;
        is_all.then(|| PortName::parse_virtual(&name.port)).flatten()
    }

    /// Reads a name of netmap's for a port without hardware, without what says
    /// which rings; `None` when it is none.
    fn parse_virtual(name: &str) -> Option<PortName> {
        if let Some(at) = name.rfind(['{', '}']) {
            let (parent, id) = name.split_at(at);
            return Some(PortName::Pipe {
                parent: parent.into(),
                name: id[1..].into(),
                is_master: id.starts_with('{'),
            });
        }
        let (switch, port) = name.split_once(':').filter(|_| name.starts_with("vale"))?;
        Some(PortName::Vale { switch: switch.into(), port: port.into() })
    }
}

impl fmt::Display for PortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PortName::Wire { wire, end } => write!(f, "sim{wire}:{end}"),
            PortName::Vale { switch, port } => write!(f, "{switch}:{port}"),
            PortName::Pipe { parent, name, is_master } => {
                write!(f, "{parent}{}{name}", if *is_master { '{' } else { '}' })
            }
        }
    }
}

/// Registers the port `name` on its switch or pipe, which the first port of it
/// makes.
fn register(
    context: &mut Context,
    name: &PortName,
    options: &PortOptions,
    faults: Faults,
) -> Result<Registered, PortError> {
    let pipe = |context: &mut Context, key: String| {
        let pipe = context.shared(&key, |_| Pipe::new(options, faults))?;
        let taken = |joined| PortError::PairTaken { wanted: name.to_string(), joined };
        let (number, interface) = pipe.open(&name.to_string()).map_err(taken)?;
        Ok(registered(pipe, number, interface))
    };
    match name {
        PortName::Wire { wire, .. } => pipe(context, format!("sim{wire}")),
        PortName::Pipe { parent, name: id, .. } => pipe(context, format!("sim {parent}|{id}")),
        PortName::Vale { switch, .. } => {
            let key = format!("sim {switch}");
            let vale = context.shared(&key, |_| Ok::<_, PortError>(Vale::new(faults)))?;
            match vale.open(options)? {
                Some((number, interface)) => Ok(registered(vale, number, interface)),
                None => Err(PortError::Name {
                    name: name.to_string(),
                    reason: format!("{switch} has no port left"),
                }),
            }
        }
    }
}

/// The two ends of a new pipe, without names: for programs that hold both.
pub fn pair(options: &PortOptions) -> Result<(Port, Port, Rc<Pipe>), PortError> {
    pair_with(options, Faults::default())
}

/// As [`pair`], with faults.
pub fn pair_with(
    options: &PortOptions,
    faults: Faults,
) -> Result<(Port, Port, Rc<Pipe>), PortError> {
    let pipe = Rc::new(Pipe::new(options, faults)?);
    let open = |name| {
        let (number, interface) = pipe.open(name).expect("a new pipe has two free ends");
        Port::new(registered(pipe.clone(), number, interface))
    };
    let (a, b) = (open("a"), open("b"));
    Ok((a, b, pipe))
}

/// `count` ports of a new switch, without names: for programs that hold all.
///
/// # Panics
/// If a switch does not have so many ports.
pub fn switch(
    options: &PortOptions,
    faults: Faults,
    count: usize,
) -> Result<(Vec<Port>, Rc<Vale>), PortError> {
    let vale = Rc::new(Vale::new(faults));
    let port = |_| {
        let (number, interface) = vale.open(options)?.expect("a switch has so many ports");
        Ok(Port::new(registered(vale.clone(), number, interface)))
    };
    let ports = (0..count).map(port).collect::<Result<_, PortError>>()?;
    Ok((ports, vale))
}

/// A host's side of an interface, without a name: for programs that are the host.
pub fn host(options: &PortOptions, faults: Faults) -> Result<(Port, Rc<Host>), PortError> {
    let (host, interface) = Host::new(options, faults)?;
    let host = Rc::new(host);
    Ok((Port::new(registered(host.clone(), 0, interface)), host))
}

/// What joins ports.
trait Joint {
    /// The rings of port `number`.
    fn end(&self, number: usize) -> Rc<End>;

    /// `NIOCTXSYNC` of port `number`.
    fn tx_sync(&self, number: usize) -> io::Result<()>;

    /// `NIOCRXSYNC` of port `number`.
    fn rx_sync(&self, number: usize) -> io::Result<()>;

    /// Port `number` has gone.
    fn close(&self, _number: usize) {}
}

fn registered(joint: Rc<impl Joint + 'static>, number: usize, interface: Interface) -> Registered {
    let end = joint.end(number);
    Registered { driver: Box::new(Simulated { joint, number, end }), interface }
}

/// The kernel side of one port.
struct Simulated {
    joint: Rc<dyn Joint>,
    number: usize,
    end: Rc<End>,
}

impl Driver for Simulated {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fd(&self) -> RawFd {
        self.end.bell.fd()
    }

    fn tx_sync(&self) -> io::Result<()> {
        self.joint.tx_sync(self.number)
    }

    fn rx_sync(&self) -> io::Result<()> {
        self.joint.rx_sync(self.number)
    }

    fn has_unsent(&self) -> bool {
        self.end.has_unsent()
    }

    fn is_gone(&self) -> bool {
        self.end.dice.has_vanished()
    }

    fn calls(&self) -> u64 {
        0
    }

    fn counters(&self) -> String {
        format!("broken {}\n{}\n", self.end.broken.get().times, self.end.dice)
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        self.joint.close(self.number);
    }
}
