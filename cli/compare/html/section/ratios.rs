//! Every ratio with its interval.

use super::{column, table};
use crate::compare::html::chart::ratios::{Row, draw};
use crate::compare::html::number;
use crate::compare::html::paper;
use crate::compare::html::view::View;
use crate::compare::results::{Comparison, Ratio, Verdict};
use maud::{Markup, html};

/// A measure: its name, its ratio, and what the paper has.
type Measure = (&'static str, fn(&Comparison) -> Ratio, &'static [f64]);

const MEASURES: [Measure; 5] = [
    ("CPU of the switch", |c| c.cpu, &[paper::CPU[0].1, paper::CPU[1].1]),
    ("CPU of the whole machine", |c| c.cpu_of_machine, &[]),
    ("Delay to the last copy", |c| c.delay, &[paper::DELAY.1]),
    ("Delay with the kick", |c| c.delay_with_kick, &[]),
    ("Echo delay", |c| c.echo, &[]),
];

pub fn of(view: &View<'_>) -> Markup {
    let comparisons = view.comparisons();
    let Some(base) = comparisons.first().map(|comparison| comparison.base) else {
        return Markup::default();
    };
    let mut variants: Vec<usize> = comparisons.iter().map(|c| c.variant).collect();
    variants.dedup();
    let mut columns = ["packets/s", "clients", "variant"].map(column).to_vec();
    columns.extend(MEASURES.iter().map(|(name, ..)| column(name)));
    let rows = html! {
        @for comparison in &comparisons {
            tr {
                td { (comparison.packets_per_second) }
                td { (comparison.clients) }
                th scope="row" { (view.named(comparison.variant)) }
                @for (_, of, _) in &MEASURES { (cell(of(comparison))) }
            }
        }
    };
    html! {
        p {
            "Each variant against " (view.named(base)) ", run by run of the same round. "
            (view.intervals()) " A full dot is a difference; an empty one is none, or there were too \
            few repeats to say. Dashed: what the paper found."
        }
        (view.legend(variants.into_iter()))
        div.figures {
            @for (name, of, paper) in &MEASURES {
                @let rows: Vec<Row> = comparisons.iter().map(|c| Row {
                    variant: c.variant,
                    load: format!("{} × {}", c.clients, c.packets_per_second),
                    ratio: of(c),
                }).collect();
                (draw(&rows, paper, &format!("Ratios of the {name}; the values are in the table"),
                    &html! { (name) ", to " (view.named(base)) "." }))
            }
        }
        (table(&format!("Ratios to {}, with their intervals", view.name(base)), &columns, &rows))
    }
}

fn cell(ratio: Ratio) -> Markup {
    let says = match ratio.verdict {
        Verdict::Less => "less",
        Verdict::More => "more",
        Verdict::NoDifference | Verdict::Unknown => "nothing",
    };
    html! {
        td {
            (number::estimate(ratio.estimate, 1.0))
            span class={ "sub " (says) } { (number::verdict(ratio.verdict)) }
        }
    }
}
