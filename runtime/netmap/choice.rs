//! Which driver opens a port: the first that can, or the one asked for.

use super::xdp::Mode;
use super::{Port, PortError, PortName, PortOptions, kernel, sim, xdp};
use crate::{Context, FromArg};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::rc::Rc;

/// The drivers that are tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DriverChoice {
    /// `sim` for its names; for others `kernel`, then `xdp`.
    #[default]
    Auto,
    /// netmap's module.
    Kernel,
    /// AF_XDP: in the interface's driver where that works, else in the stack.
    Xdp,
    /// AF_XDP in the stack (SKB mode): to compare.
    XdpSkb,
    /// Memory alone, with faults if any are asked for.
    Sim(sim::Faults),
}

impl FromArg for DriverChoice {
    const TYPE: &'static str = "auto, kernel, xdp, xdp-skb, sim or sim:FAULTS";

    fn from_arg(text: &str) -> Result<DriverChoice, String> {
        match text {
            "auto" => Ok(DriverChoice::Auto),
            "kernel" => Ok(DriverChoice::Kernel),
            "xdp" => Ok(DriverChoice::Xdp),
            "xdp-skb" => Ok(DriverChoice::XdpSkb),
            "sim" => Ok(DriverChoice::Sim(sim::Faults::default())),
            _ => match text.strip_prefix("sim:") {
                Some(faults) => sim::Faults::from_arg(faults).map(DriverChoice::Sim),
                None => Err(format!("expected {}, not '{text}'", DriverChoice::TYPE)),
            },
        }
    }
}

/// The name of a port.
pub(super) enum Name {
    Sim(sim::PortName),
    Kernel(PortName),
}

impl Name {
    pub(super) fn parse(text: &str) -> Result<Name, PortError> {
        if let Some(name) = sim::PortName::parse(text) {
            return Ok(Name::Sim(name));
        }
        PortName::parse(text)
            .map(Name::Kernel)
            .map_err(|reason| PortError::Name { name: text.into(), reason })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::Sim(name) => name.fmt(f),
            Name::Kernel(name) => name.fmt(f),
        }
    }
}

/// Opens a port that is not open yet, and notes for the line at the start what
/// opened it and why no other did.
pub(super) fn open(
    context: &mut Context,
    name: &Name,
    options: &PortOptions,
) -> Result<Port, PortError> {
    let choice = context.driver();
    let kernel_name = match name {
        Name::Sim(name) => {
            let faults = match choice {
                DriverChoice::Auto => sim::Faults::default(),
                DriverChoice::Sim(faults) => faults,
                _ => {
                    return Err(only(
                        name,
                        "it is in memory, and only the driver sim has such ports",
                    ));
                }
            };
            return sim::register(context, name, options, faults).map(Port::new);
        }
        Name::Kernel(name) => name,
    };
    match choice {
        DriverChoice::Sim(faults) => match sim::PortName::without_hardware(kernel_name) {
            Some(name) => sim::register(context, &name, options, faults).map(Port::new),
            None => Err(only(
                name,
                "the driver sim has no interfaces, only wires (sim0:a), ports of a switch (vale0:a) \
                 and pipes (vale0:a{1)",
            )),
        },
        DriverChoice::Kernel => kernel::register(context, kernel_name, options).map(Port::new),
        DriverChoice::Xdp => by_xdp(context, kernel_name, None, options),
        DriverChoice::XdpSkb => by_xdp(context, kernel_name, Some(Mode::Skb), options),
        DriverChoice::Auto => match kernel::register(context, kernel_name, options) {
            Ok(registered) => Ok(Port::new(registered)),
            Err(kernel) => match by_xdp(context, kernel_name, None, options) {
                Ok(port) => Ok(port.instead_of(format!("not kernel: {kernel}"))),
                Err(xdp) => Err(PortError::NoDriver {
                    port: name.to_string(),
                    reasons: vec![format!("kernel: {kernel}"), format!("xdp: {xdp}")],
                }),
            },
        },
    }
}

fn by_xdp(
    context: &mut Context,
    name: &PortName,
    mode: Option<Mode>,
    options: &PortOptions,
) -> Result<Port, PortError> {
    if let Some(device) = name.whole_device() {
        return xdp::register(context, device, mode, options).map(Port::new);
    }
    if let Some(device) = name.whole_host() {
        let port: Rc<Port> = Port::open(context, device, options)?;
        return xdp::register_host(&port, &name.to_string()).map(Port::new);
    }
    Err(only(name, "the driver xdp has interfaces (eth0) and their host side (eth0^) alone"))
}

fn only(name: &impl fmt::Display, reason: &str) -> PortError {
    PortError::NoDriver { port: name.to_string(), reasons: vec![reason.into()] }
}
