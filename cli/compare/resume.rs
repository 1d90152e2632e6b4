//! Going on from the file of a comparison that was cut off. Such a file may be
//! anything: what it says is looked at before it is believed.

use super::Experiment;
use super::place::Place;
use super::results::{LeftOut, Machine, Results, SCHEMA, Unit, Variant};
use super::variants::Candidate;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// The comparison of this file, and what it is to measure.
///
/// # Errors
/// Why it cannot go on, with the file's name.
pub fn read(path: &Path) -> Result<(Experiment, Results), String> {
    let of_file = |why: String| format!("{}: {why}", path.display());
    let text = std::fs::read(path).map_err(|error| of_file(error.to_string()))?;
    parse(&text).map_err(of_file)
}

fn parse(text: &[u8]) -> Result<(Experiment, Results), String> {
    let foreign = |why: &str| format!("it is no file of `pkgraph compare --json`: {why}");
    let value: Value = serde_json::from_slice(text).map_err(|error| match error.is_eof() {
        true => "it is cut off in the middle: take another copy of it".to_string(),
        false => foreign(&error.to_string()),
    })?;
    match value.get("schema").and_then(Value::as_u64) {
        Some(schema) if schema == u64::from(SCHEMA) => {}
        Some(schema) => {
            return Err(format!("it has schema {schema}, this pkgraph goes on from {SCHEMA}"));
        }
        None => return Err(foreign("it has no field `schema`")),
    }
    let mut results: Results =
        serde_json::from_value(value).map_err(|error| foreign(&error.to_string()))?;
    let Some(partial) = &results.partial else {
        return Err("it is whole: nothing is left to be measured".into());
    };
    let seconds =
        |seconds| Duration::try_from_secs_f64(seconds).map_err(|e| foreign(&e.to_string()));
    let experiment = Experiment {
        command: results.command.clone(),
        clients: results.load.clients.clone(),
        rates: results.load.packets_per_second.clone(),
        warm_up: seconds(results.load.warm_up_seconds)?,
        measured: seconds(results.load.measured_seconds)?,
        repeats: results.load.repeats,
        seed: results.seed,
        choice: partial.choice.clone(),
    };
    // They are measured at the end, all at once.
    let simulated = results.variants.iter().position(|variant| variant.is_simulated);
    results.variants.truncate(simulated.unwrap_or(results.variants.len()));
    results.cells.retain(|cell| simulated.is_none_or(|first| cell.variant < first));
    let loads = experiment.loads();
    let fits = results.cells.iter().all(|cell| {
        cell.variant < results.variants.len()
            && loads.contains(&(cell.clients, cell.packets_per_second))
            && (1..=experiment.repeats).contains(&cell.repeats.len())
    });
    match fits && results.unit == Unit::Nanoseconds {
        true => Ok((experiment, results)),
        false => Err(foreign("its fields contradict each other")),
    }
}

/// The candidates of the variants that the file has, in its order.
///
/// # Errors
/// What is not as it was.
pub(crate) fn again(
    before: &Results,
    place: &Place,
    machine: &Machine,
    candidates: Vec<Candidate>,
    now: &[Variant],
    left_out: &[LeftOut],
) -> Result<Vec<Candidate>, String> {
    let is = |machine: &Machine| {
        let Machine { cpu, cores, kernel, pkgraph, .. } = machine;
        format!("{cpu}, {cores} cores, Linux {kernel}, pkgraph {pkgraph}")
    };
    if is(&before.machine) != is(machine) {
        let (then, now) = (is(&before.machine), is(machine));
        return Err(format!("it was measured on {then}; this is {now}"));
    }
    if before.place.kind != place.kind {
        let (then, now) = (before.place.kind.name(), place.kind.name());
        return Err(format!("it was measured in {then}, and here it would be in {now}"));
    }
    let mut found = Vec::new();
    for variant in &before.variants {
        let name = &variant.name;
        let Some(n) = now.iter().position(|other| other.name == *name) else {
            let why = left_out.iter().find(|out| name.starts_with(&out.name));
            let why = why.map_or("it is not among the graphs", |out| out.why.trim());
            return Err(format!("{name} ran then, and does not now: {why}"));
        };
        if now[n].graph != variant.graph {
            return Err(format!("{name} is another graph now: {} has changed", variant.file));
        }
        if now[n].engine != variant.engine {
            let (then, now) = (&variant.engine, &now[n].engine);
            return Err(format!("{name} ran on the {then}, and now on the {now}"));
        }
        found.push(candidates[n].clone());
    }
    Ok(found)
}
