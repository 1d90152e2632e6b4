//! `pkgraph compare`.

use super::engine::EngineChoice;
use super::set::Set;
use crate::compare::results::{Choice, Results};
use crate::compare::{self, Experiment, Halt, Place, Progress, Refusal, Stop, guest};
use crate::program::flags::duration;
use crate::whole_file::{Kind, WholeFile};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use pkgraph_runtime::{output, say};
use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Compares switches: runs graphs under the same load, in turn, and says what
/// each takes.
#[derive(clap::Args, Debug)]
pub struct CompareArgs {
    /// The graphs; without any, the switch that comes with pkgraph, on all
    /// backends that work here. The first is what others are compared with.
    #[arg(value_name = "GRAPH")]
    graphs: Vec<PathBuf>,
    /// About a minute: 4, 6 and 8 clients at 750 packets/s, 5 repeats of less than a second.
    #[arg(long)]
    quick: bool,
    /// Numbers of clients [default: 6,8,10].
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    clients: Option<Vec<usize>>,
    /// Packets a second of each client [default: 750,1500].
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    rates: Option<Vec<f64>>,
    /// How long a run is measured [default: 60s].
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    duration: Option<Duration>,
    /// How long it runs before [default: 5s].
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    warm_up: Option<Duration>,
    /// Number of runs of each variant [default: 5].
    #[arg(long, value_name = "N")]
    repeats: Option<usize>,
    /// Seed of the order of runs [default: random].
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// The CPUs of the switch, such as 1 or 0,2-4; its clients get the others
    /// [default: the last].
    #[arg(long, value_name = "LIST")]
    cpu: Option<String>,
    /// The engine: compiled if it can be had, compiled, or dynamic.
    #[arg(long, value_enum, default_value_t)]
    engine: EngineChoice,
    /// Runs in a virtual machine with netmap's module, which counts instructions:
    /// a Linux kernel, and a folder with its netmap.ko, e1000e.ko and veth.ko
    /// (docs/netmap.md).
    #[arg(long, num_args = 2, value_names = ["KERNEL", "MODULES"], conflicts_with_all =
        ["graphs", "cpu", "duration", "warm_up", "engine"])]
    guest: Option<Vec<PathBuf>>,
    /// Writes everything that was found as JSON (docs/compare-schema.md), after every
    /// round: what is cut off leaves what was measured.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes a page with figures of everything that was found: one file, for a
    /// browser.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Goes on from the FILE of a comparison with --json that was cut off, and writes
    /// to it. Graphs, loads, durations, repeats and seed are those of the file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["quick", "clients", "rates",
        "duration", "warm_up", "repeats", "seed", "cpu", "engine", "guest", "json"])]
    resume: Option<PathBuf>,
}

/// What is usual.
struct Usual {
    clients: &'static [usize],
    rates: &'static [f64],
    warm_up: Duration,
    measured: Duration,
    repeats: usize,
}

/// The paper's experiments.
const PAPER: Usual = Usual {
    clients: &[6, 8, 10],
    rates: &[750.0, 1500.0],
    warm_up: Duration::from_secs(5),
    measured: Duration::from_secs(60),
    repeats: 5,
};

const QUICK: Usual = Usual {
    clients: &[4, 6, 8],
    rates: &[750.0],
    warm_up: Duration::from_millis(150),
    measured: Duration::from_millis(600),
    repeats: 5,
};

/// Clients of a run, at most: more threads than a machine has use for.
const CLIENTS_MAX: usize = 60;

pub fn main(args: CompareArgs, set: &Set) -> ExitCode {
    match run(args, set) {
        Ok(()) => ExitCode::SUCCESS,
        Err(End::Halt(Halt::Error(why))) => {
            say!("{why}");
            ExitCode::FAILURE
        }
        Err(End::Halt(Halt::Signal(signal))) => {
            say!("stopped; nothing is left behind");
            ExitCode::from(128 + signal as u8)
        }
        Err(End::Graph(code)) => ExitCode::from(code),
    }
}

enum End {
    Halt(Halt),
    Graph(u8),
}

