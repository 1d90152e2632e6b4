//! `pkgraph build`.

use super::graph::{self, GraphArgs};
use super::{cache, set::Set};
use crate::program::files;
use pkgraph_elements::Home;
use pkgraph_lang::Program;
use pkgraph_runtime::{Plan, output, say};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Compiles a graph: prints its loop as Rust, or makes a program of it.
#[derive(clap::Args, Debug)]
#[group(required = true, multiple = true, args = ["emit", "output"])]
pub struct BuildArgs {
    #[command(flatten)]
    graph: GraphArgs,
    /// What to print.
    #[arg(long, value_enum)]
    emit: Option<Emit>,
    /// Where to put a program that runs this graph and no other. It takes
    /// NAME=VALUE and the options of `run`.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What `build` prints.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Emit {
    /// The Rust module that the graph becomes.
    Rust,
}

pub fn main(args: &BuildArgs, set: &Set) -> ExitCode {
    let plan = match graph::load(&args.graph, &set.catalogue) {
        Ok(plan) => plan,
        Err(code) => return code,
    };
    if let Some(Emit::Rust) = args.emit
        && let Err(error) = output::print_all(&set.text(&plan))
    {
        say!("{error}");
        return ExitCode::FAILURE;
    }
    let Some(output) = &args.output else { return ExitCode::SUCCESS };
    match standalone(&args.graph, &plan, set, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            say!("cannot build {}: {why}", output.display());
            ExitCode::FAILURE
        }
    }
}

/// Builds a program that is `graph`, which `plan` was made of.
fn standalone(graph: &GraphArgs, plan: &Plan, set: &Set, to: &Path) -> Result<(), String> {
    let mut sources = vec![files::source(&graph.file)?];
    Program::read(&sources[0].clone(), &mut |from, name| {
        let source = files::library(from, name)?;
        sources.push(source.clone());
        Ok(source)
    });
    let files: String = sources
        .iter()
        .map(|file| format!("            ({:?}, {:?}),\n", file.name, file.text))
        .collect();
    let (pkgraph, elements) = match set.home {
        None => ("::pkgraph".to_string(), "::pkgraph::elements::Builtin".to_string()),
        Some(Home { library, set, .. }) => {
            (format!("::{library}::__pkgraph"), format!("::{library}::{set}"))
        }
    };
    let defines = &graph.defines;
    let sockets = match graph.backend.sockets() {
        None => "None".to_string(),
        Some(sockets) => format!("Some({pkgraph}::runtime::Sockets::{sockets:?})"),
    };
    let main = format!(
        "mod graph;\n\nfn main() -> std::process::ExitCode {{\n    \
         let embedded = {pkgraph}::Embedded {{\n        files: &[\n{files}        ],\n        \
         defines: &{defines:?},\n        \
         sockets: {sockets},\n        \
         topology: graph::TOPOLOGY,\n        \
         elements: &[<{elements} as {pkgraph}::elements::ElementSet>::CATALOGUE],\n    }};\n    \
         {pkgraph}::standalone(embedded, graph::Compiled::start)\n}}\n"
    );
    cache::standalone(set.home, &set.code(plan), &main, to)
}
