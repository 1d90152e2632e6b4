//! Graphs with errors.

use pkgraph::elements::{Declare, Element};

/// Writes packets in capitals.
#[derive(Declare)]
#[element(subject = "own", ports = "1/1", processing = "a/a")]
pub struct Shout {
    /// How loud.
    #[arg(position, default = "1")]
    volume: u8,
}

impl Element for Shout {}

/// No element: it declares nothing.
pub struct Plain;

mod names {
    pkgraph::graph!("graphs/names.click", crate::Shout);
}

mod own {
    pkgraph::graph!("graphs/own.click", super::Shout);
}

mod missing {
    pkgraph::graph!("graphs/missing.click");
}

mod library {
    pkgraph::graph!("graphs/library.click");
}

mod plain {
    pkgraph::graph!("graphs/own.click", super::Plain);
}

mod words {
    pkgraph::graph!(graphs, Shout);
}

fn main() -> std::process::ExitCode {
    names::Compiled::main()
}
