//! What a client sees: from its send to its own packet.

use super::delay::all;
use super::{of_cell, table};
use crate::html::chart::distribution::{self, Distributed};
use crate::html::number;
use crate::html::view::View;
use crate::results::{Cell, Repeat};
use maud::{Markup, html};

pub fn of(view: &View<'_>) -> Markup {
    if view.measured().next().is_none() {
        return Markup::default();
    }
    let scale = view.unit().scale();
    let columns = of_cell(&["median", "p99", "p99.9", "max"]);
    let rows = html! {
        @for rate in view.rates() {
            @for cell in view.cells_of(rate, false) {
                tr {
                    td { (rate) }
                    td { (cell.clients) }
                    th scope="row" { (view.named(cell.variant)) }
                    td { (number::estimate(cell.echo, scale)) }
                    @for of in [
                        (|r| r.echo.p99) as fn(&Repeat) -> f64, |r| r.echo.p999, |r| r.echo.max,
                    ] {
                        td { (spread(cell, of, scale)) }
                    }
                }
            }
        }
    };
    let caption = format!("Echo delay in {}, medians over the repeats", view.unit().name());
    html! {
        p {
            "From a client's send to its receipt of its own packet: the switch, the kernel twice, and \
             the wait until client and switch get a CPU. Where they share the CPUs of one machine, \
             the last is most of it."
        }
        (view.legend(view.measured()))
        div.figures {
            @for rate in view.rates() {
                @if let Some(&clients) = view.clients(rate).last() { (figure(view, rate, clients)) }
            }
        }
        details { summary { "The numbers of delay" } (table(&caption, &columns, &rows)) }
    }
}

fn figure(view: &View<'_>, rate: f64, clients: usize) -> Markup {
    let cells = view.cells_of(rate, false).into_iter().filter(|cell| cell.clients == clients);
    let lines: Vec<Distributed> = cells
        .map(|cell| Distributed {
            variant: cell.variant,
            dashed: false,
            values: all(cell, |r| &r.echo, view.unit().scale()),
        })
        .collect();
    let caption = html! {
        "Echo delay, " (clients) " clients, " (rate) " packets/s of each: the share of packets that \
        took no longer."
    };
    let label = format!(
        "Cumulative distribution of the echo delay at {clients} clients and {rate} packets per second"
    );
    distribution::cumulative(&lines, view.unit().name(), &label, &caption)
}

/// The median over the repeats.
fn spread(cell: &Cell, of: fn(&Repeat) -> f64, scale: f64) -> String {
    let mut values: Vec<f64> = cell.repeats.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).map_or("–".into(), |value| number::short(value * scale))
}
