//! `pkgraph client`: the main thread, which configures and logs.

use super::args::ClientArgs;
use super::error::ClientError;
use super::handle::Client;
use super::print::Line;
use super::report::Snapshot;
use pkgraph_program::printed_code;
use pkgraph_runtime::{Clock, Nanos, output, say};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tracing::{info, warn};

/// From one line to the next.
const EVERY: Nanos = 1_000_000_000;

/// Runs the client until its time is over or a signal comes. Exit code 1 when
/// it cannot start; what failed, why and what to do is on standard error.
pub fn main(args: &ClientArgs) -> ExitCode {
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Client(error)) => {
            say!("{error}");
            ExitCode::FAILURE
        }
        Err(Failure::Output(error)) => printed_code(Err(error)),
    }
}

enum Failure {
    Client(ClientError),
    Output(io::Error),
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Failure {
        Failure::Client(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Output(error)
    }
}

fn run(args: &ClientArgs) -> Result<(), Failure> {
    let options = args.options()?;
    let signals = signals()?;
    let (control, media) = (options.control, options.media);
    let client = Client::start(options)?;
    info!(
        "registered at {control} as {}, lease {} s; media to {media}",
        client.ssid(),
        client.lease().as_secs()
    );
    if args.ssid {
        output::print(&format!("{}\n", client.ssid()))?;
    }
    let print = |line: &Line| {
        output::print(&if args.json { line.json() + "\n" } else { format!("{line}\n") })
    };

    let clock = Clock::real();
    let began = clock.now();
    client.begin();
    let warm = began + nanos(args.warmup);
    let end = args.duration.map_or(Nanos::MAX, |duration| warm.saturating_add(nanos(duration)));
    let mut earlier = client.snapshot();
    let mut measured = (args.warmup == Duration::ZERO).then(|| earlier.clone());
    let mut line_at = began + EVERY;
    loop {
        let warm_at = if measured.is_none() { warm } else { Nanos::MAX };
        let next = line_at.min(end).min(warm_at);
        let left = next.saturating_sub(clock.precise());
        if signals.recv_timeout(Duration::from_nanos(left)).is_ok() {
            break;
        }
        let now = clock.precise();
        if now >= line_at {
            let snapshot = client.snapshot();
            mention(&earlier, &snapshot);
            print(&Line::running(began, &earlier, &snapshot))?;
            earlier = snapshot;
            while line_at <= now {
                line_at += EVERY;
            }
        }
        if now >= warm_at {
            client.end_warmup();
            measured = Some(client.snapshot());
        }
        if now >= end {
            break;
        }
    }
    client.stop_streaming();
    let stopped = client.snapshot();
    let report = client.finish();
    let measured = measured.unwrap_or(earlier);
    print(&Line::last(began, &measured, &stopped, &report))?;
    Ok(())
}

/// Says on standard error when the switch has gone or come back.
fn mention(earlier: &Snapshot, now: &Snapshot) {
    if now.losses_of_switch > earlier.losses_of_switch {
        warn!("the switch does not answer: registering again; nothing is sent until then");
    }
    if let Some(ssid) = now.ssid
        && earlier.ssid != now.ssid
    {
        info!("registered again as {ssid}");
    }
}

/// A channel that SIGINT and SIGTERM arrive on.
fn signals() -> Result<Receiver<()>, ClientError> {
    let failed = |error| ClientError::System { what: "signals".into(), error };
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(failed)?;
    let (arrived, receiver) = channel();
    std::thread::spawn(move || {
        // Whoever waits has ended already when nobody receives.
        for _ in signals.forever() {
            let _ = arrived.send(());
        }
    });
    Ok(receiver)
}

fn nanos(duration: Duration) -> Nanos {
    Nanos::try_from(duration.as_nanos()).unwrap_or(Nanos::MAX)
}
