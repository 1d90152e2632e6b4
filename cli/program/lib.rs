//! Programs that are one graph, as `pkgraph build -o` makes them; and what the
//! command line has in common with them: options of a run and of the log, graphs in
//! files, how errors in a graph look, exit codes.
//!
//! This crate knows no command and no element.

pub mod diagnostics;
mod driver;
pub mod files;
pub mod flags;

pub use flags::{LogFlags, RunFlags};

use clap::Parser;
use pkgraph_lang::{Catalogue, Program, Source, compile_program, library_path};
use pkgraph_runtime::{Context, ElementInfo, Graph, Plan, Sockets, StartError, output, say};
use pkgraph_serve::log::LogOptions;
use pkgraph_serve::program::{Run, RunOptions, explain};
use std::fmt;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Exit code of a graph that is wrong.
pub const BAD_GRAPH: u8 = 2;

/// A graph that is part of a program.
pub struct Embedded {
    /// The graph's file and the libraries that it requires: name and text.
    pub files: &'static [(&'static str, &'static str)],
    /// The values of variables that it was built with.
    pub defines: &'static [(&'static str, &'static str)],
    /// The sockets that take the place of its devices, if any do.
    pub sockets: Option<Sockets>,
    /// The shape that the loop was made for.
    pub topology: &'static str,
    /// The declarations of its elements, some at a time. Of two of one name the
    /// later holds.
    pub elements: &'static [&'static [&'static ElementInfo]],
}

/// Why an embedded graph has no Plan, with the places in its text. Debug and
/// Display are the same, so that a test that unwraps shows it as it is.
pub struct PlanError(String);

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PlanError {}

impl Embedded {
    /// The Plan, with these values for variables of the graph. The error says
    /// what is wrong with them.
    pub fn plan(&self, defines: &[(&str, &str)]) -> Result<Plan, PlanError> {
        self.plan_in(false, defines)
    }

    /// As [`plan`](Embedded::plan), for a run in virtual time if that is asked for.
    fn plan_in(&self, virtual_time: bool, defines: &[(&str, &str)]) -> Result<Plan, PlanError> {
        let source = |&(name, text): &(&str, &str)| Source { name: name.into(), text: text.into() };
        let program = Program::read(&source(&self.files[0]), &mut |from, name| {
            let path = library_path(from, name).display().to_string();
            let file = self.files.iter().find(|file| file.0 == path);
            file.map(source).ok_or_else(|| format!("{path} is not part of this program"))
        });
        let program = Program { sockets: self.sockets, virtual_time, ..program };
        let given = |name: &str| defines.iter().any(|(other, _)| *other == name);
        let built_in = self.defines.iter().filter(|(name, _)| !given(name));
        let all =
            built_in.chain(defines).map(|(name, value)| (name.to_string(), value.to_string()));
        let catalogue = Catalogue::new(&self.elements.concat());
        let plan = compile_program(&program, &all.collect::<Vec<_>>(), &catalogue)
            .map_err(|errors| PlanError(diagnostics::text(&program.sources, &errors)))?;
        match plan.topology() == self.topology {
            true => Ok(plan),
            false => Err(PlanError(
                "these values give the graph another shape than it was built with: \
                 build it with them\n"
                    .into(),
            )),
        }
    }
}

/// A graph as a program.
#[derive(Parser)]
#[command(disable_help_flag = true)]
struct Args {
    /// Values of variables that the graph defines.
    #[arg(value_name = "NAME=VALUE", value_parser = define)]
    defines: Vec<(String, String)>,
    #[command(flatten)]
    flags: RunFlags,
    #[command(flatten)]
    log: LogFlags,
}

/// The main function of such a program.
pub fn main<G: Graph + 'static>(
    embedded: Embedded,
    build: fn(&Plan, &mut Context) -> Result<G, StartError>,
) -> ExitCode {
    let args: Args = match parse() {
        Ok(args) => args,
        Err(code) => return code,
    };
    let defines: Vec<_> = args.defines.iter().map(|(name, value)| (&**name, &**value)).collect();
    let plan = match embedded.plan_in(args.flags.simtime, &defines) {
        Ok(plan) => plan,
        Err(why) => {
            output::say_text(&why.0);
            return ExitCode::from(BAD_GRAPH);
        }
    };
    let log = args.log.options();
    if let Err(code) = logs(&log) {
        return code;
    }
    let options = args.flags.options(log, "compiled engine (this program)".into());
    match to_the_end(plan, options, build) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            say!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Shows events from here on, as the command line asks. The code is that of a
/// program whose arguments are wrong.
pub fn logs(options: &LogOptions) -> Result<(), ExitCode> {
    pkgraph_serve::log::install(options).map_err(|why| {
        say!("error: {why}");
        ExitCode::from(BAD_GRAPH)
    })
}

/// The arguments of this program. Help, or what is wrong with them, has been
/// printed when there are none.
pub fn parse<A: Parser>() -> Result<A, ExitCode> {
    A::try_parse().map_err(|error| {
        let printed = error.print();
        if error.use_stderr() {
            return ExitCode::from(error.exit_code() as u8);
        }
        // The library may have kept something back.
        printed_code(printed.map_err(output::named).and_then(|()| output::print("")))
    })
}

/// Prints all that a command prints, and says if that fails.
pub fn print(text: &str) -> ExitCode {
    printed_code(output::print(text))
}

/// The exit code of a command whose output was `written`. A reader that has gone
/// has read enough.
pub fn printed_code(written: io::Result<()>) -> ExitCode {
    match output::unless_closed(written) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// `NAME=VALUE` as a pair.
pub fn define(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.trim_start_matches('$').to_string(), value.to_string()))
}

/// Runs a graph until it ends. The error says why it did not start.
pub fn to_the_end<G: Graph + 'static>(
    plan: Plan,
    options: RunOptions,
    build: fn(&Plan, &mut Context) -> Result<G, StartError>,
) -> Result<(), String> {
    let run = start(plan, options, build)?;
    while !run.wait(Duration::from_secs(3600)) {}
    run.end().map(drop).map_err(|error| error.to_string())
}

/// Starts a graph. The error says why it did not.
pub fn start<G: Graph + 'static>(
    plan: Plan,
    options: RunOptions,
    build: fn(&Plan, &mut Context) -> Result<G, StartError>,
) -> Result<Run, String> {
    let plan = Arc::new(plan);
    Run::start(plan.clone(), options, build).map_err(|error| explain(&plan, &error))
}
