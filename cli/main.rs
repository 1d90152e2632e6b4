//! The command line: one file per command.

mod cache;
mod check;
mod ctl;
mod diagnostics;
mod engine;
mod flatten;
mod fmt;
mod graph;
mod run;
mod session;
mod top;

use clap::{Parser, Subcommand};
use pkgraph::client::{self, ClientArgs};
use std::process::ExitCode;

/// Runs dataflow graphs of packet elements.
#[derive(Parser)]
#[command(name = "pkgraph", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::RunArgs),
    Check(check::CheckArgs),
    Flatten(flatten::FlattenArgs),
    Fmt(fmt::FmtArgs),
    Build(run::BuildArgs),
    Client(ClientArgs),
    Ctl(ctl::CtlArgs),
    Top(top::TopArgs),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run(args) => run::main(args),
        Command::Check(args) => check::main(&args),
        Command::Flatten(args) => flatten::main(&args),
        Command::Fmt(args) => fmt::main(&args),
        Command::Build(args) => run::build(&args),
        Command::Client(args) => client::main(&args),
        Command::Ctl(args) => ctl::main(&args),
        Command::Top(args) => top::main(&args),
    }
}
