//! The names of netmap's ports, as libnetmap writes them.
//!
//! ```text
//! [netmap:]DEVICE[{PIPE|}PIPE][^[N]|*|-N][/x][@REGION]
//! ```
//!
//! DEVICE is an interface (`eth0`) or a port of a VALE switch (`vale0:a`).

use super::abi::NETMAP_REQ_IFNAMSIZ;
use std::fmt;

/// Bits of a registration that may number a ring (`NETMAP_RING_MASK` of
/// `net/netmap_legacy.h`).
const RING_MASK: u16 = 0x0fff;

/// Which port, and which of its rings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortName {
    /// The name that the kernel knows: device and pipe.
    pub(super) port: String,
    pub(super) rings: Rings,
    /// The number of the memory region, 0 for the kernel to choose.
    pub(super) memory: u16,
}

/// The rings of a port that are bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rings {
    /// All of the device, none of the host.
    Device,
    /// One pair of the device.
    OneOfDevice(u16),
    /// All of the host's stack, none of the device.
    Host,
    /// One pair of the host's stack.
    OneOfHost(u16),
    /// All there are.
    All,
}

impl PortName {
    /// Reads a name. The error says what is wrong with it.
    pub fn parse(text: &str) -> Result<PortName, String> {
        let text = text.strip_prefix("netmap:").unwrap_or(text);
        let end = text.find(['-', '*', '^', '/', '@']).unwrap_or(text.len());
        let (port, mut rest) = text.split_at(end);
        check_port(port)?;

        let mut rings = Rings::Device;
        if let Some(after) = rest.strip_prefix('*') {
            (rings, rest) = (Rings::All, after);
        } else if let Some(after) = rest.strip_prefix('^') {
            (rings, rest) = match number(after) {
                Some((ring, after)) => (Rings::OneOfHost(in_range(ring)?), after),
                None => (Rings::Host, after),
            };
        } else if let Some(after) = rest.strip_prefix('-') {
            let (ring, after) = number(after).ok_or("after '-' comes the number of a ring")?;
            (rings, rest) = (Rings::OneOfDevice(in_range(ring)?), after);
        }
        if let Some(after) = rest.strip_prefix('/') {
            let flags = &after[..after.find('@').unwrap_or(after.len())];
            if let Some(flag) = flags.chars().find(|flag| *flag != 'x') {
                return Err(format!(
                    "the flag '{flag}' cannot be used here: a port has both directions, and is no \
                     monitor"
                ));
            }
            rest = &after[flags.len()..];
        }
        let mut memory = 0;
        if let Some(after) = rest.strip_prefix('@') {
            let (region, after) = number(after).ok_or("after '@' comes the number of a region")?;
            memory = u16::try_from(region).ok().filter(|m| *m > 0).ok_or("no such region")?;
            rest = after;
        }
        if !rest.is_empty() {
            return Err(format!("'{rest}' is not understood"));
        }
        Ok(PortName { port: port.into(), rings, memory })
    }

    /// The interface of which this is everything but the host's side.
    pub fn whole_device(&self) -> Option<&str> {
        self.interface().filter(|_| self.rings == Rings::Device && self.memory == 0)
    }

    /// The interface of which this is the host's side.
    pub(super) fn whole_host(&self) -> Option<&str> {
        let is_device = !self.port.contains([':', '{', '}']);
        (is_device && self.rings == Rings::Host && self.memory == 0).then_some(&self.port)
    }

    /// The network interface whose own rings these are, if they are one's.
    pub(super) fn interface(&self) -> Option<&str> {
        let of_device = !matches!(self.rings, Rings::Host | Rings::OneOfHost(_));
        let is_device = !self.port.contains([':', '{', '}']);
        (of_device && is_device).then_some(&self.port)
    }
}

