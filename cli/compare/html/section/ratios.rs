//! Every ratio with its interval.

use super::{of_cell, table};
use crate::html::chart::ratios::{Row, draw};
use crate::html::number;
use crate::html::paper;
use crate::html::view::View;
use crate::results::{Comparison, Estimate, Ratio, Verdict};
use maud::{Markup, html};

/// A measure: its name, its ratio, and what the paper has.
type Measure = (&'static str, fn(&Comparison) -> Ratio, &'static [(f64, f64, &'static str)]);

/// The echo is last: it is not measured everywhere.
const MEASURES: [Measure; 5] = [
    ("CPU of the switch", |c| c.cpu, &paper::CPU),
    ("CPU of the whole machine", |c| c.cpu_of_machine, &[]),
    ("Delay to the last copy", |c| c.delay, &[paper::DELAY]),
    ("Delay with the kick", |c| c.delay_with_kick, &[]),
    ("Echo delay", |c| c.echo, &[]),
];

pub fn of(view: &View<'_>) -> Markup {
    let comparisons = view.comparisons();
    let Some(base) = comparisons.first().map(|comparison| comparison.base) else {
        return Markup::default();
    };
    let measures = if view.has_echo() { &MEASURES[..] } else { &MEASURES[..4] };
    let mut variants: Vec<usize> = comparisons.iter().map(|c| c.variant).collect();
    variants.dedup();
    let names: Vec<&str> = measures.iter().map(|(name, ..)| *name).collect();
    let columns = of_cell(&names);
    let rows = html! {
        @for comparison in &comparisons {
            tr {
                td { (comparison.packets_per_second) }
                td { (comparison.clients) }
                th scope="row" { (view.named(comparison.variant)) }
                @for (_, of, _) in measures { (cell(of(comparison))) }
            }
        }
    };
    html! {
        p {
            "Each variant against " (view.named(base)) ", run by run of the same round. "
            (view.intervals()) " A full dot is a difference; an empty one is none, or there were too \
            few repeats to say."
        }
        (view.legend(variants.into_iter()))
        div.figures {
            @for measure in measures { (figure(view, &comparisons, measure)) }
        }
        (table(&format!("Ratios to {}, with their intervals", view.name(base)), &columns, &rows))
    }
}

fn figure(view: &View<'_>, comparisons: &[&Comparison], (name, of, paper): &Measure) -> Markup {
    let row = |comparison: &&Comparison| Row {
        variant: comparison.variant,
        load: format!("{} × {}", comparison.clients, comparison.packets_per_second),
        ratio: of(comparison),
    };
    let rows: Vec<Row> = comparisons.iter().map(row).collect();
    let shares: Vec<f64> = paper.iter().map(|(_, share, _)| *share).collect();
    let caption = html! {
        (name) ", ratio to " (view.name(comparisons[0].base)) "."
        @if !paper.is_empty() {
            " Dashed: the paper's netmap to sockets"
            @for (rate, share, figure) in *paper {
                ", " (number::short(*share)) " at " (rate) " packets/s (" (figure) ")"
            }
            "."
        }
    };
    draw(&rows, &shares, &format!("Ratios of the {name}; the values are in the table"), &caption)
}

fn cell(ratio: Ratio) -> Markup {
    let says = match ratio.verdict {
        Verdict::Less => "less",
        Verdict::More => "more",
        Verdict::NoDifference | Verdict::Unknown => "nothing",
    };
    let Estimate { median, low, high, .. } = ratio.estimate;
    html! {
        td {
            @if ratio.is_measured() { (number::short(median)) } @else { "–" }
            @if ratio.is_measured() && low < high { span.sub { (number::short(low)) "–" (number::short(high)) } }
            span class={ "sub " (says) } { (number::verdict(ratio.verdict)) }
        }
    }
}
