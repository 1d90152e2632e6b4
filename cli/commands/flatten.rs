//! `pkgraph flatten`: a graph without compounds, variables and shorthand.

use super::graph::{self, Backend, GraphArgs};
use super::set::Set;
use crate::program::{BAD_GRAPH, diagnostics};
use pkgraph_lang::flatten;
use std::io::Write;
use std::process::ExitCode;

/// Prints a graph with its compounds expanded: declarations, then connections.
#[derive(clap::Args, Debug)]
pub struct FlattenArgs {
    #[command(flatten)]
    graph: GraphArgs,
    /// What packets come from and go to: UDP sockets in place of netmap ports.
    #[arg(long, value_enum, default_value_t)]
    backend: Backend,
}

pub fn main(args: &FlattenArgs, set: &Set) -> ExitCode {
    let program = match graph::read(&args.graph.file) {
        Ok(program) => program,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };
    if args.backend != Backend::AsWritten {
        return match graph::over_sockets(&program, &args.graph, &set.catalogue, args.backend) {
            Ok(source) => {
                let _ = std::io::stdout().write_all(source.text.as_bytes());
                ExitCode::SUCCESS
            }
            Err(code) => code,
        };
    }
    match flatten(&program, &args.graph.defines, &set.catalogue) {
        // A reader that has seen enough is no failure.
        Ok(text) => {
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(errors) => {
            diagnostics::print(&program.sources, &errors);
            ExitCode::from(BAD_GRAPH)
        }
    }
}