impl fmt::Display for PortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.port)?;
        match self.rings {
            Rings::Device => Ok(()),
            Rings::OneOfDevice(ring) => write!(f, "-{ring}"),
            Rings::Host => f.write_str("^"),
            Rings::OneOfHost(ring) => write!(f, "^{ring}"),
            Rings::All => f.write_str("*"),
        }?;
        if self.memory == 0 { Ok(()) } else { write!(f, "@{}", self.memory) }
    }
}

/// Device and pipe.
fn check_port(port: &str) -> Result<(), String> {
    if port.len() >= NETMAP_REQ_IFNAMSIZ {
        return Err(format!("a name is shorter than {NETMAP_REQ_IFNAMSIZ} octets"));
    }
    let (device, pipe) = match port.find(['{', '}']) {
        Some(at) => (&port[..at], Some(&port[at + 1..])),
        None => (port, None),
    };
    let word = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    // Names of interfaces may hold dots.
    let interface = |text: &str| word(&text.replace('.', "_"));
    let fine = match device.split_once(':') {
        Some((switch, port)) => {
            word(port) && switch.strip_prefix("vale").is_some_and(|id| id.is_empty() || word(id))
        }
        None => interface(device),
    };
    if !fine {
        return Err("a port is an interface (eth0) or of a switch (vale0:a)".into());
    }
    match pipe {
        Some(pipe) if !word(pipe) => Err("after '{' or '}' comes the name of a pipe".into()),
        _ => Ok(()),
    }
}

/// The number that `text` begins with, and what follows it.
fn number(text: &str) -> Option<(u32, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..digits].parse().ok()?, &text[digits..]))
}

fn in_range(ring: u32) -> Result<u16, String> {
    u16::try_from(ring)
        .ok()
        .filter(|ring| *ring < RING_MASK)
        .ok_or_else(|| format!("ring {ring} is out of range: 0 to {}", RING_MASK - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_libnetmap_reads_them() {
        for (text, port, rings, memory, interface) in [
            ("eth0", "eth0", Rings::Device, 0, Some("eth0")),
            ("netmap:eth0.5", "eth0.5", Rings::Device, 0, Some("eth0.5")),
            ("eth0^", "eth0", Rings::Host, 0, None),
            ("eth0^1", "eth0", Rings::OneOfHost(1), 0, None),
            ("eth0*", "eth0", Rings::All, 0, Some("eth0")),
            ("eth0-2", "eth0", Rings::OneOfDevice(2), 0, Some("eth0")),
            ("eth0-2/x@3", "eth0", Rings::OneOfDevice(2), 3, Some("eth0")),
            ("vale0:a", "vale0:a", Rings::Device, 0, None),
            ("vale:a@2", "vale:a", Rings::Device, 2, None),
            ("vale0:a{1", "vale0:a{1", Rings::Device, 0, None),
            ("eth0}pipe_1", "eth0}pipe_1", Rings::Device, 0, None),
        ] {
            let name = PortName::parse(text).unwrap();
            assert_eq!(name, PortName { port: port.into(), rings, memory }, "{text}");
            assert_eq!(name.interface(), interface, "{text}");
            let shown = name.to_string();
            assert_eq!(PortName::parse(&shown).unwrap(), name, "{shown}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for (text, reason) in [
            ("", "a port is"),
            ("eth0:1", "a port is"),
            ("bridge:a", "a port is"),
            ("vale0:", "a port is"),
            ("eth 0", "a port is"),
            ("eth0{", "name of a pipe"),
            ("eth0{a{b", "name of a pipe"),
            ("eth0-", "number of a ring"),
            ("eth0-4095", "out of range: 0 to 4094"),
            ("eth0-99999999999", "number of a ring"),
            ("eth0^*", "'*' is not understood"),
            ("eth0/R", "'R' cannot be used"),
            ("eth0@", "number of a region"),
            ("eth0@0", "no such region"),
            ("eth0@70000", "no such region"),
            ("eth0@1x", "'x' is not understood"),
            (&"x".repeat(64), "shorter than 64"),
        ] {
            let error = PortName::parse(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
