//! How delays are distributed: the share of packets that took no longer than so
//! long, and its complement, which shows the tail.
//!
//! Both are stairs, since a share changes only where a packet was counted.

use super::{Axes, Drawn, HEIGHT, Plot, UNIT, decades, figure, log_steps, stroke};
use crate::html::palette::{letter, variant};
use maud::Markup;
use plotters::style::text_anchor::{HPos, VPos};
use std::ops::Range;

/// How a variant's delays are distributed: `[value, how many]`, ascending.
pub struct Distributed {
    pub variant: usize,
    /// A second line of the same variant.
    pub dashed: bool,
    pub values: Vec<(f64, u64)>,
}

/// Stairs of a line: more than a figure shows would only make the page large.
const STAIRS: f64 = 160.0;

impl Distributed {
    fn total(&self) -> u64 {
        self.values.iter().map(|(_, count)| count).sum()
    }

    /// How many packets took no longer, at the logarithms of delays from
    /// `x.start` to `x.end`. A stair that is less than a step from the one before
    /// joins it.
    fn counts(&self, x: &Range<f64>) -> Vec<(f64, u64)> {
        let step = (x.end - x.start) / STAIRS;
        let mut counts = vec![(x.start, 0)];
        let mut below = 0;
        for &(value, count) in &self.values {
            let at = value.max(f64::MIN_POSITIVE).log10();
            if at > x.end {
                break;
            }
            below += count;
            match counts.last_mut() {
                Some(last) if at < last.0 + step => last.1 = below,
                _ => counts.push((at, below)),
            }
        }
        // What is beyond the end is not drawn as having come.
        counts.push((x.end, below));
        counts
    }

    /// Draws the stairs; `y` says how high so many packets are.
    fn draw(&self, plot: &Plot<'_, '_>, x: &Range<f64>, y: impl Fn(u64) -> f64) -> Drawn {
        let mut points: Vec<(f64, f64)> = Vec::new();
        for (at, below) in self.counts(x) {
            if let Some(&(_, before)) = points.last() {
                points.push((at, before));
            }
            points.push((at, y(below)));
        }
        let style = stroke(variant(self.variant), 2);
        if self.dashed { plot.dashes(&points, style) } else { plot.line(&points, style) }
    }

    /// Writes the letter beside the stair that reaches `share`.
    fn name(&self, plot: &Plot<'_, '_>, share: f64, y: f64) -> Drawn {
        let total = self.total() as f64;
        let mut below = 0;
        let reached = self.values.iter().find(|(_, count)| {
            below += count;
            below as f64 >= share * total
        });
        let Some(&(value, _)) = reached else { return Ok(()) };
        let (x, y) = plot.at(value.max(f64::MIN_POSITIVE).log10(), y);
        plot.text_at((x + 4 * UNIT, y), &letter(self.variant), HPos::Left, VPos::Center)
    }
}

/// Those that have a letter in the figure: one per variant.
fn named<'a>(lines: &[&'a Distributed]) -> Vec<&'a Distributed> {
    let mut names: Vec<_> = lines.iter().copied().filter(|line| !line.dashed).collect();
    names.dedup_by_key(|line| line.variant);
    names
}

/// Those of which something was counted.
fn counted(lines: &[Distributed]) -> Vec<&Distributed> {
    lines.iter().filter(|line| line.total() > 0).collect()
}

/// The share of packets that took no longer than so long, on a logarithmic
/// axis. Nothing if nothing was counted.
pub fn cumulative(lines: &[Distributed], unit: &str, label: &str, caption: &Markup) -> Markup {
    let lines = counted(lines);
    // All but one in a thousand on either side, so that a single packet does
    // not take half of the axis.
    let ends = lines.iter().flat_map(|line| {
        let all = line.total() as f64;
        let mut below = 0;
        let mut first = None;
        let mut last = 0.0;
        for &(value, count) in &line.values {
            if (below as f64) < 0.999 * all {
                last = value;
            }
            below += count;
            if first.is_none() && below as f64 > 0.001 * all {
                first = Some(value);
            }
        }
        [first.unwrap_or(last), last]
    });
    let Some(x) = decades(ends) else { return Markup::default() };
    let axes = Axes {
        x: x.clone(),
        y: 0.0..100.0,
        captions: (unit, "% of packets, no longer than"),
        left: 46,
        rows: 1,
        steps: 6,
    };
    figure(HEIGHT, label, caption, |area| {
        let plot = Plot::new(area, &axes)?;
        for step in log_steps(&x) {
            plot.step(step.log10(), &super::number::tick(step))?;
        }
        for line in &lines {
            let total = line.total() as f64;
            line.draw(&plot, &x, |below| 100.0 * below as f64 / total)?;
        }
        let names = named(&lines);
        for (place, line) in names.iter().enumerate() {
            // Each at another height, so that no two are on each other.
            let share = 0.75 - 0.5 * place as f64 / names.len() as f64;
            line.name(&plot, share, 100.0 * share)?;
        }
        Ok(())
    })
}

