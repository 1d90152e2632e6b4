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
    let values = rows.iter().flat_map(|Row { ratio: Ratio { estimate, .. }, .. }| {
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
