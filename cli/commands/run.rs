//! `pkgraph run` and `pkgraph build`.

use super::engine::{self, Engine, EngineChoice};
use super::graph::{self, Backend, GraphArgs};
use super::set::{Build, Set};
use super::{session, standalone};
use clap::ArgAction;
use pkgraph_runtime::netmap::DriverChoice;
use pkgraph_runtime::program::{Run, RunOptions, Spec, explain};
use pkgraph_runtime::{ArgError, CpuList, FromArg, Graph, Latency, NodeId, Plan};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
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
    /// What packets come from and go to: sockets in place of netmap ports.
    #[arg(long, value_enum, default_value_t)]
    backend: Backend,
    /// Runs this many clients of the switch, too, over loopback.
    #[arg(long, value_name = "N")]
    clients: Option<usize>,
    /// With --clients: from one packet of a stream to the next.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "4ms")]
    interval: Duration,
    #[command(flatten)]
    flags: RunFlags,
}

/// What every run of a graph may be asked for.
#[derive(clap::Args, Debug)]
pub struct RunFlags {
    /// How long to run, such as 10s; without it, until SIGINT or SIGTERM.
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    duration: Option<Duration>,
    /// Prints this handler after the run. May be repeated.
    #[arg(short = 'h', long = "handler", value_name = "NAME.HANDLER")]
    handlers: Vec<String>,
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
    /// What opens netmap ports: auto, kernel (netmap's module), xdp (AF_XDP),
    /// xdp-skb (AF_XDP in the stack) or sim (memory).
    #[arg(long, value_name = "DRIVER", value_parser = DriverChoice::from_arg, default_value = "auto")]
    driver: DriverChoice,
    /// The CPUs that the engine's thread may run on, such as 1 or 0,2-4.
    #[arg(long, value_name = "LIST", value_parser = CpuList::from_arg)]
    cpu: Option<CpuList>,
    /// How long the engine looks for work before it sleeps.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "0s")]
    spin: Duration,
    /// Runs the engine at this real-time priority, and locks all memory.
    #[arg(long, value_name = "PRIORITY", value_parser = clap::value_parser!(u8).range(1..=99))]
    realtime: Option<u8>,
    /// Prints help.
    #[arg(long, action = ArgAction::Help)]
    help: Option<bool>,
}

impl RunFlags {
    /// What is asked for, on an engine that `engine` names.
    pub fn options(self, engine: String) -> RunOptions {
        RunOptions {
            handlers: self.handlers,
            duration: self.duration,
            buffers: self.buffers,
            control: self.control,
            metrics: self.metrics,
            driver: self.driver,
            latency: Latency { cpus: self.cpu, spin: self.spin, realtime: self.realtime },
            engine,
        }
    }
}

/// Compiles a graph: prints its loop as Rust, or makes a program of it.
#[derive(clap::Args, Debug)]
#[group(required = true, multiple = true, args = ["emit", "output"])]
pub struct BuildArgs {
    #[command(flatten)]
    graph: GraphArgs,
    /// What to print.
    #[arg(long, value_enum)]
    emit: Option<Emit>,
    /// Where to put a program that runs this graph and no other. It takes
    /// NAME=VALUE and the options of `run`.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
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

pub fn main(args: RunArgs, set: &Set) -> ExitCode {
    let plan = match graph::load_over(args.backend, &args.graph, &set.catalogue) {
        Ok(plan) => plan,
        Err(code) => return code,
    };
    let mut options = args.flags.options(String::new());
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
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Runs in this process.
fn here(
    plan: Plan,
    options: RunOptions,
    build: Build,
    session: Option<session::Options>,
) -> Result<(), String> {
    let Some(session) = session else { return to_the_end(plan, options, build) };
    session::run(start(plan, options, build)?, session)
}

/// Runs a graph until it ends. The error says why it did not start.
pub fn to_the_end<G: Graph + 'static>(
    plan: Plan,
    options: RunOptions,
    build: fn(&Plan) -> Result<G, (NodeId, ArgError)>,
) -> Result<(), String> {
    let run = start(plan, options, build)?;
    while !run.wait(Duration::from_secs(3600)) {}
    run.end().map(drop).map_err(|error| format!("standard output: {error}"))
}

fn start<G: Graph + 'static>(
    plan: Plan,
    options: RunOptions,
    build: fn(&Plan) -> Result<G, (NodeId, ArgError)>,
) -> Result<Run, String> {
    let plan = Arc::new(plan);
    Run::start(plan.clone(), options, build).map_err(|error| explain(&plan, &error))
}

pub fn build(args: &BuildArgs, set: &Set) -> ExitCode {
    let plan = match graph::load(&args.graph, &set.catalogue) {
        Ok(plan) => plan,
        Err(code) => return code,
    };
    if let Some(Emit::Rust) = args.emit {
        // A reader that has seen enough is no failure.
        let _ = std::io::stdout().write_all(set.code(&plan).as_bytes());
    }
    let Some(output) = &args.output else { return ExitCode::SUCCESS };
    match standalone::build(&args.graph, &plan, set, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("cannot build {}: {why}", output.display());
            ExitCode::FAILURE
        }
    }
}
