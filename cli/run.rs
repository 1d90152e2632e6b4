//! `pkgraph run` and `pkgraph build`.

use crate::engine::{self, Engine, EngineChoice};
use crate::graph::{self, GraphArgs};
use crate::session;
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
    /// Runs this many clients of the switch, too, over loopback.
    #[arg(long, value_name = "N")]
    clients: Option<usize>,
    /// With --clients: from one packet of a stream to the next.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "4ms")]
    interval: Duration,
    /// Listens for clients of Click's ControlSocket protocol, such as
    /// `pkgraph ctl`. May be repeated.
    #[arg(long, value_name = "unix:PATH|tcp:HOST:PORT")]
    control: Vec<String>,
    /// Serves metrics for Prometheus over HTTP.
    #[arg(long, value_name = "HOST:PORT")]
    metrics: Option<String>,
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

pub fn duration(text: &str) -> Result<Duration, String> {
    Duration::from_arg(text)
}

pub fn main(args: RunArgs) -> ExitCode {
    let plan = match graph::load(&args.graph) {
        Ok(plan) => plan,
        Err(code) => return code,
    };
    let session = args.clients.map(|clients| session::Options {
        clients,
        interval: args.interval,
        duration: args.duration,
    });
    let options = RunOptions {
        handlers: args.handlers,
        // With clients, it is their streaming that is timed.
        duration: args.duration.filter(|_| session.is_none()),
        buffers: args.buffers,
        control: args.control,
        metrics: args.metrics,
        engine: String::new(),
    };
    let engine = match session {
        // The report at the end is of a thread of this process.
        Some(_) => engine::choose_here(&plan, args.engine),
        None => engine::choose(&plan, args.engine),
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
            here(spec.plan, RunOptions { engine, ..spec.options }, engine::dynamic, session)
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Runs in this process.
fn here(
    plan: Plan,
    options: RunOptions,
    build: engine::Build,
    session: Option<session::Options>,
) -> Result<(), String> {
    let plan = Arc::new(plan);
    let run = Run::start(plan.clone(), options, build).map_err(|error| explain(&plan, &error))?;
    if let Some(session) = session {
        return session::run(run, session);
    }
    while !run.wait(Duration::from_secs(3600)) {}
    run.end().map(drop).map_err(|error| format!("standard output: {error}"))
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
