//! `graph!`: a graph compiled into the crate that names it.
//!
//! ```text
//! graph!("g.click", Shout)
//!     ──▶ Shout! { {__graph} "g.click" [Shout] }       made by #[derive(Declare)]
//!     ──▶ __graph! { "g.click" [Shout] "struct Shout …" }
//!     ──▶ mod compiled { … }
//! ```
//!
//! The library's elements are linked, so that all they declare is at hand.
//! Those of the crate itself are only tokens by now: what these say is checked
//! here, and the rest of it when the program makes a Plan. How a Plan is run this
//! crate does not know.

mod declared;
mod expand;
mod input;

use proc_macro::TokenStream;
use syn::parse_macro_input;

/// Compiles a graph into this crate.
///
/// The file is named from the folder of the crate's Cargo.toml. Behind it stand
/// the crate's own elements that the graph uses, or those of other crates than
/// pkgraph, by any path:
///
/// ```ignore
/// mod shout;
///
/// pkgraph::graph!("graphs/main.click", shout::Shout);
///
/// fn main() -> std::process::ExitCode {
///     Compiled::main()
/// }
/// ```
///
/// It stands in a module, one in each and not in a function, and brings into it
///
/// - `Compiled`, the graph as one loop: a [`Graph`](../pkgraph_runtime/trait.Graph.html).
///   `Compiled::plan` gives its Plan, with values for the graph's variables,
///   `Compiled::start` starts it from a Plan, `Compiled::main` is a whole program
///   with the arguments that `pkgraph run` has. `pkgraph::testing::GraphBench`
///   runs it in a test.
/// - `TOPOLOGY`, the shape that the loop was made for. Values of variables
///   that give the graph another shape are refused.
///
/// Errors in the graph are errors of the crate, with their place in the
/// `.click` file. Of the crate's own elements, three things can be known only
/// by the program: the number of ports where `ports_with` gives it, what
/// `validate` refuses, and arguments of types that are not pkgraph's or those
/// of the standard library. `Compiled::plan` tells these errors, so a test that
/// calls it finds them.
///
/// The macro is there with the feature `cli`, which is on unless a crate turns
/// it off.
///
/// An element is a struct with `#[derive(Declare)]`; of any other, rustc says
/// that there is no macro of its name. It goes by the name that the struct has
/// where it is declared.
#[proc_macro]
pub fn graph(tokens: TokenStream) -> TokenStream {
    let input = parse_macro_input!(tokens as input::Call);
    input.next_step().into()
}

/// `graph!` with the declarations of its elements, as far as they are known.
#[doc(hidden)]
#[proc_macro]
pub fn __graph(tokens: TokenStream) -> TokenStream {
    let input = parse_macro_input!(tokens as input::Step);
    input.0.next_step().into()
}
