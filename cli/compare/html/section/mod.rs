//! The sections of the page, a file each. One that has nothing to say is empty.

pub mod again;
pub mod compared;
pub mod costs;
pub mod cpu;
pub mod delay;
pub mod echo;
pub mod graphs;
pub mod left_out;
pub mod packets;
pub mod ratios;
pub mod simulated;
pub mod summary;
pub mod warnings;

use maud::{Markup, html};

/// A table in a box that scrolls by itself where it is wider than the page.
fn table(caption: &str, columns: &[Markup], rows: &Markup) -> Markup {
    html! {
        div.table tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr { @for column in columns { th scope="col" { (column) } } } }
                tbody { (rows) }
            }
        }
    }
}

/// A column that is text.
fn column(text: &str) -> Markup {
    html! { (text) }
}
