//! Processing delay (paper, Fig. 5), its distribution and its model.

use super::{number, of_cell, table, text};
use crate::html::chart::bars::{Bar, Bars};
use crate::html::chart::curves::{self, Fit};
use crate::html::chart::distribution::{self, Distributed};
use crate::html::view::View;
use crate::html::{number as numbers_of, paper};
use crate::results::{Cell, Distribution, Line, Model, Repeat, Unit};
use maud::{Markup, html};
use std::collections::BTreeMap;

pub fn of(view: &View<'_>) -> Markup {
    if view.measured().next().is_none() {
        return Markup::default();
    }
    html! {
        p {
            "From picking a packet up to having handed on its last copy, as in the paper. A ring hands \
             on by writing a slot, and only the kick after the last one tells the kernel; a socket \
             tells it with every copy. So the delay with the kick is the one that treats both alike: \
             it ends when the kernel has been told of all copies. " (view.intervals())
        }
        (view.legend(view.measured()))
        div.figures {
            @for rate in view.rates() { (figure(view, rate, false)) }
        }
        (numbers(view, false))
        h3 { "Distribution" }
        p { "All repeats together. Full lines are with the kick, dashed ones to the last copy; where one
            sees only one line they are the same. The tail shows the share of packets that took \
            longer, to the slowest one." }
        div.figures {
            @for rate in view.rates() {
                @for clients in view.clients(rate) { (distributions(view, rate, clients)) }
            }
        }
        (model(view))
    }
}

/// The bars of a rate.
pub fn figure(view: &View<'_>, rate: f64, is_simulated: bool) -> Markup {
    let clients = view.clients(rate);
    let scale = view.unit().scale();
    let bars = view.cells_of(rate, is_simulated).into_iter().map(|cell| Bar {
        variant: cell.variant,
        group: clients.iter().position(|&c| c == cell.clients).unwrap_or(0),
        full: cell.delay.median * scale,
        whole: cell.delay_with_kick.times(scale),
    });
    let groups = clients.iter().map(usize::to_string).collect();
    let bars = Bars { groups: ("clients", groups), unit: view.unit().name(), bars: bars.collect() };
    let caption = html! {
        "Processing delay, " (rate) " packets/s of each client"
        @if is_simulated { ", simulated" }
        @else if let Some((share, figure)) = paper::delay(rate) {
            " (paper, " (figure) "; there netmap took " (numbers_of::short(share)) " of sockets on average, \
            without the kick)"
        }
        ". Full: to the last copy. Pale: the kick."
    };
    bars.draw(
        "Bars of delay per variant and number of clients; the values are in the table",
        &caption,
    )
}

/// The numbers of the figures.
pub fn numbers(view: &View<'_>, is_simulated: bool) -> Markup {
    let columns = of_cell(&["last copy", "p99.9", "with the kick", "p99.9"]);
    let rows = html! {
        @for rate in view.rates() {
            @for cell in view.cells_of(rate, is_simulated) {
                tr {
                    td { (rate) }
                    td { (cell.clients) }
                    th scope="row" { (view.named(cell.variant)) }
                    @for estimate in
                        [cell.delay, cell.delay_p999, cell.delay_with_kick, cell.delay_with_kick_p999]
                    {
                        td { (numbers_of::estimate(estimate, view.unit().scale())) }
                    }
                }
            }
        }
    };
    let caption =
        format!("Processing delay in {}, medians with their intervals", view.unit().name());
    html! {
        details {
            summary { "The numbers of delay" }
            (table(&caption, &columns, &rows))
        }
    }
}

/// The distribution of a number of clients at a rate, and its tail.
fn distributions(view: &View<'_>, rate: f64, clients: usize) -> Markup {
    let scale = view.unit().scale();
    let cells = view.cells_of(rate, false).into_iter().filter(|cell| cell.clients == clients);
    let lines: Vec<Distributed> = cells
        .flat_map(|cell| {
            let line = |dashed, of| Distributed {
                variant: cell.variant,
                dashed,
                values: all(cell, of, scale),
            };
            // The dashed one is drawn last, over the other.
            [line(false, |r| &r.delay_with_kick), line(true, |r| &r.delay)]
        })
        .collect();
    let caption = html! {
        (clients) " clients, " (rate) " packets/s of each: the share of packets that took no longer. \
        Logarithmic; one packet in a thousand on either side is beyond the ends."
    };
    let label = format!(
        "Cumulative distribution of the delay at {clients} clients and {rate} packets per second"
    );
    let tail = html! {
        (clients) " clients, " (rate) " packets/s of each: the tail, which is the share of packets that \
        took longer. Both axes are logarithmic; a line falls to the ground at its slowest packet."
    };
    let tail_label =
        format!("Tail of the delay at {clients} clients and {rate} packets per second");
    html! {
        (distribution::cumulative(&lines, view.unit().name(), &label, &caption))
        (distribution::tail(&lines, view.unit().name(), &tail_label, &tail))
    }
}

/// The values of all repeats, ascending.
pub fn all(cell: &Cell, of: fn(&Repeat) -> &Distribution, scale: f64) -> Vec<(f64, u64)> {
    let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
    for &(value, count) in cell.repeats.iter().flat_map(|repeat| &of(repeat).values) {
        *counts.entry(value).or_default() += count;
    }
    counts.into_iter().map(|(value, count)| (value as f64 * scale, count)).collect()
}

/// The lines d(n) = a + b·n.
fn model(view: &View<'_>) -> Markup {
    let models = view.results.models.iter().filter(|model| !view.is_simulated(model.variant));
    let models: Vec<&Model> = models.collect();
    if models.is_empty() {
        return Markup::default();
    }
    let scale = view.unit().scale();
    // The paper has times, which are no instructions.
    let paper_scale = (view.unit() == Unit::Nanoseconds).then_some(scale);
    let unit = view.unit().name();
    let mut columns = vec![number("packets/s"), text("variant")];
    columns.extend(["a", "b, per copy", "R²", "a with kick", "b with kick", "R²"].map(number));
    let line = |line: Line| {
        html! {
            td { (numbers_of::estimate(line.a, scale)) }
            td { (numbers_of::estimate(line.b, scale)) }
            td { (numbers_of::short(line.r_squared)) }
        }
    };
    let rows = html! {
        @for model in &models {
            tr {
                td { (model.packets_per_second) }
                th scope="row" { (view.named(model.variant)) }
                (line(model.delay))
                (line(model.delay_with_kick))
            }
        }
        @if let Some(scale) = paper_scale {
            @for line in &paper::MODELS {
                tr.paper {
                    td { "–" }
                    th scope="row" { (line.key) " " (line.name) }
                    td { (numbers_of::short(line.a * scale)) }
                    td { (numbers_of::short(line.b * scale)) }
                    td { "–" } td { "–" } td { "–" } td { "–" }
                }
            }
        }
    };
    html! {
        h3 { "Model" }
        p {
            "d(n) = a + b·n: a is what a packet costs once, b what each copy adds (paper, section \
             III-C). Points are measured medians. The line has the medians of a and b, and R² is of this line \
             and these points. It is drawn from n = 0, though nothing was measured there, or from \
             where it is above 0."
            @if view.rates().iter().all(|&rate| view.clients(rate).len() == 2) {
                " Through two numbers of copies there is always a line: R² says nothing here."
            }
        }
        div.figures {
            @for rate in view.rates() {
                (fit(view, &models, rate, false, paper_scale))
                (fit(view, &models, rate, true, None))
            }
        }
        (table(&format!("The lines in {unit}; R² is the share of the variance that a line explains"),
            &columns, &rows))
    }
}

fn fit(
    view: &View<'_>,
    models: &[&Model],
    rate: f64,
    with_kick: bool,
    paper_scale: Option<f64>,
) -> Markup {
    let scale = view.unit().scale();
    let cells = view.cells_of(rate, false);
    let models = models.iter().filter(|model| model.packets_per_second == rate);
    let fits: Vec<Fit> = models
        .map(|model| {
            let line = if with_kick { model.delay_with_kick } else { model.delay };
            let cells = cells.iter().filter(|cell| cell.variant == model.variant);
            let delay = |cell: &&&Cell| if with_kick { cell.delay_with_kick } else { cell.delay };
            Fit {
                variant: model.variant,
                points: cells.map(|c| (c.clients as f64, delay(&c).median * scale)).collect(),
                line: Some((line.a.median * scale, line.b.median * scale)),
            }
        })
        .collect();
    if fits.is_empty() {
        return Markup::default();
    }
    let caption = html! {
        "Delay " @if with_kick { "with the kick" } @else { "to the last copy" } " over the number of \
        copies, " (rate) " packets/s of each client."
        @if paper_scale.is_some() { " Dashed: the paper's lines, P1 sockets and P2 netmap." }
    };
    let label = format!("Delay over the number of copies at {rate} packets per second");
    curves::model(&fits, paper_scale, view.unit().name(), &label, &caption)
}
