//! What every run of a graph may be asked for.

use super::driver::DriverParser;
use clap::ArgAction;
use pkgraph_runtime::netmap::DriverChoice;
use pkgraph_runtime::{CpuList, FromArg, Latency};
use pkgraph_serve::log::{Format, LogOptions};
use pkgraph_serve::program::RunOptions;
use std::time::Duration;

/// What every run of a graph may be asked for.
#[derive(clap::Args, Debug)]
pub struct RunFlags {
    /// How long to run, such as 10s; without it, until SIGINT or SIGTERM.
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    duration: Option<Duration>,
    /// Runs in virtual time: when nothing is to be done, the next timer is due at once.
    /// The run ends when no timer is left, and --for is in virtual time. Each run does the
    /// same; so elements that reach an interface or a socket are refused.
    #[arg(long)]
    pub simtime: bool,
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
    /// What opens netmap ports.
    #[arg(long, value_name = "DRIVER", value_parser = DriverParser)]
    #[arg(default_value_t)]
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

/// What is said of what happens, for every command. These names are global, so no
/// command may have others of the same.
#[derive(clap::Args, Clone, Debug)]
pub struct LogFlags {
    /// Which events are shown on standard error: off, error, warn, info, debug or trace, or
    /// such levels by part of the program, as in pkgraph_runtime=debug,info. Without it,
    /// what PKGRAPH_LOG says, or info.
    #[arg(long, value_name = "FILTER", global = true, display_order = 1000)]
    log: Option<String>,
    /// How they are shown: a line for people, or JSON with their fields.
    #[arg(long, value_name = "FORMAT", global = true, display_order = 1000)]
    #[arg(value_enum, default_value_t)]
    log_format: LogFormat,
}

/// How events are shown.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Default)]
enum LogFormat {
    #[default]
    Text,
    Json,
}

impl LogFlags {
    /// As options.
    pub fn options(self) -> LogOptions {
        let format = match self.log_format {
            LogFormat::Text => Format::Text,
            LogFormat::Json => Format::Json,
        };
        LogOptions { filter: self.log, format }
    }
}

impl RunFlags {
    /// What is asked for, on an engine that `engine` names.
    pub fn options(self, log: LogOptions, engine: String) -> RunOptions {
        RunOptions {
            handlers: self.handlers,
            duration: self.duration,
            virtual_time: self.simtime,
            buffers: self.buffers,
            control: self.control,
            metrics: self.metrics,
            driver: self.driver,
            latency: Latency { cpus: self.cpu, spin: self.spin, realtime: self.realtime },
            log,
            engine,
        }
    }
}

/// A duration, such as 10s, as an option's value.
pub fn duration(text: &str) -> Result<Duration, String> {
    Duration::from_arg(text)
}
