//! The delay model with what was measured (paper, section III-C).

use super::{Area, Axes, Drawn, HEIGHT, Plot, UNIT, figure, stroke, top};
use crate::html::palette::{Colour, PAPER, letter, variant};
use crate::html::paper;
use maud::Markup;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

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
        // A line that falls is highest at 0.
        let at_ends = fit.line.into_iter().flat_map(|(a, b)| [a, a + b * most]);
        fit.points.iter().map(|point| point.1).chain(at_ends)
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
            let ends = fit.line.and_then(|(a, b)| above_ground(a, b, most));
            if let Some(ends) = ends {
                plot.line(&ends, stroke(colour, 2))?;
            }
            let mut points = fit.points.iter().filter(|(_, delay)| delay.is_finite());
            for &(n, delay) in points.clone() {
                point(area, plot.at(n, delay), colour)?;
            }
            if let Some(last) = ends.map(|ends| ends[1]).or(points.next_back().copied()) {
                names.push((plot.at(last.0, last.1), letter(fit.variant)));
            }
        }
        apart(&mut names, plot.at(0.0, 0.0).1);
        for ((x, y), name) in &names {
            plot.text_at((x + 8 * UNIT, *y), name, HPos::Left, VPos::Center)?;
        }
        Ok(())
    })
}

/// The part of a + b·n, for n from 0 to `most`, that is on the plot. Bending the
/// line at the ground would show another one.
fn above_ground(a: f64, b: f64, most: f64) -> Option<[(f64, f64); 2]> {
    let zero = -a / b;
    let (from, to) = match (a >= 0.0, a + b * most >= 0.0) {
        (true, true) => (0.0, most),
        (true, false) => (0.0, zero),
        (false, true) => (zero, most),
        (false, false) => return None,
    };
    let finite = a.is_finite() && b.is_finite();
    finite.then(|| [from, to].map(|n| (n, (a + b * n).max(0.0))))
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

#[cfg(test)]
mod tests {
    use super::super::read::Figure;
    use super::*;
    use maud::html;

    fn drawn(line: (f64, f64), points: &[(f64, f64)]) -> Figure {
        let fit = Fit { variant: 0, points: points.to_vec(), line: Some(line) };
        Figure::of(&model(&[fit], Some(1e-3), "µs", "", &html! {}))
    }

    /// Intercepts above and below 0, slopes up and down: all that is drawn is on
    /// the line, and at the greatest number of copies if it is positive there.
    #[test]
    fn a_line_is_drawn_with_its_own_intercept_and_slope() {
        for (a, b) in [(0.7, 2.3), (-159.0, 23.2), (73.0, -2.0), (40.0, -5.0), (-1.0, 0.05)] {
            let points: Vec<_> = [6.0, 8.0, 10.0].map(|n| (n, f64::max(a + b * n, 1.0))).into();
            let figure = drawn((a, b), &points);
            let (x, y) = (figure.x(), figure.y());
            let lines = figure.lines_of(variant(0));
            let end = a + b * 10.0;
            if a < 0.0 && end < 0.0 {
                assert!(lines.is_empty());
                continue;
            }
            let [line] = &lines[..] else { panic!("{lines:?}") };
            let ends = [line[0], line[line.len() - 1]].map(|(px, py)| (x.value(px), y.value(py)));
            for (n, delay) in ends {
                let off = (a + b * n - delay).abs();
                assert!(off < 2.0 * y.pixel() + 2.0 * x.pixel() * b.abs(), "{a} {b}: {ends:?}");
                assert!(figure.has(x.place(n), y.place(delay)), "{a} {b}: {ends:?} outside");
            }
            let from = if a < 0.0 { -a / b } else { 0.0 };
            let to = if end < 0.0 { -a / b } else { 10.0 };
            assert!((ends[0].0 - from).abs() < 2.0 * x.pixel(), "{a} {b}: {ends:?}");
            assert!((ends[1].0 - to).abs() < 2.0 * x.pixel(), "{a} {b}: {ends:?}");
            // The points are where they were measured.
            for ((px, py), (n, delay)) in figure.circles.iter().zip(&points) {
                assert!((x.value(*px) - n).abs() < 2.0 * x.pixel());
                assert!((y.value(*py) - delay).abs() < 2.0 * y.pixel());
            }
            assert_eq!(figure.circles.len(), points.len());
        }
    }

    #[test]
    fn what_is_no_number_is_not_drawn() {
        let figure = drawn((f64::NAN, 1.0), &[(6.0, f64::NAN), (8.0, 20.0)]);
        assert_eq!((figure.circles.len(), figure.lines_of(variant(0)).len()), (1, 0));
    }
}
