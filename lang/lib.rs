//! The graph language: text in, [`Plan`] out.
//!
//! ```text
//!  text ──parse──▶ AST ──graph──▶ graph ──checks──▶ wiring, kinds ──plan──▶ Plan
//!                                   ▲                  ▲
//!                          defines ─┘      catalogue ──┘
//! ```
//!
//! | step | module | takes | gives |
//! | --- | --- | --- | --- |
//! | 1 | [`parse`] | the text | an [`ast`] with spans |
//! | 2 | [`graph`] | the AST, variables | elements and connections, ports as written |
//! | 3 | [`checks::arguments`] | each element | its arguments by name |
//! | 4 | [`wiring`] | ports as written | ports as numbers |
//! | 5 | [`checks`] | the wiring | push or pull for every port, or errors |
//! | 6 | [`plan`] | all of it | who calls whom and in which order: the [`Plan`] |
//! | 7 | [`emit()`] | a Plan | the loop in Rust |
//!
//! Each step goes as far as it can, so that one run tells as many errors as
//! there are; the Plan is made only if there are none.
//!
//! What this crate does not know: any element (the [`Catalogue`] is passed
//! in; only the advice of some errors names a few), packets and what happens
//! to them, how a Plan is run, files, the command line, and how a
//! [`Diagnostic`] looks on a terminal. No type of the parser generator leaves
//! `parse`.

pub mod ast;
mod catalogue;
pub mod checks;
mod click;
mod diagnostic;
mod emit;
pub mod expand;
pub mod graph;
pub mod parse;
pub mod plan;
mod scan;
mod source;
mod suggest;
#[cfg(test)]
mod testing;
pub mod wiring;

pub use catalogue::Catalogue;
pub use diagnostic::{Diagnostic, Label};
pub use emit::emit;
pub use source::{Source, SourceMap, Span};

use checks::{arguments, calls::PullCircle, processing, reuse, unconnected};
use pkgraph_runtime::{Args, ElementInfo, Plan};
use wiring::Wiring;

/// Compiles a graph. `defines` are values for variables that the graph
/// defines; they replace the graph's own. The errors are in the order of the
/// text.
pub fn compile(
    source: &Source,
    defines: &[(String, String)],
    catalogue: &Catalogue,
) -> Result<Plan, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let plan = pipeline(source, defines, catalogue, &mut errors);
    errors.sort_by_key(|error| error.span);
    match plan {
        Some(plan) if errors.is_empty() => Ok(plan),
        _ => Err(errors),
    }
}

fn pipeline(
    source: &Source,
    defines: &[(String, String)],
    catalogue: &Catalogue,
    errors: &mut Vec<Diagnostic>,
) -> Option<Plan> {
    let text = source.text.as_str();
    let file = parse::parse(text).map_err(|found| errors.extend(found)).ok()?;
    let graph = graph::build(&file, text, defines, catalogue, errors);
    let args: Vec<_> = graph.node_weights().map(|e| arguments::bind(e, errors)).collect();
    let wiring = Wiring::new(&graph, &args, errors);
    unconnected::check(&graph, &wiring, errors);
    let kinds = processing::resolve(&graph, &wiring, errors);
    reuse::check(&graph, &wiring, &kinds, errors);
    if !errors.is_empty() {
        return None;
    }
    let calls = plan::calls::order(&wiring, &kinds)
        .map_err(|circle| errors.push(PullCircle::new(&graph, &circle).into()))
        .ok()?;
    let infos: Vec<&'static ElementInfo> =
        graph.node_weights().map(|e| e.info).collect::<Option<_>>()?;
    let args: Vec<Args> = args.into_iter().collect::<Option<_>>()?;
    let map = SourceMap::new(source);
    let checked =
        plan::Checked { graph: &graph, infos, args, wiring: &wiring, kinds: &kinds, calls };
    Some(plan::lower(checked, &map))
}
