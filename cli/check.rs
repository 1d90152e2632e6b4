//! `pkgraph check`: whether a graph is well-formed.

use crate::engine;
use crate::graph::{self, GraphArgs};
use std::process::ExitCode;

/// Checks a graph without running it.
#[derive(clap::Args, Debug)]
pub struct CheckArgs {
    #[command(flatten)]
    graph: GraphArgs,
    /// Says which engine there is for it now; compiles nothing.
    #[arg(long)]
    engine: bool,
}

pub fn main(args: &CheckArgs) -> ExitCode {
    match graph::load(&args.graph) {
        Ok(plan) => {
            println!("{}: {} elements, no errors", args.graph.file.display(), plan.nodes.len());
            if args.engine {
                println!("{}", engine::at_hand(&plan));
            }
            ExitCode::SUCCESS
        }
        Err(code) => code,
    }
}
