//! Figures in SVG, drawn by plotters.
//!
//! All are 400 pixels wide, a phone's width, and the page puts several beside
//! each other where there is room. The browser draws their text.

pub mod bars;
pub mod curves;
pub mod distribution;
pub mod ratios;
#[cfg(test)]
mod read;

use super::number;
use super::palette::{AXIS, Colour, GRID, INK};
use maud::{Markup, PreEscaped, html};
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::ops::Range;

/// The units of plotters in a pixel, since it places by whole units.
const UNIT: i32 = 4;
/// The width of a figure, and the height that most have, in pixels.
const WIDTH: i32 = 400;
pub const HEIGHT: i32 = 290;
/// The size of letters in pixels, and of a row of them.
const LETTERS: i32 = 12;
const ROW: i32 = 16;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Context<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
/// Into a string, so it does not fail.
type Drawn<T = ()> = Result<T, DrawingAreaErrorKind<std::io::Error>>;

/// A figure: `label` is for who does not see it, `caption` goes below.
fn figure(
    height: i32,
    label: &str,
    caption: &Markup,
    draw: impl FnOnce(&Area<'_>) -> Drawn,
) -> Markup {
    let mut svg = String::new();
    let size = ((WIDTH * UNIT) as u32, (height * UNIT) as u32);
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&area).and_then(|()| area.present()).expect("writing to a String does not fail");
    }
    let inner = svg.split_once('>').map_or("", |(_, inner)| inner);
    html! {
        figure.chart {
            svg viewBox={ "0 0 " (size.0) " " (size.1) } role="img" aria-label=(label) {
                (PreEscaped(inner.strip_suffix("</svg>\n").unwrap_or(inner)))
            }
            figcaption { (caption) }
        }
    }
}

/// The axes of a figure.
pub struct Axes<'a> {
    pub x: Range<f64>,
    pub y: Range<f64>,
    /// Written under the x axis, and above the y axis.
    pub captions: (&'a str, &'a str),
    /// Room on the left of the plot in pixels.
    pub left: i32,
    /// Rows of text under the x axis.
    pub rows: i32,
    /// Steps of the y axis; 0 for an axis without numbers.
    pub steps: usize,
}

/// A figure with its axes, ready to draw into.
struct Plot<'a, 'b> {
    area: &'b Area<'a>,
    chart: Context<'a>,
    y: Range<f64>,
}

impl<'a, 'b> Plot<'a, 'b> {
    fn new(area: &'b Area<'a>, axes: &Axes<'_>) -> Drawn<Plot<'a, 'b>> {
        let below = 8 + ROW * (axes.rows + 1);
        let mut chart = ChartBuilder::on(area)
            .margin_top((2 * ROW - 8) * UNIT)
            .margin_right(16 * UNIT)
            .y_label_area_size(axes.left * UNIT)
            .x_label_area_size(below * UNIT)
            .build_cartesian_2d(axes.x.clone(), axes.y.clone())?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(0)
            .y_labels(axes.steps)
            .y_max_light_lines(0)
            .bold_line_style(stroke(GRID, 1))
            .axis_style(stroke(AXIS, 1))
            .set_all_tick_mark_size(4 * UNIT)
            .label_style(letters(INK))
            .y_label_formatter(&|y| number::tick(*y))
            .draw()?;
        let plot = Plot { area, chart, y: axes.y.clone() };
        let (_, height) = area.dim_in_pixel();
        let middle = (axes.left + WIDTH - 16) / 2 * UNIT;
        let (x, y) = axes.captions;
        plot.text_at((6 * UNIT, 4 * UNIT), y, HPos::Left, VPos::Top)?;
        plot.text_at((middle, height as i32 - 4 * UNIT), x, HPos::Center, VPos::Bottom)?;
        Ok(plot)
    }

    /// Where a point is, in units of the figure.
    fn at(&self, x: f64, y: f64) -> (i32, i32) {
        self.chart.backend_coord(&(x, y))
    }

