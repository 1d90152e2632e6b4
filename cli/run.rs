//! `pkgraph run` and `pkgraph build`.

use crate::engine::{self, Engine, EngineChoice};
use crate::graph::{self, GraphArgs};
use clap::ArgAction;
use pkgraph_runtime::program::{Run, RunOptions, Spec, explain};
use pkgraph_runtime::{FromArg, Plan};
use std::os::unix::process::CommandExt;
use std::process::ExitCode;
use std::sync::Arc;
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
    /// How long to run, such as 10s; without it, until SIGINT or SIGTERM.
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    duration: Option<Duration>,
    /// Prints this handler after the run. May be repeated.
    #[arg(short = 'h', long = "handler", value_name = "NAME.HANDLER")]
    handlers: Vec<String>,
    /// Buffers in the pool.
    #[arg(long)]
    buffers: Option<u32>,
    /// Prints help.
    #[arg(long, action = ArgAction::Help)]
    help: Option<bool>,
}

/// Prints the loop of a graph as Rust.
#[derive(clap::Args, Debug)]
pub struct BuildArgs {
    #[command(flatten)]
    graph: GraphArgs,
    /// What to print.
    #[arg(long, value_enum)]
    emit: Emit,
}

/// What `build` prints.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Emit {
    /// The Rust module that the graph becomes.
    Rust,
}

fn duration(text: &str) -> Result<Duration, String> {
    Duration::from_arg(text)
}

pub fn main(args: RunArgs) -> ExitCode {
    let plan = match graph::load(&args.graph) {
        Ok(plan) => plan,
        Err(code) => return code,
    };
    let options = RunOptions {
        handlers: args.handlers,
        duration: args.duration,
        buffers: args.buffers,
        engine: String::new(),
    };
    match engine::choose(&plan, args.engine) {
        Ok(Engine::Here(build, why)) => here(plan, RunOptions { engine: why, ..options }, build),
        Ok(Engine::Program(program, why)) => {
            let spec = Spec { plan, options: RunOptions { engine: why, ..options } };
            let text = serde_json::to_string(&spec).expect("a spec is plain data");
            // Returns only when it fails.
            let error = match program.command(&text) {
                Ok(mut command) => command.exec(),
                Err(error) => error,
            };
            eprintln!("the compiled graph does not start: {error}");
            ExitCode::FAILURE
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn here(plan: Plan, options: RunOptions, build: engine::Build) -> ExitCode {
    let plan = Arc::new(plan);
    let run = match Run::start(plan.clone(), options, build) {
        Ok(run) => run,
        Err(error) => {
            explain(&plan, &error);
            return ExitCode::FAILURE;
        }
    };
    while !run.wait(Duration::from_secs(3600)) {}
    match run.end() {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("standard output: {error}");
            ExitCode::FAILURE
        }
    }
}

pub fn build(args: &BuildArgs) -> ExitCode {
    match graph::load(&args.graph) {
        Ok(plan) => {
            match args.emit {
                Emit::Rust => print!("{}", engine::code(&plan)),
            }
            ExitCode::SUCCESS
        }
        Err(code) => code,
    }
}
