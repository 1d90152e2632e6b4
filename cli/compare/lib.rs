//! `pkgraph compare`: graphs under the same load, one after the other and over
//! again, and what each takes (paper, section IV).
//!
//! In reading order: `place` is where it runs; `variants` are the graphs on the
//! backends that work there; `switch` is one of them, running; `load` is a run of
//! it with clients, read out by `counters`, `cpu` and `distribution`; `sim` is
//! the switch in memory alone; `summary` makes cells, comparisons and models of
//! the runs, with `statistics` and `fit`; `warnings` are what casts doubt on
//! them; `table` and `html` are how it is shown.
//!
//! Of the command line this crate knows `pkgraph run`, which runs a switch as a child.

mod counters;
mod cpu;
mod distribution;
mod fit;
pub mod guest;
pub mod html;
mod load;
mod machine;
mod place;
pub mod results;
mod sim;
mod statistics;
mod stop;
mod summary;
mod switch;
mod table;
mod variants;
mod warnings;
pub mod wiring;

pub use place::Place;
pub use stop::{Halt, Stop};
pub use table::table;
pub use variants::{Refusal, Variants, find};

use load::{Doubts, Load};
use pkgraph_client::PAYLOADS;
use pkgraph_runtime::Random;
use pkgraph_runtime::netmap::{Compared, DRIVERS};
use results::{LeftOut, Repeat, Results, SCHEMA, Unit, Variant};
use statistics::shuffle;
use std::time::{Duration, Instant};
use summary::Runs;
use switch::Switch;
use variants::{Backend, Candidate};

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// The command that asked for it.
    pub command: String,
    /// Numbers of clients, each of which is a load.
    pub clients: Vec<usize>,
    /// Packets a second of each client.
    pub rates: Vec<f64>,
    /// How long a run lasts before it is measured.
    pub warm_up: Duration,
    /// How long a run is measured.
    pub measured: Duration,
    /// Runs of each variant under each load.
    pub repeats: usize,
    /// Seed of the order of runs.
    pub seed: u64,
}

/// One thing after the other, as it goes on.
pub trait Progress {
    /// These are compared, in this place.
    fn compare(&self, names: &[&str], place: &str);
    /// So many runs are to come, of so many seconds in all.
    fn begin(&self, runs: usize, time: Duration);
    /// What runs now.
    fn run(&self, what: &str);
    /// A run has ended.
    fn done(&self);
}

/// What a run takes besides warm-up and measurement: start, registration, and
/// the last packets.
const AROUND: Duration = Duration::from_millis(250);

/// Measures.
///
/// # Errors
/// [`Halt`], also if no variant runs.
pub fn run(
    experiment: &Experiment,
    place: &Place,
    found: Variants,
    progress: &dyn Progress,
    stop: &Stop,
) -> Result<Results, Halt> {
    let (begun, started) = (Instant::now(), machine::now());
    let mut machine = machine::describe();
    let Variants { candidates, mut left_out } = found;
    let (candidates, mut variants) = tried(candidates, place, &mut left_out, stop)?;
    let loads: Vec<(usize, f64)> = experiment
        .rates
        .iter()
        .flat_map(|rate| experiment.clients.iter().map(|clients| (*clients, *rate)))
        .collect();
    let names: Vec<&str> = variants.iter().map(|variant| &*variant.name).collect();
    progress.compare(&names, place.kind.name());
    let runs = experiment.repeats * loads.len() * candidates.len();
    let each = experiment.warm_up + experiment.measured + AROUND;
    progress.begin(runs, each * runs as u32);
    let around = Around { experiment, place, progress, stop };
    let Measured { runs: mut all, doubts, failed } =
        around.measure(&candidates, &variants, &loads)?;
    machine.cycles_per_microsecond = doubts.iter().find_map(|(_, d)| d.cycles_per_microsecond);
    for row in DRIVERS {
        let Some(Compared::InMemory { title, ends }) = row.compared else { continue };
        progress.run(&format!("{title}: the switch in memory"));
        let simulated = variants.len();
        variants.push(sim::variant(row, title));
        for &(clients, packets_per_second) in &loads {
            stop.check()?;
            match sim::repeats(ends, clients, packets_per_second, experiment.repeats) {
                Ok(repeats) => {
                    all.push(Runs { variant: simulated, clients, packets_per_second, repeats });
                }
                // It is an extra, and hours may have gone into the rest.
                Err(why) => {
                    left_out.push(LeftOut { name: format!("{title} with {clients} clients"), why });
                }
            }
        }
    }
    let cells = summary::cells(all);
    Ok(Results {
        schema: SCHEMA,
        command: experiment.command.clone(),
        started,
        seconds: begun.elapsed().as_secs_f64(),
        seed: experiment.seed,
        unit: Unit::Nanoseconds,
        warnings: [failed, warnings::of(&machine, place, &variants, &cells, &doubts)].concat(),
        machine,
        place: place.describe(),
        load: results::Load {
            clients: experiment.clients.clone(),
            packets_per_second: experiment.rates.clone(),
            payloads: PAYLOADS,
            warm_up_seconds: experiment.warm_up.as_secs_f64(),
            measured_seconds: experiment.measured.as_secs_f64(),
            repeats: experiment.repeats,
        },
        comparisons: summary::comparisons(&variants, &cells),
        models: summary::models(&cells),
        variants,
        left_out,
        cells,
    })
}