/// The share of packets that took longer than so long, to the last one; both
/// axes are logarithmic. Nothing if nothing was counted.
pub fn tail(lines: &[Distributed], unit: &str, label: &str, caption: &Markup) -> Markup {
    let lines = counted(lines);
    let values = lines.iter().flat_map(|line| line.values.iter().filter(|(_, count)| *count > 0));
    let Some(x) = decades(values.map(|(value, _)| *value)) else { return Markup::default() };
    let most = lines.iter().map(|line| line.total()).max().unwrap_or(1);
    // A line ends on the ground, below the share of a single packet.
    let ground = (100.0 / most as f64).log10() - 0.4;
    let axes = Axes {
        x: x.clone(),
        y: ground..2.0,
        captions: (unit, "% of packets, longer than"),
        left: 66,
        rows: 1,
        steps: 0,
    };
    figure(HEIGHT, label, caption, |area| {
        let plot = Plot::new(area, &axes)?;
        for step in log_steps(&x) {
            plot.step(step.log10(), &super::number::tick(step))?;
        }
        for decade in ground.ceil() as i32..=2 {
            let decimals = usize::try_from(-decade).unwrap_or(0);
            plot.rung(&x, f64::from(decade), &format!("{:.decimals$}", 10f64.powi(decade)))?;
        }
        for line in &lines {
            let total = line.total();
            line.draw(&plot, &x, |below| {
                (100.0 * (total - below) as f64 / total as f64).log10().max(ground)
            })?;
        }
        let names = named(&lines);
        for (place, line) in names.iter().enumerate() {
            let y = 2.0 - (2.0 - ground) * (place + 1) as f64 / (names.len() + 2) as f64;
            line.name(&plot, 1.0 - 10f64.powf(y) / 100.0, y)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::super::read::{Axis, Figure};
    use super::*;
    use maud::html;

    fn of(values: &[(f64, u64)]) -> Distributed {
        Distributed { variant: 0, dashed: false, values: values.to_vec() }
    }

    /// What is read from the stairs at a delay.
    fn at(stairs: &[(f64, f64)], x: &Axis, y: &Axis, delay: f64) -> f64 {
        let place = x.place(delay);
        let after = stairs.windows(2).find(|ends| ends[0].0 <= place && place <= ends[1].0);
        let [(x0, y0), (x1, y1)] = after.expect("the line goes there") else { unreachable!() };
        let between = if x1 > x0 { (place - x0) / (x1 - x0) } else { 0.0 };
        y.value(y0 + (y1 - y0) * between)
    }

    fn share(values: &[(f64, u64)], delay: f64) -> f64 {
        let total: u64 = values.iter().map(|(_, count)| count).sum();
        let below: u64 = values.iter().filter(|(v, _)| *v <= delay).map(|(_, count)| count).sum();
        100.0 * below as f64 / total as f64
    }

    /// Few values and far apart, so that it is seen how they are joined.
    const VALUES: [(f64, u64); 5] =
        [(20.0, 8_000), (25.0, 60_000), (60.0, 31_000), (300.0, 990), (4_000.0, 10)];

    #[test]
    fn the_cumulative_line_has_the_share_of_packets_at_every_delay() {
        let figure = Figure::of(&cumulative(&[of(&VALUES)], "µs", "", &html! {}));
        let (x, y) = (figure.x().logarithmic(), figure.y());
        let lines = figure.lines_of(variant(0));
        for delay in [18.5, 19.5, 21.0, 24.0, 26.0, 40.0, 58.0, 63.0, 200.0, 290.0, 310.0] {
            let found = at(&lines[0], &x, &y, delay);
            let expected = share(&VALUES, delay);
            assert!((found - expected).abs() < 1.0, "at {delay}: {found} for {expected}");
        }
    }

    #[test]
    fn the_tail_has_the_share_of_packets_that_took_longer() {
        let figure = Figure::of(&tail(&[of(&VALUES)], "µs", "", &html! {}));
        let (x, y) = (figure.x().logarithmic(), figure.y().logarithmic());
        let lines = figure.lines_of(variant(0));
        for delay in [18.0, 19.0, 22.0, 28.0, 50.0, 70.0, 250.0, 350.0, 3_500.0] {
            let found = at(&lines[0], &x, &y, delay);
            let expected = 100.0 - share(&VALUES, delay);
            assert!((found / expected - 1.0).abs() < 0.05, "at {delay}: {found} for {expected}");
        }
        // After the last packet the line is on the ground, below one packet.
        assert!(at(&lines[0], &x, &y, 4_500.0) < 0.001);
    }

    /// A variant with few packets has a tail that ends early, and one without any
    /// has none.
    #[test]
    fn a_tail_is_of_its_own_packets() {
        let none = of(&[]);
        let few = Distributed { variant: 1, ..of(&[(30.0, 3), (50.0, 1)]) };
        let figure = Figure::of(&tail(&[of(&VALUES), few, none], "µs", "", &html! {}));
        let (x, y) = (figure.x().logarithmic(), figure.y().logarithmic());
        let line = &figure.lines_of(variant(1))[0];
        assert!((at(line, &x, &y, 40.0) / 25.0 - 1.0).abs() < 0.05);
        assert!(at(line, &x, &y, 60.0) < 0.001);
        assert!(tail(&[of(&[])], "µs", "", &html! {}).0.is_empty());
    }
}
