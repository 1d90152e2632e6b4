//! What was counted per packet, beside the paper's Table I.

use super::{of_cell, table};
use crate::html::number;
use crate::html::view::View;
use maud::{Markup, html};

pub fn of(view: &View<'_>) -> Markup {
    if view.measured().next().is_none() {
        return Markup::default();
    }
    let columns = of_cell(&["kernel crossings", "allocations", "copies", "octets copied"]);
    let rows = html! {
        @for rate in view.rates() {
            @for cell in view.cells_of(rate, false) {
                tr {
                    td { (rate) }
                    td { (cell.clients) }
                    th scope="row" { (view.named(cell.variant)) }
                    @for value in [
                        cell.counts.kernel_crossings, cell.counts.allocations, cell.counts.copies,
                        cell.counts.octets_copied,
                    ] {
                        td { (number::short(value)) }
                    }
                }
            }
        }
        @for (variant, crossings, allocations) in [
            ("paper, sockets", "n", "n"),
            ("paper, netmap", "1", "0 after the start"),
        ] {
            tr.paper {
                td { "any" }
                td { "n" }
                th scope="row" { (variant) }
                td { (crossings) }
                td { (allocations) }
                td { "–" }
                td { "–" }
            }
        }
    };
    html! {
        p {
            "Counted, not estimated: what one packet in takes on its way to n clients. Kernel crossings \
             are system calls of the switch's thread, waiting and receiving included; the paper's \
             Table I has those of the copies. Allocations are those on the heap of the switch's \
             process. The paper's are buffers in the kernel (sk_buff), which nothing here counts, \
             nor the rest of its table, network processing and packet conversion. Copies are between \
             user space and kernel, and inside the switch."
        }
        (table("Per packet in", &columns, &rows))
    }
}
