//! Which engine runs a graph, and why.

use super::cache::{self, Program};
use super::set::{Set, Start};
use clap::ValueEnum;
use pkgraph_runtime::Plan;

include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// A graph that was compiled with this program.
pub struct Shipped {
    topology: &'static str,
    start: Start,
}

/// The choice of the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum EngineChoice {
    /// Compiled if that can be had, otherwise dynamic.
    #[default]
    Auto,
    /// Compiled: built in, cached, or compiled now with the Rust toolchain.
    Compiled,
    /// The graph is walked; nothing is compiled.
    Dynamic,
}

impl EngineChoice {
    /// How the command line has it, unless that is what it does without.
    pub fn argument(self) -> Option<&'static str> {
        match self {
            EngineChoice::Auto => None,
            EngineChoice::Compiled => Some("compiled"),
            EngineChoice::Dynamic => Some("dynamic"),
        }
    }
}

/// The engine that runs.
pub enum Engine {
    /// In this process; the text says which engine and why.
    Here(Start, String),
    /// A program of its own.
    Program(Program, String),
}

/// Chooses the engine for `plan`. The error says why there is no compiled one
/// though it was asked for.
pub fn choose(plan: &Plan, choice: EngineChoice, set: &Set) -> Result<Engine, String> {
    if choice == EngineChoice::Dynamic {
        return Ok(Engine::Here(set.dynamic, "dynamic engine (asked for)".into()));
    }
    let topology = plan.topology();
    if let Some(start) = built_in(&topology) {
        return Ok(Engine::Here(start, BUILT_IN.into()));
    }
    if choice == EngineChoice::Auto && plan.nodes.len() > MOST_COMPILED {
        let why = format!("more than {MOST_COMPILED} elements: --engine compiled compiles it");
        return Ok(Engine::Here(set.dynamic, format!("dynamic engine ({why})")));
    }
    match cache::program(&topology, set.home, || set.code(plan)) {
        Ok((program, how)) => Ok(Engine::Program(program, format!("compiled engine ({how})"))),
        Err(why) if choice == EngineChoice::Auto => {
            Ok(Engine::Here(set.dynamic, format!("dynamic engine ({why})")))
        }
        Err(why) => Err(format!("cannot compile the graph: {why}")),
    }
}

/// As [`choose`], for a graph that has to run in this process.
pub fn choose_here(plan: &Plan, choice: EngineChoice, set: &Set) -> Result<Engine, String> {
    if choice != EngineChoice::Dynamic
        && let Some(start) = built_in(&plan.topology())
    {
        return Ok(Engine::Here(start, BUILT_IN.into()));
    }
    match choice {
        EngineChoice::Compiled => Err("--clients runs a compiled graph only if it is one that \
             comes with pkgraph: leave --engine out, or run `pkgraph client` beside it"
            .into()),
        EngineChoice::Dynamic => choose(plan, choice, set),
        EngineChoice::Auto => {
            let why = "dynamic engine (--clients, and the graph is none that comes with pkgraph)";
            Ok(Engine::Here(set.dynamic, why.into()))
        }
    }
}

/// Graphs of more elements are compiled only where that is asked for: it takes
/// minutes.
const MOST_COMPILED: usize = 2000;

const BUILT_IN: &str = "compiled engine (built in)";

fn built_in(topology: &str) -> Option<Start> {
    SHIPPED.iter().find(|shipped| shipped.topology == topology).map(|shipped| shipped.start)
}

/// Which engine would run `plan` without compiling anything.
pub fn at_hand(plan: &Plan, set: &Set) -> &'static str {
    let topology = plan.topology();
    if built_in(&topology).is_some() {
        BUILT_IN
    } else if cache::find(&topology, set.home).is_some() {
        "compiled engine (cached)"
    } else {
        "dynamic engine, or compiled on first use"
    }
}
