//! Variants that ran in memory: what user space costs without any kernel.

use super::{cpu, delay};
use crate::html::view::View;
use maud::{Markup, html};

pub fn of(view: &View<'_>) -> Markup {
    if view.simulated().next().is_none() {
        return Markup::default();
    }
    html! {
        aside.note aria-label="Simulated" {
            p {
                strong { "No packet left the process. " }
                "These variants ran on a model of netmap in memory. They show what user space alone \
                 costs, and nothing about input and output: no ratio to another variant is made of \
                 them."
            }
        }
        (view.legend(view.simulated()))
        div.figures {
            @for rate in view.rates() {
                @if !view.cells_of(rate, true).is_empty() {
                    (cpu::simulated(view, rate))
                    (delay::figure(view, rate, true))
                }
            }
        }
        (delay::numbers(view, true))
    }
}
