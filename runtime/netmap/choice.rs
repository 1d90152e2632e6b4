//! Which driver opens a port: the first that can, or the one asked for.

use super::row::DriverRow;
use super::{DRIVERS, Port, PortError, PortName, PortOptions};
use crate::{Context, FromArg};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What chooses the driver of each port by itself.
const AUTO: &str = "auto";

/// The driver that opens ports: one of [`DRIVERS`], or whichever can.
///
/// It is written as `--driver` takes it, `xdp` or `sim:seed=7`, also by serde.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DriverChoice(Option<Chosen>);

#[derive(Clone, Debug)]
struct Chosen {
    row: &'static DriverRow,
    settings: Option<String>,
}

impl DriverChoice {
    /// What can be chosen: names, each with what it is. Settings may follow some
    /// of them, as these say.
    pub fn values() -> impl Iterator<Item = (&'static str, String)> {
        let names: Vec<&str> = automatic().map(|row| row.name).collect();
        let of_auto = format!("the first of {} that opens the port", names.join(", "));
        let of_row = |row: &DriverRow| match &row.settings {
            None => row.help.to_string(),
            Some(of) => format!("{}, with {} as in {}:{}", row.help, of.what, row.name, of.example),
        };
        let rows = DRIVERS.iter().map(move |row| (row.name, of_row(row)));
        [(AUTO, of_auto)].into_iter().chain(rows)
    }
}

fn automatic() -> impl Iterator<Item = &'static DriverRow> {
    DRIVERS.iter().filter(|row| row.is_automatic)
}

/// What may be written: `auto, xdp, sim or sim:FAULTS`.
fn syntax() -> String {
    let mut forms = vec![AUTO.to_string()];
    for row in DRIVERS {
        forms.push(row.name.into());
        let settings = row.settings.iter();
        forms.extend(settings.map(|of| format!("{}:{}", row.name, of.what.to_uppercase())));
    }
    let last = forms.pop().expect("at least auto");
    format!("{} or {last}", forms.join(", "))
}

impl FromArg for DriverChoice {
    const TYPE: &'static str = "driver of netmap ports";

    fn from_arg(text: &str) -> Result<DriverChoice, String> {
        if text == AUTO {
            return Ok(DriverChoice::default());
        }
        let (name, settings) = match text.split_once(':') {
            Some((name, settings)) => (name, Some(settings)),
            None => (text, None),
        };
        let unknown = || format!("expected {}, not '{text}'", syntax());
        let row = DRIVERS.iter().find(|row| row.name == name).ok_or_else(unknown)?;
        if let Some(settings) = settings {
            let has = row.settings.as_ref().ok_or_else(unknown)?;
            (has.check)(settings)?;
        }
        Ok(DriverChoice(Some(Chosen { row, settings: settings.map(String::from) })))
    }
}

impl TryFrom<String> for DriverChoice {
    type Error = String;

    fn try_from(text: String) -> Result<DriverChoice, String> {
        DriverChoice::from_arg(&text)
    }
}

impl From<DriverChoice> for String {
    fn from(choice: DriverChoice) -> String {
        choice.to_string()
    }
}

impl fmt::Display for DriverChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str(AUTO),
            Some(Chosen { row, settings: None }) => f.write_str(row.name),
            Some(Chosen { row, settings: Some(settings) }) => write!(f, "{}:{settings}", row.name),
        }
    }
}

