//! The driver `sim`: an executable model of netmap's kernel side in memory.
//!
//! Ports come in pairs. The first two names of one number, such as `sim0:a`
//! and `sim0:b`, are the ends of a wire: what one sends the other receives, as
//! through a netmap pipe. Both ends share one memory region, so packets cross
//! by swapping buffers; wires of different numbers share none.
//!
//! The model is stricter than the kernel in two ways. A ring that breaks the
//! rules is always reset, where the kernel leaves wrong indices alone as long
//! as they are below `num_slots` (`netmap_ring_reinit`); and the sync reports
//! it, where the kernel only logs it.

mod kring;
mod memory;
mod wire;

#[cfg(test)]
mod tests;

pub use kring::Violation;
pub use wire::{Faults, Wire};

use super::{Driver, Port, PortError, PortOptions, Registered};
use crate::Context;
use std::fmt;
use std::io;
use std::os::fd::RawFd;
use std::rc::Rc;

/// The name of a port of this driver: `simN:NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PortName {
    wire: u32,
    end: String,
}

impl PortName {
    /// Reads a name; `None` when it is none of this driver's.
    pub(super) fn parse(name: &str) -> Option<PortName> {
        let (wire, end) = name.strip_prefix("sim")?.split_once(':')?;
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !wire.bytes().all(|b| b.is_ascii_digit()) || end.is_empty() || !end.chars().all(word) {
            return None;
        }
        Some(PortName { wire: wire.parse().ok()?, end: end.into() })
    }
}

impl fmt::Display for PortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sim{}:{}", self.wire, self.end)
    }
}

/// Registers the port `name` on its wire, which the first port of it makes.
pub(super) fn register(
    context: &mut Context,
    name: &PortName,
    options: &PortOptions,
) -> Result<Registered, PortError> {
    let wire = context.shared(&format!("sim{}", name.wire), |_| Wire::new(options))?;
    attach(&wire, &name.end).map_err(|ends| PortError::PairTaken {
        wanted: name.to_string(),
        joined: ends.map(|end| PortName { wire: name.wire, end }.to_string()),
    })
}

/// The two ends of a new wire, without names: for programs that hold both.
pub fn pair(options: &PortOptions) -> Result<(Port, Port, Rc<Wire>), PortError> {
    let wire = Rc::new(Wire::new(options)?);
    let open = |name| Port::new(attach(&wire, name).expect("a new wire has two free ends"));
    let (a, b) = (open("a"), open("b"));
    Ok((a, b, wire))
}

fn attach(wire: &Rc<Wire>, name: &str) -> Result<Registered, [String; 2]> {
    let (end, interface) = wire.open(name)?;
    Ok(Registered { driver: Box::new(End { wire: wire.clone(), end }), interface })
}

/// The kernel side of one end.
struct End {
    wire: Rc<Wire>,
    end: usize,
}

impl Driver for End {
    fn name(&self) -> &'static str {
        "sim"
    }

    fn fd(&self) -> RawFd {
        self.wire.fd(self.end)
    }

    fn tx_sync(&self) -> io::Result<()> {
        Ok(self.wire.tx_sync(self.end)?)
    }

    fn rx_sync(&self) -> io::Result<()> {
        Ok(self.wire.rx_sync(self.end)?)
    }
}
