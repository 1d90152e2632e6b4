//! CPU of the switch (paper, Figs. 3 and 4) and of the machine.

use super::{of_cell, table};
use crate::html::chart::bars::{Bar, Bars};
use crate::html::view::View;
use crate::html::{number, paper};
use crate::results::{Cell, Estimate, Unit};
use maud::{Markup, html};

pub fn of(view: &View<'_>) -> Markup {
    if view.measured().next().is_none() {
        return Markup::default();
    }
    html! {
        p {
            "The share of one CPU's time that the switch's process took, in user mode and in the \
             kernel. " (view.intervals()) " The height of a bar is exact; where it is split is sampled \
             at the kernel's tick. What the kernel does in soft interrupts and for the clients is not \
             on the switch's account: beside each figure stands the whole machine, switch and clients \
             together. Bars stand in the order of their letters."
        }
        (view.legend(view.measured()))
        div.figures {
            @for rate in view.rates() {
                (figure(view, rate))
                (machine(view, rate))
            }
        }
        (numbers(view))
    }
}

fn figure(view: &View<'_>, rate: f64) -> Markup {
    let caption = html! {
        "CPU of the switch, " (rate) " packets/s of each client"
        @if let Some((share, figure)) = paper::cpu(rate) {
            " (paper, " (figure) "; there netmap took " (number::short(share)) " of sockets on average)"
        }
        ". Full: kernel. Pale: user."
    };
    let full = |cell: &Cell| {
        let (user, kernel) = (cell.cpu_user.median, cell.cpu_kernel.median);
        let share = if user + kernel > 0.0 { kernel / (user + kernel) } else { 0.0 };
        (cell.cpu, cell.cpu.median * share)
    };
    bars(view, rate, false, full, &caption)
}

/// Of variants in memory: they send as fast as they can, and their CPU is
/// reckoned for a rate.
pub fn simulated(view: &View<'_>, rate: f64) -> Markup {
    let caption = html! {
        "CPU that the packets of so many clients would take in user space, " (rate) " packets/s of \
        each; simulated."
    };
    bars(view, rate, true, |cell| (cell.cpu, cell.cpu.median), &caption)
}

fn machine(view: &View<'_>, rate: f64) -> Markup {
    let caption = html! {
        "CPU of the whole machine, " (rate) " packets/s of each client; all CPUs together, 100 is one. \
         Full: soft interrupts. Pale: the rest."
    };
    bars(view, rate, false, |cell| (cell.cpu_of_machine, cell.softirq_of_machine.median), &caption)
}

fn bars(
    view: &View<'_>,
    rate: f64,
    is_simulated: bool,
    of: impl Fn(&Cell) -> (Estimate, f64),
    caption: &Markup,
) -> Markup {
    let clients = view.clients(rate);
    let cells = view.cells_of(rate, is_simulated);
    let bars = cells.iter().map(|cell| {
        let (whole, full) = of(cell);
        let group = clients.iter().position(|&c| c == cell.clients).unwrap_or(0);
        Bar { variant: cell.variant, group, full: 100.0 * full, whole: whole.times(100.0) }
    });
    let unit = match view.unit() {
        Unit::Nanoseconds => "% of a CPU",
        Unit::Instructions => "% of a CPU, simulated",
    };
    let groups = clients.iter().map(usize::to_string).collect();
    let bars = Bars { groups: ("clients", groups), unit, bars: bars.collect() };
    bars.draw("Bars of CPU per variant and number of clients; the values are in the table", caption)
}

/// The numbers of the figures.
fn numbers(view: &View<'_>) -> Markup {
    let columns = of_cell(&["switch", "user", "kernel", "machine", "soft interrupts"]);
    let rows = html! {
        @for rate in view.rates() {
            @for cell in view.cells_of(rate, false) {
                tr {
                    td { (rate) }
                    td { (cell.clients) }
                    th scope="row" { (view.named(cell.variant)) }
                    @for estimate in [
                        cell.cpu, cell.cpu_user, cell.cpu_kernel, cell.cpu_of_machine,
                        cell.softirq_of_machine,
                    ] {
                        td { (number::estimate(estimate, 100.0)) }
                    }
                }
            }
        }
    };
    html! {
        details {
            summary { "The numbers of CPU" }
            (table("CPU in % of one CPU, medians with their intervals", &columns, &rows))
        }
    }
}
