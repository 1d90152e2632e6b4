//! `pkgraph ctl`: reads and writes handlers of a running graph.

use pkgraph_runtime::{BoxError, output, say};
use pkgraph_serve::control::{Control, Place};
use std::process::ExitCode;

/// Reads or writes a handler of a graph that runs with --control.
#[derive(clap::Args, Debug)]
pub struct CtlArgs {
    /// Where the graph listens: unix:PATH, a path, or tcp:HOST:PORT.
    place: Place,
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    /// Prints what a handler reads.
    Read {
        /// NAME.HANDLER, or a global handler such as list.
        handler: String,
        /// Prints the value as a line of JSON: value, type, unit, columns.
        #[arg(long)]
        json: bool,
    },
    /// Writes a handler.
    Write {
        /// NAME.HANDLER.
        handler: String,
        /// What to write.
        #[arg(default_value = "")]
        value: String,
    },
}

pub fn main(args: &CtlArgs) -> ExitCode {
    match done(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            say!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn done(args: &CtlArgs) -> Result<(), BoxError> {
    let mut control = Control::connect(&args.place)?;
    match &args.action {
        Action::Read { handler, json: false } => output::print_all(&control.read(handler)?)?,
        Action::Read { handler, json: true } => {
            output::print_all(&(control.reading(handler)?.to_json() + "\n"))?;
        }
        Action::Write { handler, value } => control.write(handler, value)?,
    }
    Ok(())
}
