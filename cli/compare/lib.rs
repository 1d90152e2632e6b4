//! `pkgraph compare`: graphs under the same load, one after the other and over
//! again, and what each takes (paper, section IV).
//!
//! In reading order: `place` is where it runs; `variants` are the graphs on the
//! backends that work there; `switch` is one of them, running; `load` is a run of
//! it with clients, read out by `counters`, `cpu` and `distribution`; `rounds` makes
//! all runs; `sim` is the switch in memory alone; `summary` makes cells, comparisons
//! and models of the runs, with `statistics` and `fit`; `warnings` are what casts
//! doubt on them; `table` and `html` are how it is shown; `resume` goes on from a
//! comparison that was cut off.
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
pub mod resume;
mod rounds;
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

use pkgraph_client::PAYLOADS;
use pkgraph_runtime::netmap::{Compared, DRIVERS};
use results::{Choice, LeftOut, Machine, Partial, Results, SCHEMA, Since, Unit, Variant};
use rounds::{Around, Measured};
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
    /// What else the command says, for who goes on from what is found.
    pub choice: Choice,
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

impl Experiment {
    /// Numbers of clients, each with each rate.
    fn loads(&self) -> Vec<(usize, f64)> {
        let of_rate = |rate| self.clients.iter().map(move |clients| (*clients, rate));
        self.rates.iter().copied().flat_map(of_rate).collect()
    }
}

/// Measures, and goes on from `before` if there is any. `keep` gets the results so
/// far after every round. A signal ends it: the results are partial then.
///
/// # Errors
/// [`Halt`], if there is nothing to report: no variant runs, all have failed, or a
/// signal came before the first run had ended. Also if `before` does not fit.
pub fn run(
    experiment: &Experiment,
    place: &Place,
    found: Variants,
    before: Option<Results>,
    progress: &dyn Progress,
    stop: &Stop,
    keep: &dyn Fn(&Results),
) -> Result<Results, Halt> {
    let mut report = Report {
        experiment,
        place,
        begun: Instant::now(),
        seconds_before: before.as_ref().map_or(0.0, |before| before.seconds),
        started: before.as_ref().map_or_else(machine::now, |before| before.started.clone()),
        machine: machine::describe(),
        variants: Vec::new(),
        candidates: Vec::new(),
    };
    let Variants { candidates, mut left_out } = found;
    let (candidates, variants) = tried(candidates, place, &mut left_out, stop)?;
    let mut found = match before {
        None => {
            (report.candidates, report.variants) = (candidates, variants);
            Measured { left_out, ..Measured::default() }
        }
        Some(mut before) => {
            report.candidates =
                resume::again(&before, place, &report.machine, candidates, &variants, &left_out)?;
            report.variants = std::mem::take(&mut before.variants);
            report.machine = before.machine.clone();
            Measured::of(before)
        }
    };
    let names: Vec<&str> = report.variants.iter().map(|variant| &*variant.name).collect();
    progress.compare(&names, place.kind.name());
    let loads = experiment.loads();
    let runs = experiment.repeats * loads.len() * report.candidates.len();
    let each = experiment.warm_up + experiment.measured + AROUND;
    progress.begin(runs, each * runs as u32);
    let around = Around { experiment, place, progress, stop };
    let round = |found: &Measured| keep(&report.of(found, true));
    let had = found.doubts.len();
    let measured = around.measure(&report.candidates, &mut found, &round);
    if found.doubts.len() == had {
        // Nothing is new: there is nothing to be written.
        measured.clone()?;
    }
    if found.runs.is_empty() {
        return Err(Halt::Error(format!("no graph runs here:\n{}", reasons(&found.left_out))));
    }
    let simulated = match measured {
        Ok(()) => report.simulated(&mut found, progress, stop),
        halt => halt,
    };
    let results = report.of(&found, simulated.is_err());
    match simulated {
        Err(Halt::Error(why)) => Err(Halt::Error(why)),
        _ => Ok(results),
    }
}

/// What goes into the results besides what was measured.
struct Report<'a> {
    experiment: &'a Experiment,
    place: &'a Place,
    begun: Instant,
    /// Of what is gone on from.
    seconds_before: f64,
    started: String,
    machine: Machine,
    variants: Vec<Variant>,
    /// Those of the variants that are real.
    candidates: Vec<Candidate>,
}

