//! A run of a graph as a program: started, ended by time, by a signal or by
//! itself, and reported.

use crate::control::PlaceError;
use crate::ending::Ending;
use crate::log::{self, LogOptions};
use crate::{Server, control, give_up, handlers, metrics};
use pkgraph_runtime::netmap::DriverChoice;
use pkgraph_runtime::{
    Context, Engine, EngineHandle, EngineOptions, EngineReport, Graph, Latency, NodeId, Panicked,
    Plan, Privileges, StartError, Time, output, say,
};
use serde::{Deserialize, Serialize};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::{Handle, Signals};
use std::fmt::Write;
use std::io::{self, Read};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use thiserror::Error;
use tracing::{error, info};

/// What a run is to do besides its graph.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RunOptions {
    /// Handlers to print after the run, in this order, as `NAME.HANDLER`.
    pub handlers: Vec<String>,
    /// How long to run at most.
    pub duration: Option<Duration>,
    /// Whether the graph runs in virtual time, which is what `duration` is of then.
    #[serde(default)]
    pub virtual_time: bool,
    /// Buffers in the pool; `None` for the default.
    pub buffers: Option<u32>,
    /// Where to listen for clients of the control protocol, as
    /// [`control::Place`] reads it.
    pub control: Vec<String>,
    /// Where to serve metrics over HTTP, as HOST:PORT.
    pub metrics: Option<String>,
    /// Which driver opens netmap ports.
    #[serde(default)]
    pub driver: DriverChoice,
    /// What keeps the engine's thread from waiting.
    #[serde(default)]
    pub latency: Latency,
    /// What is said of the run, and how.
    #[serde(default)]
    pub log: LogOptions,
    /// Which engine runs and why, for the line that says so.
    pub engine: String,
}

/// All that a generated program needs to know about the run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The graph.
    pub plan: Plan,
    /// The run.
    pub options: RunOptions,
}

/// What is wrong with the run that is asked for.
#[derive(Debug, Error)]
pub enum RunError {
    /// A handler that is to be printed can only be written.
    #[error("{0} cannot be read, only written")]
    NotReadable(String),
    /// Signals cannot be waited for.
    #[error("signals: {0}")]
    Signals(io::Error),
}

/// A started run.
pub struct Run {
    engine: Engine,
    options: RunOptions,
    events: Receiver<()>,
    signals: Handle,
    ending: Ending,
    /// Of the signal that came first, if one did.
    code: Arc<AtomicI32>,
    since: Instant,
    /// Listening until the run is dropped.
    _servers: Vec<Server>,
}

