//! Graphs and libraries in files.

use pkgraph_lang::{Program, ReadError, Source, library_path};
use std::path::Path;

/// Reads a graph and the libraries that it requires. The error says why there
/// is no such graph.
pub fn read(path: &Path) -> Result<Program, String> {
    Ok(Program::read(&source(path)?, &mut library))
}

/// Reads a file.
pub fn source(path: &Path) -> Result<Source, String> {
    let name = path.display().to_string();
    Source::read(path, name.clone()).map_err(|error| match error {
        ReadError::Missing => {
            format!("{name}: no such file; the graphs that come with pkgraph are in graphs/")
        }
        error => error.about(&name),
    })
}

/// Reads a library, which is named from the folder of the file that requires
/// it.
pub fn library(from: &str, name: &str) -> Result<Source, String> {
    let path = library_path(from, name);
    let name = path.display().to_string();
    Source::read(&path, name.clone()).map_err(|error| match error {
        ReadError::Missing => format!("there is no file {name}"),
        error => error.about(&name),
    })
}
