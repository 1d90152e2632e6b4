//! From runs to cells, comparisons and models.

use super::fit;
use super::results::{Cell, Comparison, Counts, Distribution, Model, Ratio, Repeat, Variant};
use super::statistics::{estimate, ratio};

/// The runs of a variant under a load, in the order of rounds.
#[derive(Clone)]
pub struct Runs {
    pub variant: usize,
    pub clients: usize,
    pub packets_per_second: f64,
    pub repeats: Vec<Repeat>,
}

/// The cells of all runs, by variant, rate and number of clients.
pub fn cells(mut all: Vec<Runs>) -> Vec<Cell> {
    all.sort_by(|a, b| {
        let rate = a.packets_per_second.total_cmp(&b.packets_per_second);
        a.variant.cmp(&b.variant).then(rate).then(a.clients.cmp(&b.clients))
    });
    all.iter().map(cell).collect()
}

/// The cell of these runs.
fn cell(runs: &Runs) -> Cell {
    let repeats = &runs.repeats;
    let of =
        |figure: &dyn Fn(&Repeat) -> f64| estimate(&repeats.iter().map(figure).collect::<Vec<_>>());
    let count = |figure: fn(&Counts) -> f64| of(&|repeat| figure(&repeat.counts)).median;
    Cell {
        variant: runs.variant,
        clients: runs.clients,
        packets_per_second: runs.packets_per_second,
        cpu_user: of(&|r| r.cpu_user),
        cpu_kernel: of(&|r| r.cpu_kernel),
        cpu: of(&|r| r.cpu),
        cpu_of_machine: of(&|r| r.cpu_of_machine),
        softirq_of_machine: of(&|r| r.softirq_of_machine),
        delay: of(&|r| r.delay.p50),
        delay_p999: of(&|r| r.delay.p999),
        delay_with_kick: of(&|r| r.delay_with_kick.p50),
        delay_with_kick_p999: of(&|r| r.delay_with_kick.p999),
        echo: of(&|r| r.echo.p50),
        counts: Counts {
            kernel_crossings: count(|c| c.kernel_crossings),
            allocations: count(|c| c.allocations),
            copies: count(|c| c.copies),
            octets_copied: count(|c| c.octets_copied),
        },
        repeats: repeats.clone(),
    }
}

/// Each real variant against the first real one, under each load.
pub fn comparisons(variants: &[Variant], cells: &[Cell]) -> Vec<Comparison> {
    let Some(base) = variants.iter().position(|variant| !variant.is_simulated) else {
        return Vec::new();
    };
    let real = cells.iter().filter(|cell| !variants[cell.variant].is_simulated);
    let others = real.filter(|cell| cell.variant != base);
    others
        .filter_map(|cell| {
            let to = cells.iter().find(|other| {
                (other.variant, other.clients) == (base, cell.clients)
                    && other.packets_per_second == cell.packets_per_second
            })?;
            Some(compare(cell, to))
        })
        .collect()
}

fn compare(cell: &Cell, base: &Cell) -> Comparison {
    let of = |figure: fn(&Repeat) -> f64| -> Ratio {
        let all = |cell: &Cell| cell.repeats.iter().map(figure).collect::<Vec<_>>();
        ratio(&all(cell), &all(base))
    };
    Comparison {
        variant: cell.variant,
        base: base.variant,
        clients: cell.clients,
        packets_per_second: cell.packets_per_second,
        cpu: of(|r| r.cpu),
        cpu_of_machine: of(|r| r.cpu_of_machine),
        delay: of(|r| r.delay.p50),
        delay_with_kick: of(|r| r.delay_with_kick.p50),
        echo: of(|r| r.echo.p50),
    }
}

/// The model of each variant at each rate. A packet has as many copies as there
/// are clients, its sender included.
pub fn models(cells: &[Cell]) -> Vec<Model> {
    let mut models: Vec<Model> = Vec::new();
    for first in cells {
        let (variant, rate) = (first.variant, first.packets_per_second);
        if models.iter().any(|m| m.variant == variant && m.packets_per_second == rate) {
            continue;
        }
        let series: Vec<&Cell> = cells
            .iter()
            .filter(|cell| cell.variant == variant && cell.packets_per_second == rate)
            .collect();
        let copies: Vec<f64> = series.iter().map(|cell| cell.clients as f64).collect();
        let rounds = series.iter().map(|cell| cell.repeats.len()).min().unwrap_or(0);
        let line = |of: fn(&Repeat) -> &Distribution| {
            let round = |n: usize| series.iter().map(|cell| of(&cell.repeats[n]).p50).collect();
            fit::line(&copies, &(0..rounds).map(round).collect::<Vec<_>>())
        };
        let lines = (line(|r| &r.delay), line(|r| &r.delay_with_kick));
        if let (Some(delay), Some(delay_with_kick)) = lines {
            models.push(Model { variant, packets_per_second: rate, delay, delay_with_kick });
        }
    }
    models
}
