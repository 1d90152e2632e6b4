//! The report: one page that needs nothing beside it.
//!
//! It has no script. Figures are SVG in the page, text that comes from the
//! results is escaped by the templates, and the reader's browser chooses between
//! light and dark.

mod chart;
mod number;
mod palette;
mod paper;
mod section;
mod view;

use crate::results::Results;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use pkgraph_lang::Catalogue;
use view::View;

const STYLE: &str = include_str!("style.css");

/// The page of `results`. `catalogue` has the elements of the graphs that ran,
/// so that they can be drawn.
pub fn page(results: &Results, catalogue: &Catalogue) -> String {
    let view = View::new(results, catalogue);
    let sections: Vec<(&str, &str, Markup)> = [
        ("summary", "What came out", section::summary::of(&view)),
        ("compared", "What was compared", section::compared::of(&view)),
        ("cpu", "CPU", section::cpu::of(&view)),
        ("delay", "Processing delay", section::delay::of(&view)),
        ("echo", "Echo delay", section::echo::of(&view)),
        ("ratios", "Ratios", section::ratios::of(&view)),
        ("costs", "What a packet costs", section::costs::of(&view)),
        ("simulated", "User space alone, simulated", section::simulated::of(&view)),
        ("packets", "Packets", section::packets::of(&view)),
        ("graphs", "The graphs that ran", section::graphs::of(&view)),
        ("left-out", "What was left out", section::left_out::of(&view)),
        ("again", "Machine, and how to repeat it", section::again::of(&view)),
    ]
    .into_iter()
    .filter(|(.., body)| !body.0.is_empty())
    .collect();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "pkgraph compare: " (view.title()) }
                style { (PreEscaped(STYLE)) (PreEscaped(palette::rules())) (PreEscaped(section::graphs::rules())) }
            }
            body {
                header {
                    p.program { "pkgraph compare" }
                    h1 { (view.title()) }
                    p { (view.subtitle()) }
                }
                (section::warnings::of(&view))
                nav aria-label="Sections" {
                    ul { @for (id, title, _) in &sections { li { a href={ "#" (id) } { (title) } } } }
                }
                main {
                    @for (id, title, body) in &sections {
                        section id=(id) aria-labelledby={ (id) "-title" } {
                            h2 id={ (id) "-title" } { (title) }
                            (body)
                        }
                    }
                }
                footer { p { "Made by pkgraph " (results.machine.pkgraph) ", schema " (results.schema) "." } }
            }
        }
    }
    .into_string()
}
