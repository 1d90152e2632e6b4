//! Ratios with their intervals on a logarithmic axis: what is across the line
//! at 1 is no difference.

use super::{Axes, Drawn, Plot, ROW, UNIT, decades, figure, log_steps, stroke};
use crate::html::palette::{INK, PAPER, letter, variant};
use crate::results::{Ratio, Verdict};
use maud::Markup;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// A row.
pub struct Row {
    pub variant: usize,
    /// The load, such as `8 × 750`.
    pub load: String,
    pub ratio: Ratio,
}

/// The rows from top to bottom, and what the paper has.
pub fn draw(rows: &[Row], paper: &[f64], label: &str, caption: &Markup) -> Markup {
    let measured = rows.iter().filter(|row| row.ratio.is_measured());
    let values = measured.flat_map(|Row { ratio: Ratio { estimate, .. }, .. }| {
        [estimate.low, estimate.median, estimate.high]
    });
    let Some(x) = decades(values.chain([1.0]).chain(paper.iter().copied())) else {
        return Markup::default();
    };
    let axes = Axes {
        x: x.clone(),
        y: 0.0..rows.len() as f64,
        captions: ("ratio, less than 1 is less", "clients × packets/s"),
        left: 104,
        rows: 1,
        steps: 0,
    };
    let height = ROW * rows.len() as i32 + 24 + 8 + 2 * ROW + 8;
    figure(height, label, caption, |area| {
        let plot = Plot::new(area, &axes)?;
        for step in log_steps(&x) {
            plot.step(step.log10(), &super::number::tick(step))?;
        }
        let upright = |x: f64| [(x, 0.0), (x, axes.y.end)];
        plot.line(&upright(0.0), stroke(INK, 1))?;
        for share in paper {
            plot.dashes(&upright(share.log10()), stroke(PAPER, 2))?;
        }
        for (place, row) in rows.iter().enumerate() {
            one(&plot, row, axes.y.end - place as f64 - 0.5)?;
        }
        Ok(())
    })
}

fn one(plot: &Plot<'_, '_>, row: &Row, y: f64) -> Drawn {
    let colour = variant(row.variant);
    let log = |value: f64| (value > 0.0).then(|| value.log10());
    let (_, row_y) = plot.at(0.0, y);
    let name = format!("{}  {}", letter(row.variant), row.load);
    plot.text_at((96 * UNIT, row_y), &name, HPos::Right, VPos::Center)?;
    if !row.ratio.is_measured() {
        return Ok(());
    }
    let estimate = row.ratio.estimate;
    let Some(median) = log(estimate.median) else { return Ok(()) };
    if let (Some(low), Some(high)) = (log(estimate.low), log(estimate.high)) {
        plot.line(&[(low, y), (high, y)], stroke(colour, 2))?;
    }
    // Full where it says something.
    let says = matches!(row.ratio.verdict, Verdict::Less | Verdict::More);
    let style = if says { colour.rgb().filled() } else { stroke(colour, 2) };
    plot.area.draw(&Circle::new(plot.at(median, y), 4 * UNIT, style))
}

#[cfg(test)]
mod tests {
    use super::super::read::Figure;
    use super::*;
    use crate::results::Estimate;
    use maud::html;

    fn row(median: f64, low: f64, high: f64) -> Row {
        let estimate = Estimate { median, low, high, confidence: 0.9 };
        Row {
            variant: 0,
            load: "8 × 750".into(),
            ratio: Ratio { estimate, verdict: Verdict::Less },
        }
    }

    /// A ratio without any pair of runs has an interval without end: it is not
    /// drawn, and the axis is that of the others.
    #[test]
    fn dots_and_intervals_are_at_their_ratios() {
        let rows = [row(0.25, 0.2, 0.5), row(1.0, 0.0, f64::MAX), row(1.5, 1.25, 2.0)];
        let figure = Figure::of(&draw(&rows, &[], "", &html! {}));
        let x = figure.x().logarithmic();
        let near = |place: f64, value: f64| (x.value(place) / value - 1.0).abs() < 0.02;
        let dots: Vec<f64> = figure.circles.iter().map(|(x, _)| *x).collect();
        assert!(dots.len() == 2 && near(dots[0], 0.25) && near(dots[1], 1.5), "{dots:?}");
        let lines = figure.lines_of(variant(0));
        assert_eq!(lines.len(), 2);
        for (line, (low, high)) in lines.iter().zip([(0.2, 0.5), (1.25, 2.0)]) {
            assert!(near(line[0].0, low) && near(line[1].0, high), "{line:?}");
        }
        assert!(x.value(1600.0) < 10.0, "the axis is of the ratios: {x:?}");
    }
}
