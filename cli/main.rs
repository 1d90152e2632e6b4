//! The command line with the elements of the library.

use pkgraph::elements::Builtin;
use std::process::ExitCode;

fn main() -> ExitCode {
    pkgraph::main::<Builtin>()
}
