//! How `--driver` is read. Its values and their help are the table of drivers.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, Command, Error};
use pkgraph_runtime::FromArg;
use pkgraph_runtime::netmap::DriverChoice;
use std::ffi::OsStr;

/// Reads a driver, and what follows its name and a colon.
#[derive(Clone)]
pub struct DriverParser;

fn values() -> impl Iterator<Item = PossibleValue> {
    DriverChoice::values().map(|(name, help)| PossibleValue::new(name).help(help))
}

impl TypedValueParser for DriverParser {
    type Value = DriverChoice;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<DriverChoice, Error> {
        // An unknown name is answered with a list of names, and the nearest one.
        let text = value.to_string_lossy();
        let name = text.split(':').next().unwrap_or_default();
        PossibleValuesParser::new(values()).parse_ref(command, arg, OsStr::new(name))?;
        DriverChoice::from_arg.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(values()))
    }
}
