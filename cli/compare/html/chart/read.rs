//! Reads a figure back, for tests: what is drawn where, and what its axes say.

use super::{Colour, UNIT, WIDTH};
use maud::Markup;

/// A point of a figure, in its own units.
pub type Point = (f64, f64);

/// What a figure shows.
pub struct Figure {
    /// Strokes with their colours, such as `#0072B2`.
    pub lines: Vec<(String, Vec<Point>)>,
    pub circles: Vec<Point>,
    /// Text, with the point that it is anchored to.
    pub texts: Vec<(String, Point)>,
}

/// An axis by two of its steps: where they are, and their values.
#[derive(Debug)]
pub struct Axis {
    steps: [(f64, f64); 2],
    is_logarithmic: bool,
}

impl Figure {
    pub fn of(markup: &Markup) -> Figure {
        let mut figure = Figure { lines: Vec::new(), circles: Vec::new(), texts: Vec::new() };
        for tag in markup.0.split('<').skip(1) {
            let number = |name| attribute(tag, name).parse::<f64>().unwrap();
            match tag.split([' ', '>']).next().unwrap() {
                "polyline" => {
                    let points = attribute(tag, "points").split_whitespace().map(|point| {
                        let (x, y) = point.split_once(',').unwrap();
                        (x.parse().unwrap(), y.parse().unwrap())
                    });
                    figure.lines.push((attribute(tag, "stroke").into(), points.collect()));
                }
                "line" => {
                    let ends = vec![(number("x1"), number("y1")), (number("x2"), number("y2"))];
                    figure.lines.push((attribute(tag, "stroke").into(), ends));
                }
                "circle" => figure.circles.push((number("cx"), number("cy"))),
                "text" => {
                    let text = tag.split_once('>').unwrap().1.trim();
                    figure.texts.push((text.into(), (number("x"), number("y"))));
                }
                _ => {}
            }
        }
        figure
    }

    /// The strokes of a colour.
    pub fn lines_of(&self, colour: Colour) -> Vec<Vec<Point>> {
        let plotters::style::RGBColor(r, g, b) = colour.rgb();
        let colour = format!("#{r:02X}{g:02X}{b:02X}");
        let of = self.lines.iter().filter(|(stroke, _)| *stroke == colour);
        of.map(|(_, points)| points.clone()).collect()
    }

    /// The x axis: of all rows of numbers the one that has most of them.
    pub fn x(&self) -> Axis {
        self.axis(|(x, y)| (y, x))
    }

    /// The y axis: of all columns of numbers the one that has most of them.
    pub fn y(&self) -> Axis {
        self.axis(|point| point)
    }

    /// `split` gives what the steps of the axis have in common, and then where
    /// each is.
    fn axis(&self, split: fn(Point) -> Point) -> Axis {
        let numbers: Vec<(f64, Point)> =
            self.texts.iter().filter_map(|(t, at)| Some((t.parse().ok()?, split(*at)))).collect();
        let in_row = |row: f64| numbers.iter().filter(move |(_, at)| at.0 == row);
        let row = numbers.iter().map(|(_, at)| at.0).max_by_key(|row| in_row(*row).count());
        let mut steps: Vec<_> = in_row(row.unwrap()).map(|(value, at)| (at.1, *value)).collect();
        steps.sort_by(|a, b| a.1.total_cmp(&b.1));
        Axis { steps: [steps[0], steps[steps.len() - 1]], is_logarithmic: false }
    }

    /// Whether a place is inside of the figure.
    pub fn has(&self, x: f64, y: f64) -> bool {
        (0.0..=f64::from(WIDTH * UNIT)).contains(&x) && y >= 0.0
    }
}

impl Axis {
    pub fn logarithmic(self) -> Axis {
        Axis { is_logarithmic: true, ..self }
    }

    /// The value at a place.
    pub fn value(&self, place: f64) -> f64 {
        let [(from, low), (to, high)] = self.steps;
        let share = (place - from) / (to - from);
        match self.is_logarithmic {
            true => 10f64.powf(low.log10() + share * (high.log10() - low.log10())),
            false => low + share * (high - low),
        }
    }

    /// The place of a value.
    pub fn place(&self, value: f64) -> f64 {
        let [(from, low), (to, high)] = self.steps;
        let share = match self.is_logarithmic {
            true => (value.log10() - low.log10()) / (high.log10() - low.log10()),
            false => (value - low) / (high - low),
        };
        from + share * (to - from)
    }

    /// How much a pixel is, on an axis that is not logarithmic.
    pub fn pixel(&self) -> f64 {
        let [(from, low), (to, high)] = self.steps;
        ((high - low) / (to - from)).abs() * f64::from(UNIT)
    }
}

fn attribute<'a>(tag: &'a str, name: &str) -> &'a str {
    let (_, rest) =
        tag.split_once(&format!(" {name}=\"")).unwrap_or_else(|| panic!("{name}: {tag}"));
    rest.split('"').next().unwrap()
}
