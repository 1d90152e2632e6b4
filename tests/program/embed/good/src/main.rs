//! A graph of elements of another crate.

use embedding::Deal;
use embedding::inner::*;

pkgraph::graph!("graphs/main.click", Deal, Counter,);

fn main() -> std::process::ExitCode {
    // Both are the same graph.
    assert_eq!(TOPOLOGY, embedding::Compiled::plan(&[]).unwrap().topology());
    Compiled::main()
}
