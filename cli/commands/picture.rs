//! `pkgraph graph`: the picture of a graph.

use super::graph::{self, GraphArgs};
use super::set::Set;
use crate::program;
use crate::whole_file::{self, Kind};
use clap::ValueEnum;
use pkgraph_picture::MOST_DRAWN;
use pkgraph_runtime::say;
use std::path::PathBuf;
use std::process::ExitCode;

/// Draws a graph: elements, compounds as boxes around theirs, ports, and what
/// is pushed and what is pulled.
#[derive(clap::Args, Debug)]
pub struct PictureArgs {
    #[command(flatten)]
    graph: GraphArgs,
    /// A picture, or the graph for tools that read DOT.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Where to write it; without this, to standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The language of a picture.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// Scalable Vector Graphics, as browsers show it.
    #[default]
    Svg,
    /// Graphviz's language.
    Dot,
}

pub fn main(args: &PictureArgs, set: &Set) -> ExitCode {
    let plan = match graph::load(&args.graph, &set.catalogue) {
        Ok(plan) => plan,
        Err(code) => return code,
    };
    let text = match args.format {
        Format::Svg => pkgraph_picture::svg(&plan, &set.catalogue),
        Format::Dot => Some(pkgraph_picture::dot(&plan, &set.catalogue)),
    };
    let Some(text) = text else {
        say!(
            "{}: the layout of {} elements takes too long; up to {MOST_DRAWN} are drawn, and \
             --format dot gives the graph to other tools",
            args.graph.file.display(),
            plan.nodes.len()
        );
        return ExitCode::FAILURE;
    };
    match &args.output {
        None => program::print(&text),
        Some(path) => match whole_file::write(path, text.as_bytes(), Kind::Text) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                say!("{}: {error}", path.display());
                ExitCode::FAILURE
            }
        },
    }
}
