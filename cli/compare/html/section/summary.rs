//! Each variant against the first, beside what the paper found.

use super::{Column, number, table, text};
use crate::html::number as numbers_of;
use crate::html::paper;
use crate::html::view::View;
use crate::results::{Comparison, Ratio};
use maud::{Markup, html};

/// What is compared: its name, its ratio, and what the paper has at a rate.
type Measure = (&'static str, fn(&Comparison) -> Ratio, fn(f64) -> Option<(f64, &'static str)>);

/// The echo is last: it is not measured everywhere.
const MEASURES: [Measure; 5] = [
    ("CPU of the switch", |c| c.cpu, paper::cpu),
    ("CPU of the whole machine", |c| c.cpu_of_machine, |_| None),
    ("delay to the last copy", |c| c.delay, paper::delay),
    ("delay with the kick", |c| c.delay_with_kick, |_| None),
    ("echo delay", |c| c.echo, |_| None),
];

pub fn of(view: &View<'_>) -> Markup {
    let comparisons = view.comparisons();
    let Some(base) = comparisons.first().map(|comparison| comparison.base) else {
        return html! {
            p { "Nothing was compared: it takes two variants that were measured." }
        };
    };
    let measures = if view.has_echo() { &MEASURES[..] } else { &MEASURES[..4] };
    let mut variants: Vec<usize> = comparisons.iter().map(|c| c.variant).collect();
    variants.dedup();
    let mut columns = vec![text("measure"), number("packets/s")];
    let of = |&variant: &usize| Column { head: view.named(variant), is_text: false };
    columns.extend(variants.iter().map(of));
    columns.push(number("paper: netmap to sockets"));
    let rates = view.rates();
    let rows = html! {
        @for (name, ratio, paper) in measures {
            @for (place, &rate) in rates.iter().enumerate() {
                tr {
                    @if place == 0 { th scope="row" rowspan=(rates.len()) { (name) } }
                    td { (rate) }
                    @for &variant in &variants {
                        @let ratios = view.ratios(variant, rate, *ratio);
                        td {
                            @if ratios.is_empty() { "–" } @else {
                                (numbers_of::range(&ratios))
                                span.sub { (numbers_of::verdicts(&ratios)) }
                            }
                        }
                    }
                    td {
                        @if let Some((share, figure)) = paper(rate) {
                            (numbers_of::short(share)) span.sub { (figure) ", on average" }
                        } @else { "–" }
                    }
                }
            }
        }
    };
    html! {
        p {
            "How much each variant takes of what " (view.named(base)) " takes under the same load: 0.25 \
             is a quarter. Ranges are over the numbers of clients. A difference is one only if the \
             whole interval is on one side of 1; else the table says that there is none."
        }
        (table(&format!("Ratios to {}", view.name(base)), &columns, &rows))
        p.small {
            "The paper compared other machines: " (paper::TESTBED) ". Its ratios stand here as a mark, \
             not as what this machine should reach."
        }
    }
}
