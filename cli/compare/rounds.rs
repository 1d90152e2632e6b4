//! All runs, in rounds: what is found so far, and what has failed for good.
//!
//! In a round each variant runs once under each load, one after the other, so that
//! what the machine does in the meantime comes to all. A variant that fails twice
//! under a load does not run under it again: its repeats before are whole, and the
//! n-th repeats of two variants stay of one round. All others go on.

use super::load::{self, Load};
use super::place::Place;
use super::results::{Doubts, LeftOut, Repeat, Results, Since};
use super::statistics::shuffle;
use super::stop::{Halt, Stop};
use super::summary::Runs;
use super::variants::Candidate;
use super::{Experiment, Progress};
use pkgraph_runtime::Random;

/// What all runs have.
pub struct Around<'a> {
    pub experiment: &'a Experiment,
    pub place: &'a Place,
    pub progress: &'a dyn Progress,
    pub stop: &'a Stop,
}

/// What all runs have found.
#[derive(Default)]
pub struct Measured {
    pub runs: Vec<Runs>,
    /// Each with its variant.
    pub doubts: Vec<(usize, Doubts)>,
    /// Why runs had to be made again.
    pub made_again: Vec<String>,
    pub left_out: Vec<LeftOut>,
}

impl Around<'_> {
    /// Makes the runs that `found` does not have yet; `keep` sees it after every
    /// round but the last. With an error, `found` has what was measured before.
    pub fn measure(
        &self,
        candidates: &[Candidate],
        found: &mut Measured,
        keep: &dyn Fn(&Measured),
    ) -> Result<(), Halt> {
        let Experiment { warm_up, measured, repeats, seed, .. } = *self.experiment;
        let mut random = Random::new(seed);
        let made = found.runs.iter().flat_map(|runs| &runs.repeats);
        let mut turn = made.map(|repeat| repeat.turn + 1).max().unwrap_or(0);
        for round in 1..=repeats {
            let mut is_new = false;
            for (clients, packets_per_second) in self.experiment.loads() {
                let load = Load { clients, packets_per_second, warm_up, measured };
                // The order of a round is the seed's, whatever of it was made before.
                let mut order: Vec<usize> = (0..candidates.len()).collect();
                shuffle(&mut order, &mut random);
                for variant in order {
                    let name = &candidates[variant].name;
                    if found.repeats(variant, load) < round && !found.has_failed(name, load) {
                        self.progress.run(&format!(
                            "{name}, {clients} clients at {packets_per_second}/s, {round} of \
                             {repeats}"
                        ));
                        self.one(&candidates[variant], variant, load, (round, turn), found)?;
                        turn += 1;
                        is_new = true;
                    }
                    self.progress.done();
                }
            }
            if is_new && round < repeats {
                keep(found);
            }
        }
        Ok(())
    }

    /// A run; made again once if it fails, since hours may have gone before it.
    fn one(
        &self,
        of: &Candidate,
        variant: usize,
        load: Load,
        (round, turn): (usize, usize),
        found: &mut Measured,
    ) -> Result<(), Halt> {
        let run = || load::run(self.place, of, load, turn, self.stop);
        let Load { clients, packets_per_second, .. } = load;
        let mut result = run();
        if let Err(Halt::Error(why)) = &result {
            // With a signal there is nothing to be made again.
            self.stop.check()?;
            let again = format!("{}: a run was made again: {}", of.name, why.trim());
            result = run();
            if result.is_ok() {
                found.made_again.push(again);
            }
        }
        match result {
            Ok((repeat, doubts)) => {
                found.doubts.push((variant, doubts));
                found.add(variant, load, repeat);
            }
            Err(Halt::Error(why)) => {
                self.stop.check()?;
                let repeats = self.experiment.repeats;
                found.left_out.push(LeftOut {
                    name: of.name.clone(),
                    why: format!(
                        "with {clients} clients at {packets_per_second} packets/s, from round \
                         {round} of {repeats} on: {}",
                        why.trim()
                    ),
                    from: Some(Since { clients, packets_per_second, round }),
                });
            }
            Err(signal) => return Err(signal),
        }
        Ok(())
    }
}

impl Measured {
    /// What a file has of these variants.
    pub fn of(before: Results) -> Measured {
        let partial = before.partial;
        let (doubts, made_again) =
            partial.map(|partial| (partial.doubts, partial.made_again)).unwrap_or_default();
        let runs = before.cells.into_iter().map(|cell| Runs {
            variant: cell.variant,
            clients: cell.clients,
            packets_per_second: cell.packets_per_second,
            repeats: cell.repeats,
        });
        Measured { runs: runs.collect(), doubts, made_again, left_out: before.left_out }
    }

    /// Rounds that are whole, of so many: those that have failed are not waited for.
    pub fn rounds_done(&self, candidates: &[Candidate], experiment: &Experiment) -> usize {
        let Experiment { warm_up, measured, repeats, .. } = *experiment;
        let of = |variant: usize, (clients, packets_per_second)| {
            let load = Load { clients, packets_per_second, warm_up, measured };
            match self.has_failed(&candidates[variant].name, load) {
                true => repeats,
                false => self.repeats(variant, load),
            }
        };
        let loads = experiment.loads();
        let all = (0..candidates.len()).flat_map(|n| loads.iter().map(move |load| of(n, *load)));
        all.min().unwrap_or(0)
    }

    fn repeats(&self, variant: usize, load: Load) -> usize {
        self.runs.iter().find(|runs| is_of(runs, variant, load)).map_or(0, |r| r.repeats.len())
    }

    fn has_failed(&self, name: &str, load: Load) -> bool {
        let Load { clients, packets_per_second, .. } = load;
        self.left_out.iter().filter(|out| out.name == name).any(|out| {
            let since = out.from;
            since.is_some_and(|from| {
                (from.clients, from.packets_per_second) == (clients, packets_per_second)
            })
        })
    }

    fn add(&mut self, variant: usize, load: Load, repeat: Repeat) {
        let Load { clients, packets_per_second, .. } = load;
        match self.runs.iter_mut().find(|runs| is_of(runs, variant, load)) {
            Some(runs) => runs.repeats.push(repeat),
            None => {
                let repeats = vec![repeat];
                self.runs.push(Runs { variant, clients, packets_per_second, repeats });
            }
        }
    }
}

fn is_of(runs: &Runs, variant: usize, load: Load) -> bool {
    (runs.variant, runs.clients) == (variant, load.clients)
        && runs.packets_per_second == load.packets_per_second
}