impl From<Halt> for End {
    fn from(halt: Halt) -> End {
        End::Halt(halt)
    }
}

impl From<String> for End {
    fn from(why: String) -> End {
        End::Halt(Halt::Error(why))
    }
}

impl From<Refusal> for End {
    fn from(refusal: Refusal) -> End {
        match refusal {
            Refusal::Why(why) => why.into(),
            Refusal::Graph(code) => End::Graph(code),
        }
    }
}

fn run(args: CompareArgs, set: &Set) -> Result<(), End> {
    let (experiment, before) = match &args.resume {
        Some(path) => resumed(path, &args.graphs)?,
        None => (experiment(&args)?, None),
    };
    let choice = &experiment.choice;
    let stop = Stop::on_signals()?;
    // Before there is any thread.
    let place = match &args.guest {
        Some(_) => None,
        None => Some(Place::find(choice.cpu.as_deref())?),
    };
    // In a user namespace, root may write less than before.
    let mut reports: Vec<(&PathBuf, WholeFile, Form)> = Vec::new();
    let to_json = args.resume.as_ref().or(args.json.as_ref());
    for (path, form) in [(to_json, json as Form), (args.html.as_ref(), html)] {
        if let Some(path) = path {
            let file = WholeFile::at(path, Kind::Text);
            let file =
                file.map_err(|error| format!("{}: {error}: choose another place", path.display()))?;
            reports.push((path, file, form));
        }
    }
    // After a round; a disk that is full then may not be at the end.
    let keep = |results: &Results| {
        // What is no file would get one text after the other.
        let Some((path, file, _)) =
            reports.iter().find(|(path, file, _)| Some(*path) == to_json && file.is_replaced())
        else {
            return;
        };
        if let Err(error) = file.write(json(results, set).as_bytes()) {
            say!("{}: {error}: what was measured is not on the disk", path.display());
        }
    };
    let bar = Bar::new();
    let results = match (place, args.guest.as_deref()) {
        (Some(place), _) => {
            let graphs: Vec<PathBuf> = choice.graphs.iter().map(PathBuf::from).collect();
            let engine = choice.engine.as_deref();
            let found = compare::find(&graphs, &place, engine, &set.catalogue)?;
            compare::run(&experiment, &place, found, before, &bar, &stop, &keep)
        }
        (None, Some([kernel, modules])) => {
            guest::compare(&experiment, &guest::parts(kernel, modules)?, &bar, &stop)
        }
        (None, _) => unreachable!("clap takes two"),
    };
    bar.0.finish_and_clear();
    let results = results.map_err(|halt| match (halt, &args.resume) {
        (Halt::Error(why), Some(path)) => Halt::Error(format!("{}: {why}", path.display())),
        (halt, _) => halt,
    })?;
    let is_plain = std::env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty())
        || std::env::var_os("TERM").is_none_or(|kind| kind == "dumb");
    let has_colours = io::stdout().is_terminal() && !is_plain;
    let printed = output::print_all(&compare::table(&results, has_colours));
    // After the table: a disk that is full costs the report alone. And what was
    // measured is not lost because it could not be printed.
    for (path, file, text) in &reports {
        let written = file.write(text(&results, set).as_bytes());
        written.map_err(|error| format!("{}: {error}", path.display()))?;
    }
    printed.map_err(|error| error.to_string())?;
    match results.partial {
        Some(_) => Ok(stop.check()?),
        None => Ok(()),
    }
}

/// What the file has, and what is left of it. Graphs need not be named, and are
/// no others.
fn resumed(path: &Path, graphs: &[PathBuf]) -> Result<(Experiment, Option<Results>), String> {
    let (experiment, before) = compare::resume::read(path)?;
    let experiment = checked(experiment).map_err(|why| format!("{}: {why}", path.display()))?;
    let of_file = &experiment.choice.graphs;
    if !graphs.is_empty() && *of_file != names(graphs) {
        let own = match of_file.is_empty() {
            true => "the switch that comes with pkgraph".to_string(),
            false => of_file.join(" "),
        };
        return Err(format!("{}: it compares other graphs: {own}", path.display()));
    }
    Ok((experiment, Some(before)))
}

