//! `pkgraph ctl`: reads and writes handlers of a running graph.

use pkgraph_runtime::{output, say};
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
    let done = Control::connect(&args.place).and_then(|mut control| match &args.action {
        Action::Read { handler, json } => {
            let text = match json {
                false => control.read(handler),
                true => control.reading(handler).map(|reading| reading.to_json() + "\n"),
            };
            text.and_then(|text| output::print_all(&text).map_err(|error| error.to_string()))
        }
        Action::Write { handler, value } => control.write(handler, value),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            say!("{why}");
            ExitCode::FAILURE
        }
    }
}