/// What all runs have.
struct Around<'a> {
    experiment: &'a Experiment,
    place: &'a Place,
    progress: &'a dyn Progress,
    stop: &'a Stop,
}

/// What all runs have found.
#[derive(Default)]
struct Measured {
    runs: Vec<Runs>,
    /// Each with its variant.
    doubts: Vec<(usize, Doubts)>,
    /// Why runs had to be made again.
    failed: Vec<String>,
}

impl Around<'_> {
    /// All runs, in rounds. In a round each variant runs once under each load, one
    /// after the other, so that what the machine does in the meantime comes to all.
    fn measure(
        &self,
        candidates: &[Candidate],
        variants: &[Variant],
        loads: &[(usize, f64)],
    ) -> Result<Measured, Halt> {
        let Experiment { warm_up, measured, repeats, seed, .. } = *self.experiment;
        let mut found = Measured::default();
        let mut random = Random::new(seed);
        let mut turn = 0;
        for round in 1..=repeats {
            for &(clients, packets_per_second) in loads {
                let load = Load { clients, packets_per_second, warm_up, measured };
                let mut order: Vec<usize> = (0..candidates.len()).collect();
                shuffle(&mut order, &mut random);
                for variant in order {
                    let name = &variants[variant].name;
                    self.progress.run(&format!(
                        "{name}, {clients} clients at {packets_per_second}/s, {round} of {repeats}"
                    ));
                    let (repeat, doubt) =
                        self.one(&candidates[variant], load, turn, &mut found.failed)?;
                    turn += 1;
                    self.progress.done();
                    found.doubts.push((variant, doubt));
                    found.add(variant, load, repeat);
                }
            }
        }
        Ok(found)
    }

    /// A run; made again once if it fails, since hours may have gone before it.
    fn one(
        &self,
        of: &Candidate,
        load: Load,
        turn: usize,
        failed: &mut Vec<String>,
    ) -> Result<(Repeat, Doubts), Halt> {
        let run = || load::run(self.place, of, load, turn, self.stop);
        match run() {
            Err(Halt::Error(why)) => {
                // With a signal there is nothing to be made again.
                self.stop.check()?;
                failed.push(format!("{}: a run was made again: {}", of.name, why.trim()));
                run()
            }
            other => other,
        }
        .map_err(|halt| match halt {
            Halt::Error(why) => Halt::Error(format!("{}: {why}", of.name)),
            signal => signal,
        })
    }
}

impl Measured {
    fn add(&mut self, variant: usize, load: Load, repeat: Repeat) {
        let Load { clients, packets_per_second, .. } = load;
        let is_same = |runs: &&mut Runs| {
            (runs.variant, runs.clients) == (variant, clients)
                && runs.packets_per_second == packets_per_second
        };
        match self.runs.iter_mut().find(is_same) {
            Some(runs) => runs.repeats.push(repeat),
            None => {
                let repeats = vec![repeat];
                self.runs.push(Runs { variant, clients, packets_per_second, repeats });
            }
        }
    }
}

/// Starts each once, with a client: so that those that do not run are left out before the
/// first is measured, and what is compiled is.
fn tried(
    candidates: Vec<Candidate>,
    place: &Place,
    left_out: &mut Vec<LeftOut>,
    stop: &Stop,
) -> Result<(Vec<Candidate>, Vec<Variant>), Halt> {
    let (mut running, mut variants) = (Vec::new(), Vec::new());
    for candidate in candidates {
        let started = Switch::start(place, &candidate, stop).and_then(|switch| {
            load::reach(place, &candidate)?;
            Ok(switch)
        });
        match started {
            Ok(mut switch) => {
                variants.push(variant(&candidate, &mut switch)?);
                running.push(candidate);
            }
            Err(Halt::Error(why)) => left_out.push(LeftOut { name: candidate.name, why }),
            Err(signal) => return Err(signal),
        }
    }
    if running.is_empty() {
        let reasons = left_out.iter().map(|out| format!("{}: {}", out.name, out.why));
        let reasons: Vec<String> = reasons.collect();
        return Err(Halt::Error(format!("no graph runs here:\n{}", reasons.join("\n"))));
    }
    Ok((running, variants))
}

fn variant(candidate: &Candidate, switch: &mut Switch) -> Result<Variant, String> {
    let graph = match candidate.backend {
        // `--backend` has put other elements in place of those of the text.
        Backend::Packet => switch.control().read("config").map_err(|error| error.to_string())?,
        _ => candidate.text.clone(),
    };
    // The mode is the interface's, so it is known when the port is open.
    let mode = match candidate.backend {
        Backend::Driver(_) => counters::mode(switch.control())?.map(|mode| format!(" ({mode})")),
        _ => None,
    };
    Ok(Variant {
        name: format!("{}{}", candidate.name, mode.unwrap_or_default()),
        file: candidate.shown_file.clone(),
        graph,
        backend: candidate.backend.name().to_string(),
        engine: switch.engine(),
        is_simulated: false,
    })
}