    fn line(&self, points: &[(f64, f64)], style: ShapeStyle) -> Drawn {
        let points: Vec<_> = points.iter().map(|&(x, y)| self.at(x, y)).collect();
        self.area.draw(&PathElement::new(points, style))
    }

    fn dashes(&self, points: &[(f64, f64)], style: ShapeStyle) -> Drawn {
        let points: Vec<_> = points.iter().map(|&(x, y)| self.at(x, y)).collect();
        let (dash, gap) = (5 * UNIT, 4 * UNIT);
        self.area.draw(&DashedPathElement::new(points, dash, gap, style))
    }

    /// A step of the x axis, its line through the plot, and what is written
    /// under it.
    fn step(&self, x: f64, label: &str) -> Drawn {
        self.line(&[(x, self.y.start), (x, self.y.end)], stroke(GRID, 1))?;
        self.below(x, label, 0)
    }

    /// A step of the y axis: its line through the plot, and what is written left
    /// of it.
    fn rung(&self, x: &Range<f64>, y: f64, label: &str) -> Drawn {
        self.line(&[(x.start, y), (x.end, y)], stroke(GRID, 1))?;
        let (x, y) = self.at(x.start, y);
        self.text_at((x - 6 * UNIT, y), label, HPos::Right, VPos::Center)
    }

    /// Text in a row under the axis.
    fn below(&self, x: f64, label: &str, row: i32) -> Drawn {
        let (x, y) = self.at(x, self.y.start);
        // A letter is about 8 pixels wide, and what is cut off cannot be read.
        let half = label.chars().count() as i32 * 4 * UNIT;
        let x = x.min(WIDTH * UNIT - half);
        self.text_at((x, y + (6 + ROW * row) * UNIT), label, HPos::Center, VPos::Top)
    }

    fn text_at(&self, at: (i32, i32), text: &str, h: HPos, v: VPos) -> Drawn {
        self.area.draw(&Text::new(text, at, letters(INK).pos(Pos::new(h, v))))
    }
}

fn letters(colour: Colour) -> TextStyle<'static> {
    // The backend divides by 1.24.
    ("sans-serif", f64::from(LETTERS * UNIT) * 1.24).into_font().color(&colour.rgb())
}

/// A stroke so many pixels wide.
fn stroke(colour: Colour, pixels: i32) -> ShapeStyle {
    colour.rgb().stroke_width((pixels * UNIT) as u32)
}

/// The end of an axis that begins at 0 and has all of `values` in it.
fn top(values: impl Iterator<Item = f64>) -> f64 {
    let most = values.filter(|value| value.is_finite()).fold(0.0, f64::max);
    if most > 0.0 { most * 1.12 } else { 1.0 }
}

/// The ends of a logarithmic axis, as logarithms, with some room.
fn decades(values: impl Iterator<Item = f64>) -> Option<Range<f64>> {
    let values = values.filter(|value| value.is_finite() && *value > 0.0).map(f64::log10);
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    (low <= high).then(|| {
        let room = ((high - low) * 0.06).max(0.06);
        low - room..high + room
    })
}

/// Steps of a logarithmic axis, closer the fewer decades there are: values, not
/// logarithms.
fn log_steps(ends: &Range<f64>) -> Vec<f64> {
    let of_decade: &[f64] = match ends.end - ends.start {
        many if many > 2.6 => &[1.0],
        some if some > 0.8 => &[1.0, 2.0, 5.0],
        few if few > 0.4 => &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0],
        _ => &[1.0, 1.1, 1.2, 1.3, 1.5, 1.7, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
    };
    let decades = ends.start.floor() as i32..=ends.end.ceil() as i32;
    let steps =
        decades.flat_map(|decade| of_decade.iter().map(move |step| step * 10f64.powi(decade)));
    steps.filter(|step| ends.contains(&step.log10())).collect()
}
