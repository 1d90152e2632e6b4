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
//! | 1 | [`Program`], `parse` | the text, its libraries | an [`ast`] with spans |
//! | 2 | [`graph`] | the AST, variables | elements and connections, compounds expanded, ports as written |
//! | | `on_sockets` | the graph | the same with sockets in the place of devices, if [`Program::sockets`] says so |
//! | 3 | [`checks::arguments`] | each element | its arguments by name |
//! | 4 | [`wiring`] | ports as written | ports as numbers |
//! | 5 | [`checks`] | the wiring | push or pull for every port, or errors |
//! | 6 | [`plan`] | all of it | who calls whom and in which order: the [`Plan`] |
//! | 7 | [`emit()`] | a Plan | the loop in Rust |
//!
//! Beside them, [`flatten()`] prints a graph after step 2, and [`fmt()`] lays
//! out a text after step 1.
//!
//! Each step goes as far as it can, so that one run tells as many errors as
//! there are; the Plan is made only if there are none.
//!
//! What this crate does not know: any element (the [`Catalogue`] is passed
//! in; only the advice of some errors names a few), packets and what happens
//! to them, how a Plan is run, files, the command line, and how a
//! [`Diagnostic`] looks on a terminal. No type of the parser generator leaves
//! `parse`.

// They panic when a line cannot be written: see `output` of the runtime.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod ast;
mod catalogue;
pub mod checks;
mod click;
mod diagnostic;
mod emit;
pub mod expand;
mod flatten;
mod fmt;
pub mod graph;
mod library;
#[cfg(test)]
mod linear;
mod on_sockets;
mod parse;
pub mod plan;
mod program;
#[cfg(test)]
mod properties;
mod read;
mod scan;
mod source;
mod suggest;
#[cfg(test)]
mod testing;
pub mod wiring;

pub use catalogue::Catalogue;
pub use checks::arguments::bind_config;
pub use diagnostic::{Diagnostic, Label};
pub use emit::{emit, emit_within};
pub use flatten::flatten;
pub use fmt::fmt;
pub use library::library_path;
pub use program::{Libraries, Program};
pub use read::ReadError;
pub use source::{Excerpt, Source, Sources, Span};

use checks::{
    annotations, arguments, calls::PullCircle, compounds::CompoundError, outside, processing,
    reuse, unconnected,
};
use pkgraph_runtime::{Args, ElementInfo, Plan};
use wiring::Wiring;

/// Compiles a graph that requires no libraries. `defines` are values for
/// variables that the graph defines; they replace the graph's own. The errors
/// are in the order of the text.
pub fn compile(
    source: &Source,
    defines: &[(String, String)],
    catalogue: &Catalogue,
) -> Result<Plan, Vec<Diagnostic>> {
    let mut none = |_: &str, _: &str| Err("there are no files here".to_string());
    compile_program(&Program::read(source, &mut none), defines, catalogue)
}

/// Compiles a graph that was read with its libraries, like [`compile`].
pub fn compile_program(
    program: &Program,
    defines: &[(String, String)],
    catalogue: &Catalogue,
) -> Result<Plan, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let plan = pipeline(program, defines, catalogue, &mut errors);
    if !program.errors.is_empty() {
        // What was left out may be what the others want.
        errors.retain(|error| !error.needs_all);
        errors.extend(program.errors.iter().cloned());
    }
    match plan {
        Some(plan) if errors.is_empty() => Ok(plan),
        _ => Err(in_order(errors)),
    }
}

/// The errors in the order of the text. What is wrong in a compound is said
/// once, however often the compound is used.
fn in_order(mut errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
    errors.sort_by_key(|error| error.span);
    errors.dedup_by(|later, earlier| later.repeats(earlier));
    errors
}

fn pipeline(
    program: &Program,
    defines: &[(String, String)],
    catalogue: &Catalogue,
    errors: &mut Vec<Diagnostic>,
) -> Option<Plan> {
    let sources = &program.sources;
    let graph = on_sockets::build(program, defines, catalogue, errors).graph;
    if program.virtual_time {
        outside::check(&graph, errors);
    }
    let args: Vec<_> = graph.node_weights().map(|e| arguments::bind(e, errors)).collect();
    if !program.errors.is_empty() {
        // Nothing can be said of connections.
        return None;
    }
    let wiring = Wiring::new(&graph, &args, errors);
    unconnected::check(&graph, &wiring, errors);
    annotations::check(&graph, &wiring, catalogue, errors);
    let before = errors.len();
    let kinds = processing::resolve(&graph, &wiring, errors);
    reuse::check(&graph, &wiring, &kinds, errors);
    if errors.len() > before {
        // Who calls whom is not known.
        return None;
    }
    let calls = plan::calls::order(&wiring, &kinds)
        .map_err(|circle| errors.push(PullCircle::new(&graph, &circle).into()))
        .ok()?;
    if !errors.is_empty() {
        return None;
    }
    let infos: Vec<&'static ElementInfo> =
        graph.node_weights().map(|e| e.info).collect::<Option<_>>()?;
    let args: Vec<Args> = args.into_iter().collect::<Option<_>>()?;
    let checked = plan::Checked { graph, infos, args, wiring: &wiring, kinds: &kinds, calls };
    let plan = plan::lower(checked, sources);
    if plan.is_none() {
        let (span, what, most) = (Span::default(), "ways to sinks", plan::limits::MOST_LIMITS);
        errors.push(CompoundError::TooLarge { span, what, most }.into());
    }
    plan
}
