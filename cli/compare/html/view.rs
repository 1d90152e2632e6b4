//! The results as the sections ask for them.

use super::palette;
use crate::guest;
use crate::results::{Cell, Comparison, Ratio, Results, Unit};
use maud::{Markup, html};
use pkgraph_lang::Catalogue;

pub struct View<'a> {
    pub results: &'a Results,
    pub catalogue: &'a Catalogue,
}

impl<'a> View<'a> {
    pub fn new(results: &'a Results, catalogue: &'a Catalogue) -> View<'a> {
        View { results, catalogue }
    }

    pub fn title(&self) -> String {
        let measured = self.measured().map(|variant| self.name(variant)).collect::<Vec<_>>();
        match &measured[..] {
            [] => "The switch in user space alone".into(),
            [one] => format!("The switch on {one}"),
            [first, second] => format!("The switch on {first} and on {second}"),
            [first, rest @ ..] => {
                format!("The switch on {first} and in {} other variants", rest.len())
            }
        }
    }

    pub fn subtitle(&self) -> String {
        let load = &self.results.load;
        let repeats = match load.repeats {
            1 => "once".into(),
            repeats => format!("{repeats} times"),
        };
        format!(
            "{} clients, {} packets/s each, {}, {repeats}. {}, Linux {}. Begun {}.",
            joined(&load.clients),
            joined(&load.packets_per_second),
            self.run_length(),
            self.results.machine.cpu,
            self.results.machine.kernel,
            self.results.started,
        )
    }

    /// How much of each run was measured.
    pub fn run_length(&self) -> String {
        match self.results.unit {
            Unit::Nanoseconds => format!("{} s measured", self.results.load.measured_seconds),
            Unit::Instructions => format!("{} packets measured", guest::MEASURED),
        }
    }

    /// What comes before it.
    pub fn warm_up(&self) -> String {
        match self.results.unit {
            Unit::Nanoseconds => format!("{} s", self.results.load.warm_up_seconds),
            Unit::Instructions => format!("{} packets", guest::WARM_UP),
        }
    }

    /// Whether clients have measured their echo.
    pub fn has_echo(&self) -> bool {
        let repeats = self.results.cells.iter().flat_map(|cell| &cell.repeats);
        repeats.into_iter().any(|repeat| repeat.echo.count > 0)
    }

    pub fn unit(&self) -> Unit {
        self.results.unit
    }

    pub fn name(&self, variant: usize) -> &'a str {
        self.results.variants.get(variant).map_or("?", |variant| &variant.name)
    }

    /// Variants that ran on something real.
    pub fn measured(&self) -> impl Iterator<Item = usize> {
        self.indices(false)
    }

    pub fn simulated(&self) -> impl Iterator<Item = usize> {
        self.indices(true)
    }

    fn indices(&self, is_simulated: bool) -> impl Iterator<Item = usize> {
        let variants = self.results.variants.iter().enumerate();
        variants.filter(move |(_, v)| v.is_simulated == is_simulated).map(|(index, _)| index)
    }

    pub fn is_simulated(&self, variant: usize) -> bool {
        self.results.variants.get(variant).is_some_and(|variant| variant.is_simulated)
    }

    /// Rates that ran, ascending: packets per second of each client.
    pub fn rates(&self) -> Vec<f64> {
        let mut rates: Vec<f64> = self.results.cells.iter().map(|c| c.packets_per_second).collect();
        rates.sort_by(f64::total_cmp);
        rates.dedup();
        rates
    }

    /// Numbers of clients that ran at a rate, ascending.
    pub fn clients(&self, rate: f64) -> Vec<usize> {
        let mut clients: Vec<usize> = self.cells(rate).map(|cell| cell.clients).collect();
        clients.sort_unstable();
        clients.dedup();
        clients
    }

    /// All cells of a rate.
    fn cells(&self, rate: f64) -> impl Iterator<Item = &'a Cell> {
        self.results.cells.iter().filter(move |cell| cell.packets_per_second == rate)
    }

    /// The cells of a rate that were measured, or simulated: by clients, then
    /// by variants.
    pub fn cells_of(&self, rate: f64, is_simulated: bool) -> Vec<&'a Cell> {
        let mut cells: Vec<&Cell> = self
            .cells(rate)
            .filter(|cell| self.is_simulated(cell.variant) == is_simulated)
            .collect();
        cells.sort_by_key(|cell| (cell.clients, cell.variant));
        cells
    }

    /// Comparisons of what was measured, by variant, rate and clients: a
    /// simulated variant is in none.
    pub fn comparisons(&self) -> Vec<&'a Comparison> {
        let real = |c: &&Comparison| !self.is_simulated(c.variant) && !self.is_simulated(c.base);
        let mut comparisons: Vec<_> = self.results.comparisons.iter().filter(real).collect();
        comparisons.sort_by(|a, b| {
            let rates = a.packets_per_second.total_cmp(&b.packets_per_second);
            a.variant.cmp(&b.variant).then(rates).then(a.clients.cmp(&b.clients))
        });
        comparisons
    }

    /// The ratios of a variant at a rate, with the numbers of clients.
    pub fn ratios(
        &self,
        variant: usize,
        rate: f64,
        of: fn(&Comparison) -> Ratio,
    ) -> Vec<(usize, Ratio)> {
        let comparisons = self.comparisons().into_iter();
        let here = comparisons.filter(|c| c.variant == variant && c.packets_per_second == rate);
        here.map(|comparison| (comparison.clients, of(comparison))).collect()
    }

    /// The letter of a variant in its colour, as it stands in figures.
    pub fn key(&self, variant: usize) -> Markup {
        html! { span class=(palette::class(variant)) { (palette::letter(variant)) } }
    }

    /// The letter and the name.
    pub fn named(&self, variant: usize) -> Markup {
        html! { span.named { (self.key(variant)) " " (self.name(variant)) } }
    }

    /// What letters in figures mean.
    pub fn legend(&self, variants: impl Iterator<Item = usize>) -> Markup {
        html! {
            ul.legend { @for variant in variants { li { (self.named(variant)) } } }
        }
    }

    /// How sure intervals are, and of how many repeats.
    pub fn intervals(&self) -> String {
        let repeats = self.results.load.repeats;
        let confidence = self.results.cells.iter().map(|cell| cell.cpu.confidence);
        let least = confidence.fold(f64::INFINITY, f64::min);
        match repeats {
            0 | 1 => "One repeat: there are no intervals.".into(),
            _ if !least.is_finite() || least <= 0.0 => format!("Medians of {repeats} repeats."),
            _ => format!(
                "Medians of {repeats} repeats, with their {:.0} % confidence intervals.",
                // 0.9375 is 93 % sure, not 94.
                (least * 100.0).floor()
            ),
        }
    }
}

/// `6, 8 and 10`.
pub fn joined<T: ToString>(parts: &[T]) -> String {
    let parts: Vec<String> = parts.iter().map(T::to_string).collect();
    match &parts[..] {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
