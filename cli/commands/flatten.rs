//! `pkgraph flatten`: a graph without compounds, variables and shorthand.

use super::graph::{self, GraphArgs};
use super::set::Set;
use crate::program::{self, BAD_GRAPH, diagnostics};
use pkgraph_lang::flatten;
use std::process::ExitCode;

/// Prints a graph with its compounds expanded: declarations, then connections.
#[derive(clap::Args, Debug)]
pub struct FlattenArgs {
    #[command(flatten)]
    graph: GraphArgs,
}

pub fn main(args: &FlattenArgs, set: &Set) -> ExitCode {
    let program = match graph::program(&args.graph) {
        Ok(program) => program,
        Err(code) => return code,
    };
    match flatten(&program, &args.graph.defines, &set.catalogue) {
        Ok(text) => program::print(&text),
        Err(errors) => {
            diagnostics::print(&program.sources, &errors);
            ExitCode::from(BAD_GRAPH)
        }
    }
}