fn names(graphs: &[PathBuf]) -> Vec<String> {
    graphs.iter().map(|path| path.display().to_string()).collect()
}

/// What a report is made by.
type Form = fn(&Results, &Set) -> String;

fn json(results: &Results, _: &Set) -> String {
    serde_json::to_string(results).expect("results are plain data")
}

fn html(results: &Results, set: &Set) -> String {
    compare::html::page(results, &set.catalogue)
}

fn experiment(args: &CompareArgs) -> Result<Experiment, String> {
    let usual = if args.quick { QUICK } else { PAPER };
    let mut clients = args.clients.clone().unwrap_or_else(|| usual.clients.to_vec());
    let mut rates = args.rates.clone().unwrap_or_else(|| usual.rates.to_vec());
    clients.sort_unstable();
    clients.dedup();
    rates.sort_by(f64::total_cmp);
    rates.dedup();
    let repeats = args.repeats.unwrap_or(usual.repeats);
    let measured = args.duration.unwrap_or(usual.measured);
    let seed = match args.seed {
        Some(seed) => seed,
        None => getrandom::u64().map_err(|error| format!("no random numbers: {error}"))?,
    };
    let mut command: Vec<String> = std::env::args().skip(1).collect();
    if args.seed.is_none() {
        command.push(format!("--seed={seed}"));
    }
    checked(Experiment {
        command: format!("pkgraph {}", command.join(" ")),
        clients,
        rates,
        warm_up: args.warm_up.unwrap_or(usual.warm_up),
        measured,
        repeats,
        seed,
        choice: Choice {
            graphs: names(&args.graphs),
            engine: args.engine.argument().map(String::from),
            cpu: args.cpu.clone(),
        },
    })
}

/// An experiment that can be made.
fn checked(experiment: Experiment) -> Result<Experiment, String> {
    let Experiment { clients, rates, measured, repeats, .. } = &experiment;
    let (measured, repeats) = (*measured, *repeats);
    if let Some(n) = clients.iter().find(|n| !(1..=CLIENTS_MAX).contains(*n)) {
        return Err(format!("--clients: {n} is out of range: 1 to {CLIENTS_MAX}"));
    }
    if let Some(rate) = rates.iter().find(|rate| !(1.0..=30_000.0).contains(*rate)) {
        return Err(format!("--rates: {rate} is out of range: 1 to 30000 packets a second"));
    }
    if !(1..=1000).contains(&repeats) {
        return Err(format!("--repeats: {repeats} is out of range: 1 to 1000"));
    }
    if measured < Duration::from_millis(100) {
        return Err("--duration: at least 100ms, since CPU time is counted in 10 ms".into());
    }
    Ok(experiment)
}

/// A bar with the time that is left, on a terminal alone.
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Bar {
        let target = match io::stderr().is_terminal() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        Bar(ProgressBar::with_draw_target(None, target))
    }
}

impl Progress for Bar {
    fn compare(&self, names: &[&str], place: &str) {
        say!("{}: in {place}", names.join(", "));
    }

    fn begin(&self, runs: usize, time: Duration) {
        if self.0.is_hidden() {
            say!("{runs} runs, about {:.0} s", time.as_secs_f64());
            return;
        }
        let template = "[{bar:30}] {pos}/{len}, {left} s left: {msg}";
        let style = ProgressStyle::with_template(template).expect("a good template");
        // Known before the first run has ended, and going on within one.
        let left = move |state: &ProgressState, to: &mut dyn Write| {
            let runs_left = time * (runs as u64 - state.pos()) as u32 / runs as u32;
            let left = time.saturating_sub(state.elapsed()).min(runs_left);
            // Writing to a line does not fail.
            let _ = write!(to, "{:.0}", left.as_secs_f64());
        };
        self.0.set_style(style.with_key("left", left));
        self.0.set_length(runs as u64);
        self.0.reset_elapsed();
        self.0.enable_steady_tick(Duration::from_millis(500));
    }

    fn run(&self, what: &str) {
        self.0.set_message(what.to_string());
    }

    fn done(&self) {
        self.0.inc(1);
    }
}
