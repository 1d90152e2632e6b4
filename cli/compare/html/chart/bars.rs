//! Bars beside each other in groups, each in two parts: the paper's Figs. 3 to 5.

use super::{Area, Axes, Drawn, HEIGHT, Plot, UNIT, figure, stroke, top};
use crate::html::number;
use crate::html::palette::{INK, letter, variant};
use crate::results::Estimate;
use maud::Markup;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// One bar.
pub struct Bar {
    /// The variant: it gives the colour and the letter.
    pub variant: usize,
    /// The group, from 0.
    pub group: usize,
    /// The full part, from the ground.
    pub full: f64,
    /// The whole bar and its interval; the part above `full` is pale.
    pub whole: Estimate,
}

/// A figure of bars.
pub struct Bars<'a> {
    /// What the groups are, such as `clients`, and the name of each.
    pub groups: (&'a str, Vec<String>),
    /// The unit of y.
    pub unit: &'a str,
    pub bars: Vec<Bar>,
}

/// The part of a group's width that its bars take.
const FILLED: f64 = 0.84;
/// The width of a letter in pixels.
const LETTER: i32 = 7;
/// The most of it that one bar takes.
const WIDEST: f64 = 0.42;

impl Bars<'_> {
    pub fn draw(&self, label: &str, caption: &Markup) -> Markup {
        figure(HEIGHT, label, caption, |area| self.plot(area))
    }

    fn plot(&self, area: &Area<'_>) -> Drawn {
        let (captions, names) = &self.groups;
        let mut variants: Vec<usize> = self.bars.iter().map(|bar| bar.variant).collect();
        variants.sort_unstable();
        variants.dedup();
        let high = self.bars.iter().flat_map(|bar| [bar.whole.median, bar.whole.high]);
        let plot = Plot::new(
            area,
            &Axes {
                x: 0.0..names.len() as f64,
                y: 0.0..top(high),
                captions: (captions, self.unit),
                left: 46,
                rows: 2,
                steps: 6,
            },
        )?;
        let width = (FILLED / variants.len() as f64).min(WIDEST);
        let filled = width * variants.len() as f64;
        for (group, name) in names.iter().enumerate() {
            plot.below(group as f64 + 0.5, name, 1)?;
        }
        for bar in &self.bars {
            let place = variants.iter().position(|&variant| variant == bar.variant).unwrap_or(0);
            let left = bar.group as f64 + (1.0 - filled) / 2.0 + place as f64 * width;
            one(&plot, bar, left, width)?;
        }
        Ok(())
    }
}

/// A bar, its interval, its letter below and its value above.
fn one(plot: &Plot<'_, '_>, bar: &Bar, left: f64, width: f64) -> Drawn {
    let Estimate { median, low, high, .. } = bar.whole;
    if !median.is_finite() {
        return Ok(());
    }
    let colour = variant(bar.variant);
    let (x0, ground) = plot.at(left, 0.0);
    let (x1, top) = plot.at(left + width, median);
    // A line of the ground between neighbours.
    let (x0, x1) = (x0 + UNIT, (x1 - UNIT).max(x0 + 2 * UNIT));
    let (_, split) = plot.at(left, bar.full.clamp(0.0, median));
    plot.area.draw(&Rectangle::new([(x0, top), (x1, split)], colour.rgb().mix(0.3).filled()))?;
    plot.area.draw(&Rectangle::new([(x0, split), (x1, ground)], colour.rgb().filled()))?;
    // The outline shows how high the pale part is.
    let outline = [(x0, ground), (x0, top), (x1, top), (x1, ground)];
    plot.area.draw(&PathElement::new(outline, stroke(colour, 1)))?;
    let middle = (x0 + x1) / 2;
    let mut above = top;
    if low < high {
        let (_, from) = plot.at(left, low);
        let (_, to) = plot.at(left, high);
        let half = (4 * UNIT).min((x1 - x0) / 3);
        for ends in [
            [(middle, from), (middle, to)],
            [(middle - half, from), (middle + half, from)],
            [(middle - half, to), (middle + half, to)],
        ] {
            plot.area.draw(&PathElement::new(ends, stroke(INK, 1)))?;
        }
        above = to.min(top);
    }
    // Where many bars are narrow, letters would run into each other.
    if x1 - x0 >= LETTER * UNIT {
        plot.below(left + width / 2.0, &letter(bar.variant), 0)?;
    }
    let value = number::short(median);
    // A digit is about 7 pixels wide; a value that would touch its neighbour's
    // stands in the table alone.
    if (value.chars().count() as i32 * 7 + 2) * UNIT <= x1 - x0 + 2 * UNIT {
        plot.text_at((middle, above - 2 * UNIT), &value, HPos::Center, VPos::Bottom)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::read::Figure;
    use super::*;
    use maud::html;

    /// Median and interval of each bar, two in a group: intervals that are wide,
    /// that reach above a neighbour, and that are a point.
    const BARS: [[f64; 3]; 4] =
        [[21.0, 20.0, 34.0], [2.5, 0.5, 2.75], [48.0, 12.0, 49.0], [4.5, 4.5, 4.5]];

    fn drawn() -> Figure {
        let bar = |(place, [median, low, high]): (usize, [f64; 3])| Bar {
            variant: place % 2,
            group: place / 2,
            full: median / 2.0,
            whole: Estimate { median, low, high, confidence: 0.9 },
        };
        let bars = BARS.into_iter().enumerate().map(bar).collect();
        let groups = ("clients", vec!["a".into(), "b".into()]);
        Figure::of(&Bars { groups, unit: "µs", bars }.draw("", &html! {}))
    }

    #[test]
    fn bars_and_intervals_are_as_high_as_their_numbers() {
        let figure = drawn();
        let y = figure.y();
        let is_there = |lines: &[Vec<(f64, f64)>], value: f64| {
            let at = |line: &Vec<(f64, f64)>| {
                line.iter().any(|(_, at)| (y.value(*at) - value).abs() < 2.0 * y.pixel())
            };
            lines.iter().any(at)
        };
        for (place, [median, low, high]) in BARS.into_iter().enumerate() {
            assert!(is_there(&figure.lines_of(variant(place % 2)), median), "{median}");
            if low < high {
                let intervals = figure.lines_of(INK);
                assert!(is_there(&intervals, low) && is_there(&intervals, high), "{low} {high}");
            }
        }
    }

    #[test]
    fn a_value_stands_clear_of_every_interval() {
        let figure = drawn();
        let intervals = figure.lines_of(INK);
        assert_eq!(intervals.len(), 3 * 3);
        for [median, ..] in BARS {
            let value = number::short(median);
            let &(_, (x, bottom)) = figure.texts.iter().find(|(text, _)| *text == value).unwrap();
            let half = f64::from(value.chars().count() as i32 * LETTER * UNIT) / 2.0;
            let top = bottom - f64::from(12 * UNIT);
            for line in &intervals {
                let [(x0, y0), (x1, y1)] = line[..] else { panic!("{line:?}") };
                let beside = x0.max(x1) < x - half || x0.min(x1) > x + half;
                let apart = y0.min(y1) > bottom || y0.max(y1) < top;
                assert!(beside || apart, "{value} is on {line:?}");
            }
        }
    }
}
