//! Diagnostics as text.

use pkgraph_lang::{Diagnostic, Source};

/// Prints errors of a graph on standard error.
pub fn print(source: &Source, errors: &[Diagnostic]) {
    for error in errors {
        eprintln!("{}: {error:?}", source.name);
    }
}
