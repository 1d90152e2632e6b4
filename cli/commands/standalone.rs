//! Programs that are one graph: `pkgraph build -o`.

use super::graph::{self, BAD_GRAPH, GraphArgs};
use super::run::RunFlags;
use super::{cache, diagnostics, set::Set};
use clap::Parser;
use pkgraph_elements::{ElementSet, Home};
use pkgraph_lang::{Program, Source, compile_program};
use pkgraph_runtime::{ArgError, Graph, NodeId, Plan};
use std::path::Path;
use std::process::ExitCode;

/// A graph that is part of a program.
pub struct Embedded {
    /// The graph's file and the libraries that it requires: name and text.
    pub files: &'static [(&'static str, &'static str)],
    /// The values of variables that it was built with.
    pub defines: &'static [(&'static str, &'static str)],
    /// The shape that the loop was made for.
    pub topology: &'static str,
}

/// A graph as a program.
#[derive(Parser)]
#[command(disable_help_flag = true)]
struct Args {
    /// Values of variables that the graph defines.
    #[arg(value_name = "NAME=VALUE", value_parser = graph::define)]
    defines: Vec<(String, String)>,
    #[command(flatten)]
    flags: RunFlags,
}

/// The main function of such a program.
pub fn main<S: ElementSet + 'static, G: Graph + 'static>(
    embedded: Embedded,
    build: fn(&Plan) -> Result<G, (NodeId, ArgError)>,
) -> ExitCode {
    let args = Args::parse();
    let source = |&(name, text): &(&str, &str)| Source { name: name.into(), text: text.into() };
    let program = Program::read(&source(&embedded.files[0]), &mut |from, name| {
        let path = graph::library_path(from, name).display().to_string();
        let file = embedded.files.iter().find(|file| file.0 == path);
        file.map(source).ok_or_else(|| format!("{path} is not part of this program"))
    });
    let given = |name: &str| args.defines.iter().any(|(other, _)| other == name);
    let built_in = embedded.defines.iter().filter(|(name, _)| !given(name));
    let mut defines: Vec<_> = built_in.map(|&(n, v)| (n.to_string(), v.to_string())).collect();
    defines.extend(args.defines.iter().cloned());
    let plan = match compile_program(&program, &defines, &Set::of::<S>().catalogue) {
        Ok(plan) => plan,
        Err(errors) => {
            diagnostics::print(&program.sources, &errors);
            return ExitCode::from(BAD_GRAPH);
        }
    };
    if plan.topology() != embedded.topology {
        eprintln!(
            "these values give the graph another shape than it was built with: \
             build it with them"
        );
        return ExitCode::from(BAD_GRAPH);
    }
    let options = args.flags.options("compiled engine (this program)".into());
    match super::run::to_the_end(plan, options, build) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Builds such a program from `graph`, which `plan` was made of.
pub fn build(graph: &GraphArgs, plan: &Plan, set: &Set, to: &Path) -> Result<(), String> {
    let mut files = vec![graph::source(&graph.file)?];
    Program::read(&files[0].clone(), &mut |from, name| {
        let source = graph::library(from, name)?;
        files.push(source.clone());
        Ok(source)
    });
    let files: String = files
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
    let main = format!(
        "mod graph;\n\nfn main() -> std::process::ExitCode {{\n    \
         let embedded = {pkgraph}::Embedded {{\n        files: &[\n{files}        ],\n        \
         defines: &{defines:?},\n        \
         topology: graph::TOPOLOGY,\n    }};\n    \
         {pkgraph}::standalone::<{elements}, _>(embedded, graph::Compiled::new)\n}}\n"
    );
    cache::standalone(set.home, &set.code(plan), &main, to)
}
