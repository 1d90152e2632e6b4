//! `pkgraph check`: whether a graph is well-formed.

use crate::graph::{self, GraphArgs};
use std::process::ExitCode;

/// Checks a graph without running it.
#[derive(clap::Args, Debug)]
pub struct CheckArgs {
    #[command(flatten)]
    graph: GraphArgs,
}

pub fn main(args: &CheckArgs) -> ExitCode {
    match graph::load(&args.graph) {
        Ok(plan) => {
            println!("{}: {} elements, no errors", args.graph.file.display(), plan.nodes.len());
            ExitCode::SUCCESS
        }
        Err(code) => code,
    }
}
