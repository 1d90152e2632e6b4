//! What was sent, and what became of it.

use super::{of_cell, table};
use crate::html::number;
use crate::html::view::View;
use crate::results::{Cell, Repeat};
use maud::{Markup, html};

/// What should be 0.
const FAULTS: [fn(&Repeat) -> u64; 4] =
    [|r| r.lost, |r| r.reordered, |r| r.duplicated, |r| r.unsent];

pub fn of(view: &View<'_>) -> Markup {
    let cells = &view.results.cells;
    let is_at_fault = cells.iter().any(|cell| FAULTS.iter().any(|fault| sum(cell, *fault) > 0));
    let columns = of_cell(&[
        "in",
        "out",
        "expected",
        "received",
        "lost",
        "reordered",
        "duplicated",
        "unsent",
    ]);
    let counted: [fn(&Repeat) -> u64; 4] =
        [|r| r.packets_in, |r| r.packets_out, |r| r.expected, |r| r.received];
    let row = |cell: &Cell| {
        html! {
            tr {
                td { (cell.packets_per_second) }
                td { (cell.clients) }
                th scope="row" { (view.named(cell.variant)) }
                @for of in counted { td { (number::whole(sum(cell, of))) } }
                @for of in FAULTS {
                    @let count = sum(cell, of);
                    td class=[(count > 0).then_some("fault")] { (number::whole(count)) }
                }
            }
        }
    };
    let rows = html! {
        @for rate in view.rates() {
            @for is_simulated in [false, true] {
                @for cell in view.cells_of(rate, is_simulated) { (row(cell)) }
            }
        }
    };
    html! {
        @if is_at_fault {
            p { "Not everything arrived as it was sent; what differs is marked." }
        } @else {
            p { "Nothing was lost, reordered or duplicated, and the generator sent all in time." }
        }
        p.small { "In and out are of the seconds that were measured, all else of whole runs, the warm-up \
            included. Unsent are packets that the generator did not send in time." }
        (table("Packets, all repeats together", &columns, &rows))
    }
}

fn sum(cell: &Cell, of: fn(&Repeat) -> u64) -> u64 {
    cell.repeats.iter().map(of).sum()
}