/// The name of a port.
pub(super) enum Name {
    /// One that only this driver has, in the one way to write it.
    Own(&'static DriverRow, String),
    /// One as netmap writes them.
    Netmap(PortName),
}

impl Name {
    pub(super) fn parse(text: &str) -> Result<Name, PortError> {
        for row in DRIVERS {
            if let Some(name) = row.own_names.as_ref().and_then(|own| (own.read)(text)) {
                return Ok(Name::Own(row, name));
            }
        }
        PortName::parse(text)
            .map(Name::Netmap)
            .map_err(|reason| PortError::Name { name: text.into(), reason })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::Own(_, name) => name.fmt(f),
            Name::Netmap(name) => name.fmt(f),
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
    let chosen = context.driver().0.clone();
    let settings = chosen.as_ref().and_then(|chosen| chosen.settings.as_deref());
    let opened = match (name, &chosen) {
        (Name::Own(owner, name), _) => {
            let own = owner.own_names.as_ref().expect("the owner of this name");
            if chosen.as_ref().is_some_and(|chosen| chosen.row.name != owner.name) {
                let reason = format!(
                    "it is {}, and only the driver {} has such ports",
                    own.place, owner.name
                );
                return Err(PortError::not_served(name, reason));
            }
            (own.open)(context, name, options, settings)
        }
        (Name::Netmap(name), Some(chosen)) => (chosen.row.open)(context, name, options, settings),
        (Name::Netmap(name), None) => return first_to_open(context, name, options),
    };
    opened.map(Port::new)
}

/// The port of the first automatic driver that opens it.
fn first_to_open(
    context: &mut Context,
    name: &PortName,
    options: &PortOptions,
) -> Result<Port, PortError> {
    let mut reasons = Vec::new();
    for row in automatic() {
        match (row.open)(context, name, options, None) {
            Ok(registered) => {
                let not: Vec<String> =
                    reasons.iter().map(|reason| format!("not {reason}")).collect();
                return Ok(Port::new(registered).instead_of(not.join("; ")));
            }
            Err(error) => reasons.push(format!("{}: {error}", row.name)),
        }
    }
    Err(PortError::NoDriver { port: name.to_string(), reasons })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netmap::{Compared, Put, Taken};
    use crate::{Clock, Region};
    use std::collections::HashSet;
    use std::rc::Rc;

    fn choice(text: &str) -> DriverChoice {
        DriverChoice::from_arg(text).unwrap()
    }

    fn open(driver: &str, name: &str) -> Result<(Context, Rc<Port>), String> {
        let mut context = Context::new(Clock::manual(), Region::new(1, 2048));
        context.set_driver(choice(driver));
        let port = Port::open(&mut context, name, &PortOptions::default());
        port.map(|port| (context, port)).map_err(|error| error.to_string())
    }

    #[test]
    fn every_row_is_whole() {
        let mut names = HashSet::from([AUTO]);
        for row in DRIVERS {
            let is_word =
                row.name.chars().all(|c| c.is_ascii_lowercase() || "-0123456789".contains(c));
            assert!(is_word && !row.name.is_empty() && names.insert(row.name), "{}", row.name);
            assert!(!row.help.is_empty() && !row.help.ends_with('.'), "{}", row.help);
            assert!(DriverChoice::values().any(|(name, _)| name == row.name), "{}", row.name);
            assert!(syntax().contains(row.name), "{}", syntax());
            let mut written = vec![row.name.to_string()];
            if let Some(settings) = &row.settings {
                written.push(format!("{}:{}", row.name, settings.example));
                let form = format!("{}:{}", row.name, settings.what.to_uppercase());
                assert!(syntax().contains(&form), "{form}: {}", syntax());
                let bad = format!("{}:?", row.name);
                assert!(DriverChoice::from_arg(&bad).is_err(), "{bad}");
            }
            for text in written {
                // As a compiled graph is told.
                assert_eq!(String::from(DriverChoice::try_from(text.clone()).unwrap()), text);
            }
            let mut own = Vec::new();
            own.extend(row.own_names.as_ref().map(|names| names.example));
            if let Some(Compared::InMemory { ends, .. }) = row.compared {
                own.extend(ends);
            }
            for text in own {
                let owned = matches!(Name::parse(text), Ok(Name::Own(owner, name))
                    if owner.name == row.name && name == text);
                assert!(owned, "{text} is a name of the driver {}", row.name);
                assert!(PortName::parse(text).is_err(), "{text} is a name of netmap's, too");
            }
        }
        assert_eq!(choice(AUTO).to_string(), AUTO);
        assert!(automatic().count() > 1);
    }

    #[test]
    fn what_is_no_driver_is_refused_with_those_that_there_are() {
        for text in ["", "xpd", "auto:1", "kernel:1", "Sim", ":seed=7"] {
            let why = DriverChoice::from_arg(text).unwrap_err();
            assert!(
                why.starts_with("expected auto, kernel, xdp, xdp-skb, sim, sim:FAULTS"),
                "{why}"
            );
        }
        assert!(DriverChoice::from_arg("sim:").unwrap_err().contains("vanish=SYNCS"));
    }

    #[test]
    fn a_file_and_a_row_make_a_driver() {
        for (choice, name, says) in [
            ("example", "eth0", "driver example, quiet"),
            ("example:loud", "eth0", "driver example, loud"),
            ("example:loud", "echo#a", "driver example, loud"),
            ("auto", "echo#a", "driver example, quiet"),
        ] {
            let (_, port) = open(choice, name).unwrap();
            assert_eq!((port.driver(), port.describe()), ("example", says.to_string()), "{choice}");
        }
        let (mut context, a) = open("auto", "echo#a").unwrap();
        let b = Port::open(&mut context, "echo#b", &PortOptions::default()).unwrap();
        assert_eq!(a.put(a.region().packet(b"hello").unwrap()), Put::Swapped);
        a.tx_sync().unwrap();
        b.rx_sync().unwrap();
        assert!(matches!(b.take(), Taken::Packet(packet) if packet.data() == b"hello"));
        let why = open("sim", "echo#a").err().unwrap();
        let expected = "no driver opens echo#a: it is in a valley, and only the driver example has \
                        such ports";
        assert_eq!(why, expected);
        let why = open("auto", "echo:?").err().unwrap();
        assert!(why.ends_with("or one in memory (sim0:a), or one in a valley (echo#a)"), "{why}");
    }
}
