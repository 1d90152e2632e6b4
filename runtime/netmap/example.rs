//! A driver that only tests have: this file and its row in the table are all
//! there is of it. Its rings are those of a wire of the driver sim.

use super::row::{Compared, DriverRow, OwnNames, Settings};
use super::{Driver, Missing, PortError, PortOptions, Registered, sim};
use crate::Context;
use std::io;
use std::os::fd::RawFd;

/// The row of this driver.
pub(super) const ROW: DriverRow = DriverRow {
    name: NAME,
    help: "an echo",
    is_automatic: false,
    settings: Some(Settings {
        what: "volume",
        example: "loud",
        check: |text| match text {
            "loud" => Ok(()),
            _ => Err(format!("expected loud, not '{text}'")),
        },
    }),
    own_names: Some(OwnNames {
        place: "in a valley",
        example: "echo#a",
        read: |text| text.strip_prefix("echo#").map(|end| format!("echo#{end}")),
        open: |context, name, options, settings| echo(context, name, options, settings),
    }),
    probe: || Err(Missing::new("there is no valley", "dig")),
    surroundings: |_| Vec::new(),
    compared: Some(Compared::InMemory { title: NAME, ends: ["echo#a", "echo#b"] }),
    open: |context, name, options, settings| {
        echo(context, &format!("echo#{name}"), options, settings)
    },
};

const NAME: &str = "example";

fn echo(
    context: &mut Context,
    name: &str,
    options: &PortOptions,
    settings: Option<&str>,
) -> Result<Registered, PortError> {
    let own = sim::ROW.own_names.expect("the driver sim has names of its own");
    let Registered { driver, interface } =
        (own.open)(context, &name.replace("echo#", "sim0:"), options, None)?;
    let driver = Box::new(Echo { driver, is_loud: settings == Some("loud") });
    Ok(Registered { driver, interface })
}

struct Echo {
    driver: Box<dyn Driver>,
    is_loud: bool,
}

impl Driver for Echo {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fd(&self) -> RawFd {
        self.driver.fd()
    }

    fn tx_sync(&self) -> io::Result<()> {
        self.driver.tx_sync()
    }

    fn rx_sync(&self) -> io::Result<()> {
        self.driver.rx_sync()
    }

    fn calls(&self) -> u64 {
        0
    }

    fn describe(&self) -> String {
        format!("driver {NAME}, {}", if self.is_loud { "loud" } else { "quiet" })
    }
}
