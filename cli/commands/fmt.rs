//! `pkgraph fmt`: the layout of graphs.

use crate::program::{BAD_GRAPH, diagnostics, files};
use crate::whole_file::{self, Kind};
use pkgraph_lang::{Source, fmt};
use pkgraph_runtime::{output, say};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Lays out graphs: indentation, spaces and semicolons. Comments are kept.
#[derive(clap::Args, Debug)]
pub struct FmtArgs {
    /// The graphs, which are written in place; `-` stands for standard input
    /// and output.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Writes nothing and says which files would change; the exit code is 1 if
    /// one would.
    #[arg(long)]
    check: bool,
}

pub fn main(args: &FmtArgs) -> ExitCode {
    let worst = args.files.iter().map(|path| match file(path, args.check) {
        Ok(changed) => u8::from(changed && args.check),
        Err(code) => code,
    });
    ExitCode::from(worst.max().unwrap_or(0))
}

/// Whether the layout of a file was to be changed.
fn file(path: &Path, check: bool) -> Result<bool, u8> {
    let stdin = path.as_os_str() == "-";
    let fail = |message: String| {
        say!("{message}");
        1
    };
    let source = if stdin { read_stdin() } else { files::source(path) }.map_err(fail)?;
    let text = fmt(&source).map_err(|(sources, errors)| {
        diagnostics::print(&sources, &errors);
        BAD_GRAPH
    })?;
    let changed = text != source.text;
    if check {
        if changed {
            output::print_all(&format!("{}\n", source.name)).map_err(|e| fail(e.to_string()))?;
        }
    } else if stdin {
        output::print_all(&text).map_err(|e| fail(e.to_string()))?;
    } else if changed {
        whole_file::write(path, text.as_bytes(), Kind::Text)
            .map_err(|e| fail(format!("{}: {e}", source.name)))?;
    }
    Ok(changed)
}

fn read_stdin() -> Result<Source, String> {
    let read = Source::from_reader(std::io::stdin(), "<stdin>".into());
    read.map_err(|error| error.about("standard input"))
}
