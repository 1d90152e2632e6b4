//! Lines: the distribution of delays, and the delay model with what was
//! measured (paper, section III-C).

use super::{Area, Axes, Drawn, HEIGHT, Plot, UNIT, decades, figure, log_steps, stroke, top};
use crate::html::palette::{Colour, PAPER, letter, variant};
use crate::html::paper;
use maud::Markup;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// How a variant's delays are distributed: `[value, how many]`, ascending.
pub struct Cumulative {
    pub variant: usize,
    /// A second line of the same variant.
    pub dashed: bool,
    pub values: Vec<(f64, u64)>,
}

/// Points of a line: more than a figure shows would only make the page large.
const POINTS: usize = 160;

/// The share of packets that took no longer than so long, on a logarithmic
/// axis. Nothing if nothing was counted.
pub fn cumulative(lines: &[Cumulative], unit: &str, label: &str, caption: &Markup) -> Markup {
    let total = |line: &Cumulative| line.values.iter().map(|(_, count)| count).sum::<u64>();
    // All but one in a thousand on either side, so that a single packet does
    // not take half of the axis.
    let ends = lines.iter().filter(|line| total(line) > 0).flat_map(|line| {
        let all = total(line);
        let mut below = 0;
        let mut first = None;
        let mut last = 0.0;
        for &(value, count) in &line.values {
            if (below as f64) < 0.999 * all as f64 {
                last = value;
            }
            below += count;
            if first.is_none() && below as f64 > 0.001 * all as f64 {
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
        for line in lines {
            rise(&plot, line, total(line), &x)?;
        }
        let mut names: Vec<_> =
            lines.iter().filter(|line| !line.dashed && total(line) > 0).collect();
        names.dedup_by_key(|line| line.variant);
        for (place, line) in names.iter().enumerate() {
            // Each at another height, so that no two are on each other.
            let share = 0.75 - 0.5 * place as f64 / names.len() as f64;
            let mut below = 0;
            let reached = line.values.iter().find(|(_, count)| {
                below += count;
                below as f64 >= share * total(line) as f64
            });
            if let Some(&(value, _)) = reached {
                let (x, y) = plot.at(value.max(f64::MIN_POSITIVE).log10(), 100.0 * share);
                let name = letter(line.variant);
                plot.text_at((x + 4 * UNIT, y), &name, HPos::Left, VPos::Center)?;
            }
        }
        Ok(())
    })
}

fn rise(plot: &Plot<'_, '_>, line: &Cumulative, total: u64, x: &std::ops::Range<f64>) -> Drawn {
    if total == 0 {
        return Ok(());
    }
    let step = (x.end - x.start) / POINTS as f64;
    let mut points: Vec<(f64, f64)> = vec![(x.start, 0.0)];
    let mut below = 0;
    for &(value, count) in &line.values {
        let at = value.max(f64::MIN_POSITIVE).log10();
        below += count;
        let share = 100.0 * below as f64 / total as f64;
        if at > x.end {
            break;
        }
        match points.last_mut() {
            Some(last) if at < x.start || at - last.0 < step => last.1 = share,
            _ => points.push((at, share)),
        }
    }
    // What is beyond the end is not drawn as having come.
    let reached = points.last().map_or(0.0, |point| point.1);
    points.push((x.end, reached));
    let style = stroke(variant(line.variant), 2);
    if line.dashed { plot.dashes(&points, style) } else { plot.line(&points, style) }
}

/// What was measured of a variant, and its line.
pub struct Fit {
    pub variant: usize,
    /// Number of copies and delay.
    pub points: Vec<(f64, f64)>,
    /// a and b of a + b·n, if there is a line.
    pub line: Option<(f64, f64)>,
}

/// Delay over the number of copies. The paper's lines are drawn if
/// `paper_scale` says what a nanosecond is on this axis.
pub fn model(
    fits: &[Fit],
    paper_scale: Option<f64>,
    unit: &str,
    label: &str,
    caption: &Markup,
) -> Markup {
    let copies = fits.iter().flat_map(|fit| fit.points.iter().map(|point| point.0));
    let most = copies.fold(1.0, f64::max);
    let end = most * 1.16;
    let papers = paper::MODELS
        .iter()
        .filter_map(|line| paper_scale.map(|scale| (line.key, line.a * scale, line.b * scale)));
    let papers: Vec<_> = papers.collect();
    let measured = fits.iter().flat_map(|fit| {
        let at_end = fit.line.map(|(a, b)| a + b * most);
        fit.points.iter().map(|point| point.1).chain(at_end)
    });
    let highest = top(measured.chain(papers.iter().map(|(_, a, b)| a + b * most)));
    let axes = Axes {
        x: 0.0..end,
        y: 0.0..highest,
        captions: ("n, copies of a packet", unit),
        left: 46,
        rows: 1,
        steps: 6,
    };
    figure(HEIGHT, label, caption, |area| {
        let plot = Plot::new(area, &axes)?;
        steps(&plot, fits)?;
        let mut names = Vec::new();
        for &(name, a, b) in &papers {
            plot.dashes(&[(0.0, a), (most, a + b * most)], stroke(PAPER, 2))?;
            names.push((plot.at(most, a + b * most), name.to_owned()));
        }
        for fit in fits {
            let colour = variant(fit.variant);
            if let Some((a, b)) = fit.line {
                plot.line(
                    &[(0.0, a.max(0.0)), (most, (a + b * most).max(0.0))],
                    stroke(colour, 2),
                )?;
            }
            for &(n, delay) in &fit.points {
                point(area, plot.at(n, delay), colour)?;
            }
            let last = fit.line.map(|(a, b)| a + b * most);
            if let Some(last) = last.or(fit.points.last().map(|point| point.1)) {
                names.push((plot.at(most, last.max(0.0)), letter(fit.variant)));
            }
        }
        apart(&mut names, plot.at(0.0, 0.0).1);
        for ((x, y), name) in &names {
            plot.text_at((x + 8 * UNIT, *y), name, HPos::Left, VPos::Center)?;
        }
        Ok(())
    })
}

/// The numbers of copies that were measured.
fn steps(plot: &Plot<'_, '_>, fits: &[Fit]) -> Drawn {
    let mut all: Vec<f64> = fits.iter().flat_map(|fit| fit.points.iter().map(|p| p.0)).collect();
    all.push(0.0);
    all.sort_by(f64::total_cmp);
    all.dedup();
    for n in all {
        plot.step(n, &super::number::tick(n))?;
    }
    Ok(())
}

fn point(area: &Area<'_>, at: (i32, i32), colour: Colour) -> Drawn {
    area.draw(&Circle::new(at, 4 * UNIT, colour.rgb().filled()))
}

/// Moves names until none is on another: down first, and then up from the
/// ground.
fn apart(names: &mut [((i32, i32), String)], ground: i32) {
    const STEP: i32 = 13 * UNIT;
    names.sort_by_key(|((_, y), _)| *y);
    let mut free = i32::MIN;
    for ((_, y), _) in names.iter_mut() {
        *y = (*y).max(free);
        free = *y + STEP;
    }
    let mut free = ground - STEP / 2;
    for ((_, y), _) in names.iter_mut().rev() {
        *y = (*y).min(free);
        free = *y - STEP;
    }
}
