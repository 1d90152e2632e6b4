//! The machine, the versions, the seed and the command.

use crate::html::number;
use crate::html::view::View;
use maud::{Markup, html};

pub fn of(view: &View<'_>) -> Markup {
    let results = view.results;
    let machine = &results.machine;
    html! {
        p { "The same order of variants comes of the same seed:" }
        pre tabindex="0" { code { (results.command) } }
        dl {
            dt { "Seed" } dd { (results.seed) }
            dt { "Begun" } dd { (results.started) ", " (number::short(results.seconds)) " s in all" }
            dt { "CPU" }
            dd {
                (machine.cpu) ", " (machine.cores) @if machine.cores == 1 { " core" } @else { " cores" }
                @if machine.is_virtual { ", a virtual machine" }
            }
            dt { "Kernel" } dd { (machine.kernel) }
            dt { "pkgraph" } dd { (machine.pkgraph) }
            @if let Some(rustc) = &machine.rustc { dt { "rustc" } dd { (rustc) } }
            @for (name, version) in &machine.versions { dt { (name) } dd { (version) } }
            dt { "Load average before" } dd { (number::short(machine.load_before)) }
            @if let Some(cycles) = machine.cycles_per_microsecond {
                dt { "Clock of delays" }
                dd { "time stamp counter, " (number::short(cycles)) " cycles in a microsecond" }
            }
        }
    }
}
