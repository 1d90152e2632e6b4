//! What casts doubt on a comparison, said with it.

use super::place::Place;
use super::results::{Cell, Doubts, Machine, Variant};
use super::statistics::spread;

/// A load average above this share of the cores, before anything ran, is
/// somebody else's work.
const BUSY: f64 = 0.3;
/// CPUs that were stolen.
const STOLEN: f64 = 0.02;
/// Repeats that differ by so much are noisy.
const NOISY: f64 = 0.5;
/// A core that has less time left than this is saturated.
const SATURATED: f64 = 0.9;
/// The share of packets that the generator may not have sent in time.
const UNSENT: f64 = 0.001;

pub fn of(
    machine: &Machine,
    place: &Place,
    variants: &[Variant],
    cells: &[Cell],
    doubts: &[(usize, Doubts)],
) -> Vec<String> {
    let mut warnings = Vec::new();
    let cores = machine.cores as f64;
    if cfg!(debug_assertions) {
        warnings.push(
            "pkgraph was built without optimization: run it with `cargo run --release`".into(),
        );
    }
    if machine.load_before > BUSY * cores {
        warnings.push(format!(
            "the machine was busy before: load {:.2} on {} cores",
            machine.load_before, machine.cores
        ));
    }
    if machine.cores == 1 || place.switch_cpus.is_none() {
        warnings.push(
            "there is one core: switch and clients take it from each other, and delays have waits \
             in them"
                .into(),
        );
    }
    let steal = doubts.iter().map(|(_, doubt)| doubt.steal).fold(0.0, f64::max);
    if steal > STOLEN {
        warnings.push(format!(
            "the host of this virtual machine gave up to {:.0} % of a core to others",
            100.0 * steal
        ));
    }
    for (n, variant) in variants.iter().enumerate() {
        let name = &variant.name;
        let of_it = || cells.iter().filter(move |cell| cell.variant == n);
        if variant.is_simulated {
            continue;
        }
        warnings.extend(of_cells(name, cores, of_it()));
        let own = || doubts.iter().filter(move |(variant, _)| *variant == n).map(|(_, d)| d);
        let drops: u64 = own().map(|doubt| doubt.socket_drops).sum();
        if drops > 0 {
            warnings.push(format!(
                "{name}: of the lost copies the clients' own sockets dropped {drops}: that is the \
                 clients' fault"
            ));
        }
        let corrupt: u64 = own().map(|doubt| doubt.corrupt).sum();
        if corrupt > 0 {
            warnings.push(format!(
                "{name}: {corrupt} packets were not as they were sent, or not wanted"
            ));
        }
        if own().any(|doubt| !doubt.counts_allocations) {
            warnings
                .push(format!("{name}: this program does not count allocations, 0 is no count"));
        }
    }
    warnings
}

fn of_cells<'a>(name: &str, cores: f64, cells: impl Iterator<Item = &'a Cell>) -> Vec<String> {
    let mut warnings = Vec::new();
    let (mut lost, mut expected, mut disordered, mut unsent, mut sent) = (0, 0, 0, 0, 0);
    let (mut noisy, mut saturated, mut is_full): (f64, f64, f64) = (0.0, 0.0, 0.0);
    for cell in cells {
        for repeat in &cell.repeats {
            lost += repeat.lost;
            expected += repeat.expected;
            disordered += repeat.reordered + repeat.duplicated;
            unsent += repeat.unsent;
            sent += repeat.packets_in;
            saturated = saturated.max(repeat.cpu);
            is_full = is_full.max(repeat.cpu_of_machine / cores);
        }
        let delays: Vec<f64> = cell.repeats.iter().map(|repeat| repeat.delay.p50).collect();
        noisy = noisy.max(spread(&delays));
    }
    if lost > 0 {
        warnings.push(format!("{name}: {lost} of {expected} copies were lost"));
    }
    if disordered > 0 {
        warnings.push(format!("{name}: {disordered} copies came late or again"));
    }
    if unsent as f64 > UNSENT * (sent + unsent) as f64 {
        warnings.push(format!(
            "{name}: the clients were the limit: {unsent} packets were not sent in time"
        ));
    }
    if saturated > SATURATED {
        warnings.push(format!(
            "{name}: the switch had no time left: {:.0} % of a core",
            100.0 * saturated
        ));
    } else if is_full > SATURATED {
        warnings.push(format!(
            "{name}: the machine had no time left: {:.0} % of all cores, its clients included",
            100.0 * is_full
        ));
    }
    if noisy > NOISY {
        warnings.push(format!(
            "{name}: delays of repeats differ by up to {:.0} %: a quieter machine says more",
            100.0 * noisy
        ));
    }
    warnings
}
