//! All that is known of a driver outside of its own files: a row of the table
//! [`DRIVERS`](super::DRIVERS).
//!
//! `--driver` and its help, `pkgraph doctor`, the choice of a driver and `pkgraph
//! compare` read the rows, so none of them has a list of drivers of its own.

use super::{PortError, PortName, PortOptions, Registered};
use crate::Context;
use crate::sys::Device;

/// A driver.
#[derive(Debug)]
pub struct DriverRow {
    /// What `--driver` calls it: letters, digits and `-`.
    pub name: &'static str,
    /// What it is, for `--help`.
    pub help: &'static str,
    /// Whether `--driver auto` tries it. The order of the table is the order of
    /// trying.
    pub is_automatic: bool,
    /// What may follow its name and a colon.
    pub settings: Option<Settings>,
    /// Names of ports that no other driver has.
    pub own_names: Option<OwnNames>,
    /// Says whether it works on this machine, without touching an interface.
    pub probe: fn() -> Found,
    /// What else matters to it of this machine and of an interface.
    pub surroundings: fn(Option<&Device>) -> Vec<Finding>,
    /// How `pkgraph compare` measures it; `None` if it does not.
    pub compared: Option<Compared>,
    /// Opens a port that is not open yet, with the settings, if any were given.
    pub(super) open: Open<PortName>,
}

/// Opens a port by a name of the type `N`. The settings have been checked.
pub(super) type Open<N> =
    fn(&mut Context, &N, &PortOptions, Option<&str>) -> Result<Registered, PortError>;

/// What may follow the name of a driver and a colon.
#[derive(Debug)]
pub struct Settings {
    /// What they are, in one word.
    pub what: &'static str,
    /// An example of them.
    pub example: &'static str,
    /// Whether a text is such settings. The error says what was expected.
    pub check: fn(&str) -> Result<(), String>,
}

/// Names of ports that only one driver has. They are not written as netmap
/// writes its names ([`PortName`]).
#[derive(Debug)]
pub struct OwnNames {
    /// Where such a port is, as in "it is in memory".
    pub place: &'static str,
    /// An example of a name.
    pub example: &'static str,
    /// The one way to write the name that a text is; `None` if it is none.
    pub read: fn(&str) -> Option<String>,
    /// Opens a port by such a name.
    pub(super) open: Open<String>,
}

/// How `pkgraph compare` measures a driver.
#[derive(Debug)]
pub enum Compared {
    /// On an interface, with clients at the other end of a cable.
    OnInterface {
        /// What the report calls it.
        title: &'static str,
        /// Whether root of a user namespace is not root enough.
        only_root: bool,
        /// What the report of the virtual machine with netmap's module calls it;
        /// `None` if it is not measured there.
        in_guest: Option<&'static str>,
    },
    /// In one process, between two ports that are joined: simulated.
    InMemory {
        /// What the report calls it.
        title: &'static str,
        /// The names of the two ports.
        ends: [&'static str; 2],
    },
}

/// A thing that somebody has looked at: what is good about it, or what is not.
pub type Found = Result<String, Missing>;

/// What is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What it is, with the reason.
    pub what: String,
    /// What mends it: a command, or where to read on.
    pub mend: String,
}

impl Missing {
    /// This is missing, and that mends it.
    pub fn new(what: impl Into<String>, mend: impl Into<String>) -> Missing {
        Missing { what: what.into(), mend: mend.into() }
    }
}

/// A line of `pkgraph doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at, in a word or two.
    pub subject: &'static str,
    /// What was found.
    pub found: Found,
}
