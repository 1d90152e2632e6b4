//! From a file name and `NAME=VALUE` to a checked Plan.

use crate::diagnostics;
use pkgraph_elements::{Builtin, ElementSet};
use pkgraph_lang::{Catalogue, Source, compile};
use pkgraph_runtime::Plan;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A graph and the values of its variables.
#[derive(clap::Args, Debug)]
pub struct GraphArgs {
    /// The graph, such as graphs/sfu_socket.click.
    pub file: PathBuf,
    /// Values of variables that the graph defines.
    #[arg(value_name = "NAME=VALUE", value_parser = define)]
    pub defines: Vec<(String, String)>,
}

fn define(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.trim_start_matches('$').to_string(), value.to_string()))
}

/// Exit code of a graph that is wrong.
pub const BAD_GRAPH: u8 = 2;

/// The element classes of this program.
pub fn catalogue() -> Catalogue {
    Catalogue::new(Builtin::CATALOGUE)
}

/// Reads and checks a graph. What is wrong has been printed when it fails:
/// exit code 1 for a file that cannot be read, 2 for a graph with errors.
pub fn load(args: &GraphArgs) -> Result<Plan, ExitCode> {
    let source = read(&args.file).map_err(|message| {
        eprintln!("{message}");
        ExitCode::FAILURE
    })?;
    compile(&source, &args.defines, &catalogue()).map_err(|errors| {
        diagnostics::print(&source, &errors);
        ExitCode::from(BAD_GRAPH)
    })
}

fn read(path: &Path) -> Result<Source, String> {
    let name = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Source { name, text }),
        Err(error) => Err(match error.kind() {
            std::io::ErrorKind::NotFound => {
                format!("{name}: no such file; the graphs that come with pkgraph are in graphs/")
            }
            _ => format!("{name}: {error}"),
        }),
    }
}
