//! What casts doubt on the results, before any of them.

use crate::html::view::View;
use crate::results::Unit;
use maud::{Markup, html};

pub fn of(view: &View<'_>) -> Markup {
    let warnings = &view.results.warnings;
    html! {
        @if view.unit() == Unit::Instructions {
            aside.note aria-label="Unit" {
                p {
                    strong { "Simulated time. " }
                    "This ran in a virtual machine that counts instructions: a nanosecond of its \
                     clock is one instruction. Delays are numbers of instructions, not times: \
                     each costs the same there, whatever it waits for on a real machine."
                }
            }
        }
        @if warnings.is_empty() {
            p.quiet { "No warnings." }
        } @else {
            aside.warnings aria-label="Warnings" {
                p { strong { @if warnings.len() == 1 { "1 warning" } @else { (warnings.len()) " warnings" } } }
                ul { @for warning in warnings { li { (warning) } } }
            }
        }
    }
}
