//! `pkgraph run`.

use super::engine::{self, Engine, EngineChoice};
use super::graph::{self, GraphArgs};
use super::session;
use super::set::{Set, Start};
use crate::program::flags::duration;
use crate::program::{RunFlags, start, to_the_end};
use pkgraph_lang::Program;
use pkgraph_runtime::{Plan, say};
use pkgraph_serve::log::LogOptions;
use pkgraph_serve::program::{RunOptions, Spec};
use std::os::unix::process::CommandExt;
use std::process::ExitCode;
use std::time::Duration;

/// Runs a graph.
#[derive(clap::Args, Debug)]
#[command(disable_help_flag = true)]
pub struct RunArgs {
    #[command(flatten)]
    graph: GraphArgs,
    /// The engine: compiled if it can be had, compiled, or dynamic.
    #[arg(long, value_enum, default_value_t)]
    engine: EngineChoice,
    /// Runs this many clients of the switch, too, over loopback.
    #[arg(long, value_name = "N", conflicts_with = "simtime")]
    clients: Option<usize>,
    /// With --clients: from one packet of a stream to the next.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "4ms")]
    interval: Duration,
    #[command(flatten)]
    flags: RunFlags,
}

pub fn main(args: RunArgs, log: LogOptions, set: &Set) -> ExitCode {
    let plan = match loaded(&args, set) {
        Ok(plan) => plan,
        Err(code) => return code,
    };
    let mut options = args.flags.options(log, String::new());
    let session = args.clients.map(|clients| session::Options {
        clients,
        interval: args.interval,
        // It is the clients' streaming that is timed.
        duration: options.duration.take(),
    });
    let engine = match session {
        // The report at the end is of a thread of this process.
        Some(_) => engine::choose_here(&plan, args.engine, set),
        None => engine::choose(&plan, args.engine, set),
    };
    let outcome = engine.and_then(|engine| match engine {
        Engine::Here(build, engine) => here(plan, RunOptions { engine, ..options }, build, session),
        Engine::Program(program, engine) => {
            let spec = Spec { plan, options: RunOptions { engine, ..options } };
            let text = serde_json::to_string(&spec).expect("a spec is plain data");
            // Returns only when it fails.
            let error = match program.command(&text) {
                Ok(mut command) => command.arg0("pkgraph").exec(),
                Err(error) => error,
            };
            if args.engine == EngineChoice::Compiled {
                return Err(format!("the compiled graph does not start: {error}"));
            }
            let engine = format!("dynamic engine (the compiled one does not start: {error})");
            here(spec.plan, RunOptions { engine, ..spec.options }, set.dynamic, session)
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            say!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// The graph, checked for the time in which it will run.
fn loaded(args: &RunArgs, set: &Set) -> Result<Plan, ExitCode> {
    let program = graph::program(&args.graph)?;
    let program = Program { virtual_time: args.flags.simtime, ..program };
    graph::compile(&program, &args.graph, &set.catalogue)
}

/// Runs in this process.
fn here(
    plan: Plan,
    options: RunOptions,
    build: Start,
    session: Option<session::Options>,
) -> Result<(), String> {
    let Some(session) = session else { return to_the_end(plan, options, build) };
    session::run(start(plan, options, build)?, session)
}