impl Run {
    /// Starts `plan` by `start`, and says `ready` on
    /// standard error. From here on SIGINT and SIGTERM end the run, and the
    /// calling thread has no privileges.
    pub fn start<G: Graph + 'static>(
        plan: Arc<Plan>,
        options: RunOptions,
        start: impl FnOnce(&Plan, &mut Context) -> Result<G, StartError> + Send + 'static,
    ) -> Result<Run, StartError> {
        for handler in &options.handlers {
            let resolved = handlers::resolve(&plan, handler).map_err(StartError::outside)?;
            if !handlers::access(&plan, resolved).0 {
                return Err(StartError::outside(RunError::NotReadable(handler.clone())));
            }
        }
        let (ended, events) = channel();
        let no_signals = |error| StartError::outside(RunError::Signals(error));
        let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(no_signals)?;
        let handle = signals.handle();
        // The second signal ends a program that does not heed the first.
        let heeded = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, 128 + signal, heeded.clone())
                .and_then(|_| flag::register(signal, heeded.clone()))
                .map_err(no_signals)?;
        }
        let by_signal = ended.clone();
        let (ending, code) = (Ending::default(), Arc::new(AtomicI32::new(1)));
        let (its_ending, its_code) = (ending.clone(), code.clone());
        std::thread::spawn(move || {
            give_up();
            for signal in signals.forever() {
                its_code.store(128 + signal, Ordering::Relaxed);
                // Whoever waits has ended already when nobody receives.
                let _ = by_signal.send(());
                // While the graph starts, nobody waits.
                its_ending.or_exit(128 + signal);
            }
        });
        let mut engine_options = EngineOptions::default();
        if let Some(buffers) = options.buffers {
            engine_options.buffers = buffers;
        }
        engine_options.driver = options.driver.clone();
        engine_options.latency = options.latency.clone();
        if options.virtual_time {
            engine_options.time = Time::Virtual(options.duration);
        }
        let (elements, described) = (plan.nodes.len(), options.engine.clone());
        let places: Vec<control::Place> = options
            .control
            .iter()
            .map(|place| place.parse().map_err(|error: PlaceError| StartError::outside(error)))
            .collect::<Result<_, _>>()?;
        let metrics = options.metrics.clone();
        let ready = move |engine: &EngineHandle| {
            let control = places.iter().map(|place| control::serve(place, engine.clone()));
            let metrics = metrics.iter().map(|address| metrics::serve(address, engine.clone()));
            let servers = control.chain(metrics).collect::<Result<Vec<_>, _>>()?;
            info!(elements, engine = described, "ready: {elements} elements, {described}");
            Ok(servers)
        };
        let its_ending = ending.clone();
        let stopped = move || {
            its_ending.is_over();
            let _ = ended.send(());
        };
        let (engine, servers) = Engine::start(plan, engine_options, start, ready, stopped)
            .inspect_err(|_| ending.is_over())?;
        let mut kept = Privileges::default();
        options.latency.privileges(&mut kept);
        kept.confine().map_err(StartError::outside)?;
        let since = Instant::now();
        Ok(Run { engine, options, events, signals: handle, ending, code, since, _servers: servers })
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Waits at most `at_most` for the end of the run; whether it has come.
    pub fn wait(&self, at_most: Duration) -> bool {
        let duration = self.options.duration.filter(|_| !self.options.virtual_time);
        let left = duration.map(|d| d.saturating_sub(self.since.elapsed()));
        let timeout = left.map_or(at_most, |left| left.min(at_most));
        match self.events.recv_timeout(timeout) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => true,
            Err(RecvTimeoutError::Timeout) => left.is_some_and(|left| left <= at_most),
        }
    }

    /// Ends the run, takes the graph down, and prints the handlers asked for on
    /// standard output (or, when none was, statistics on standard error).
    ///
    /// # Errors
    /// An element panicked, which the error says with its place in the text; or
    /// standard output could not be written, by this or by an element.
    pub fn end(self) -> io::Result<EngineReport> {
        self.engine.stop();
        self.ending.or_exit(self.code.load(Ordering::Relaxed));
        self.signals.close();
        let values = self.handlers();
        if self.options.handlers.is_empty() {
            for line in handlers::statistics(self.engine.handle()).lines() {
                info!(target: "pkgraph::statistics", "{line}");
            }
        }
        // Elements may have something to write still, also to standard output.
        let plan = self.engine.handle().plan().clone();
        let finished = self.engine.finish();
        output::print_all(&values)?;
        let report = finished.map_err(|Panicked { node, message }| {
            io::Error::other(told(&plan, node, &format!("it panicked: {message}")))
        })?;
        if report.dropped.unconnected > 0 {
            let packets = report.dropped.unconnected;
            info!(packets, "pushed into unconnected ports: {packets}");
        }
        if report.dropped.back_edge_full > 0 {
            let packets = report.dropped.back_edge_full;
            info!(packets, "dropped on full back edges: {packets}");
        }
        if report.missing_buffers > 0 {
            let buffers = report.missing_buffers;
            error!(buffers, "{buffers} buffers did not come home: this is a bug");
        }
        match report.failed {
            true => Err(io::Error::other("not all was written: see above")),
            false => Ok(report),
        }
    }

    /// The values of the handlers asked for, with their names if there are
    /// several.
    fn handlers(&self) -> String {
        let plan = self.engine.handle().plan();
        let (mut text, several) = (String::new(), self.options.handlers.len() > 1);
        for name in &self.options.handlers {
            let value = handlers::resolve(plan, name).map_err(|error| error.to_string()).and_then(
                |handler| {
                    handlers::read(self.engine.handle(), handler).map_err(|error| error.to_string())
                },
            );
            // Writing to a String does not fail.
            if several {
                let _ = writeln!(text, "{name}:");
            }
            match value {
                Ok(value) => {
                    _ = writeln!(text, "{}", value.to_string().trim_end_matches('\n'));
                }
                Err(error) => error!(handler = %name, "{name}: {error}"),
            }
            if several {
                text.push('\n');
            }
        }
        text
    }
}

/// Why a graph does not start, with the element's place in the text.
pub fn explain(plan: &Plan, error: &StartError) -> String {
    told(plan, error.node(), &error.to_string())
}

/// What happened, and to which element, with its place in the text.
fn told(plan: &Plan, node: Option<NodeId>, message: &str) -> String {
    match node.map(|node| &plan.nodes[node]) {
        Some(node) => format!("{}: {} :: {}: {message}", node.location, node.name, node.class),
        None => message.to_string(),
    }
}

/// The main function of a generated program: reads its [`Spec`] as JSON from
/// standard input and runs it to the end. Exit code 1 when it cannot start.
pub fn main<G: Graph + 'static>(
    topology: &str,
    start: impl FnOnce(&Plan, &mut Context) -> Result<G, StartError> + Send + 'static,
) -> ExitCode {
    let mut text = String::new();
    let spec = io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| error.to_string())
        .and_then(|_| serde_json::from_str::<Spec>(&text).map_err(|error| error.to_string()));
    let log = spec.as_ref().map_or_else(|_| LogOptions::default(), |spec| spec.options.log.clone());
    if let Err(why) = log::install(&log) {
        say!("{why}");
        return ExitCode::FAILURE;
    }
    let spec = match spec {
        Ok(spec) if spec.plan.topology() == topology => spec,
        Ok(_) => {
            error!("this program was compiled for another graph");
            return ExitCode::FAILURE;
        }
        Err(error) => {
            error!("this program is run by `pkgraph run`: {error}");
            return ExitCode::FAILURE;
        }
    };
    let plan = Arc::new(spec.plan);
    match Run::start(plan.clone(), spec.options, start) {
        Ok(run) => {
            while !run.wait(Duration::from_secs(3600)) {}
            match run.end() {
                Ok(_) => ExitCode::SUCCESS,
                Err(error) => {
                    error!("{error}");
                    ExitCode::FAILURE
                }
            }
        }
        Err(error) => {
            error!("{}", explain(&plan, &error));
            ExitCode::FAILURE
        }
    }
}
