//! The command line: one file per command.

use clap::{Parser, Subcommand};
use pkgraph::client;
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
    Client(client::ClientArgs),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Client(args) => client::main(&args),
    }
}