impl Report<'_> {
    /// The switch in memory, under each load.
    fn simulated(
        &mut self,
        found: &mut Measured,
        progress: &dyn Progress,
        stop: &Stop,
    ) -> Result<(), Halt> {
        for row in DRIVERS {
            let Some(Compared::InMemory { title, ends }) = row.compared else { continue };
            progress.run(&format!("{title}: the switch in memory"));
            let variant = self.variants.len();
            self.variants.push(sim::variant(row, title));
            for (clients, packets_per_second) in self.experiment.loads() {
                stop.check()?;
                match sim::repeats(ends, clients, packets_per_second, self.experiment.repeats) {
                    Ok(repeats) => {
                        found.runs.push(Runs { variant, clients, packets_per_second, repeats });
                    }
                    // It is an extra, and hours may have gone into the rest.
                    Err(why) => {
                        let name = format!("{title} with {clients} clients");
                        found.left_out.push(LeftOut { name, why, from: None });
                    }
                }
            }
        }
        Ok(())
    }

    fn of(&self, found: &Measured, is_partial: bool) -> Results {
        let Experiment { repeats, .. } = *self.experiment;
        let mut machine = self.machine.clone();
        let cycles = found.doubts.iter().find_map(|(_, doubts)| doubts.cycles_per_microsecond);
        machine.cycles_per_microsecond = cycles;
        let cells = summary::cells(found.runs.clone());
        let partial = is_partial.then(|| Partial {
            rounds_done: found.rounds_done(&self.candidates, self.experiment),
            rounds: repeats,
            choice: self.experiment.choice.clone(),
            doubts: found.doubts.clone(),
            made_again: found.made_again.clone(),
        });
        let cut_off = partial.iter().map(|partial| {
            let Partial { rounds_done, rounds, .. } = partial;
            format!("this is not all: {rounds_done} of {rounds} rounds are whole")
        });
        let failed = found.left_out.iter().filter_map(|out| {
            let Since { clients, packets_per_second, round } = out.from?;
            Some(format!(
                "{}: it failed with {clients} clients at {packets_per_second} packets/s and has \
                 no repeats from round {round} on: what was left out says why",
                out.name
            ))
        });
        let own = cut_off.chain(failed).chain(found.made_again.iter().cloned());
        let doubts = &found.doubts;
        let others = warnings::of(&machine, self.place, &self.variants, &cells, doubts);
        Results {
            schema: SCHEMA,
            command: self.experiment.command.clone(),
            started: self.started.clone(),
            seconds: self.seconds_before + self.begun.elapsed().as_secs_f64(),
            seed: self.experiment.seed,
            unit: Unit::Nanoseconds,
            warnings: own.chain(others).collect(),
            machine,
            place: self.place.describe(),
            load: results::Load {
                clients: self.experiment.clients.clone(),
                packets_per_second: self.experiment.rates.clone(),
                payloads: PAYLOADS,
                warm_up_seconds: self.experiment.warm_up.as_secs_f64(),
                measured_seconds: self.experiment.measured.as_secs_f64(),
                repeats,
            },
            comparisons: summary::comparisons(&self.variants, &cells),
            models: summary::models(&cells),
            variants: self.variants.clone(),
            left_out: found.left_out.clone(),
            cells,
            partial,
        }
    }
}

fn reasons(left_out: &[LeftOut]) -> String {
    let reasons = left_out.iter().map(|out| format!("{}: {}", out.name, out.why.trim()));
    reasons.collect::<Vec<_>>().join("\n")
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
        let started = Switch::start(place, &candidate, stop).and_then(|mut switch| {
            let tried = load::reach(&mut switch, place, &candidate, stop)
                .and_then(|()| Ok(variant(&candidate, &mut switch)?));
            tried.map_err(|halt| switch.explained(halt))
        });
        match started {
            Ok(variant) => {
                running.push(Candidate { name: variant.name.clone(), ..candidate });
                variants.push(variant);
            }
            Err(Halt::Error(why)) => {
                left_out.push(LeftOut { name: candidate.name, why, from: None });
            }
            Err(signal) => return Err(signal),
        }
    }
    if running.is_empty() {
        return Err(Halt::Error(format!("no graph runs here:\n{}", reasons(left_out))));
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
