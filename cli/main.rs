//! The command line with the elements of the library.

use pkgraph::elements::Builtin;
use pkgraph::runtime::CountingAllocator;
use std::process::ExitCode;

/// So that a run can say what it allocates.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() -> ExitCode {
    pkgraph::main::<Builtin>()
}
