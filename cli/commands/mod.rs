//! The command line: one file per command.

mod build;
mod cache;
mod check;
mod compare;
mod completions;
mod ctl;
mod describe;
mod doctor;
mod elements;
mod engine;
mod flatten;
mod fmt;
mod graph;
mod json;
mod new;
mod picture;
mod private;
mod reference;
mod run;
mod seal;
mod session;
mod set;
mod toolchain;
mod top;

use crate::client::{self, ClientArgs};
use crate::program::{self, LogFlags};
use clap::{CommandFactory, Parser, Subcommand};
use pkgraph_elements::ElementSet;
use set::Set;
use std::process::ExitCode;
use tracing::info_span;

/// Runs dataflow graphs of packet elements.
#[derive(Parser)]
#[command(name = "pkgraph", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    log: LogFlags,
}

#[derive(Subcommand)]
enum Command {
    Run(run::RunArgs),
    Check(check::CheckArgs),
    Compare(compare::CompareArgs),
    Flatten(flatten::FlattenArgs),
    Fmt(fmt::FmtArgs),
    Graph(picture::PictureArgs),
    Build(build::BuildArgs),
    New(new::NewArgs),
    Client(ClientArgs),
    Ctl(ctl::CtlArgs),
    Doctor(doctor::DoctorArgs),
    Top(top::TopArgs),
    Elements(elements::ElementsArgs),
    Completions(completions::CompletionsArgs),
}

/// The whole command line, for graphs of the elements of `S`. The main
/// function of a crate with elements of its own calls it with the set that
/// [`element_set!`](crate::element_set) made.
pub fn main<S: ElementSet + 'static>() -> ExitCode {
    let set = Set::of::<S>();
    let cli: Cli = match program::parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let log = cli.log.options();
    if let Err(code) = program::logs(&log) {
        return code;
    }
    let arguments = || std::env::args_os().skip(1).collect::<Vec<_>>();
    let _span = info_span!("command", arguments = ?arguments()).entered();
    match cli.command {
        Command::Run(args) => run::main(args, log, &set),
        Command::Check(args) => check::main(&args, &set),
        Command::Compare(args) => compare::main(args, &set),
        Command::Flatten(args) => flatten::main(&args, &set),
        Command::Fmt(args) => fmt::main(&args),
        Command::Graph(args) => picture::main(&args, &set),
        Command::Build(args) => build::main(&args, &set),
        Command::New(args) => new::main(&args, &set),
        Command::Client(args) => client::main(&args),
        Command::Doctor(args) => doctor::main(&args),
        Command::Ctl(args) => ctl::main(&args),
        Command::Top(args) => top::main(&args),
        Command::Elements(args) => elements::main(&args, &set.catalogue),
        Command::Completions(args) => completions::main(&args, Cli::command(), &set.catalogue),
    }
}
