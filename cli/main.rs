//! The command line: one file per command.

mod cache;
mod check;
mod diagnostics;
mod engine;
mod flatten;
mod fmt;
mod graph;
mod run;

use clap::{Parser, Subcommand};
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
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run(args) => run::main(args),
        Command::Check(args) => check::main(&args),
        Command::Flatten(args) => flatten::main(&args),
        Command::Fmt(args) => fmt::main(&args),
        Command::Build(args) => run::build(&args),
    }
}
