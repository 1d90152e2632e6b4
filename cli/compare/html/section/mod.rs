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

/// A table in a box that scrolls by itself where it is wider than the page, and
/// says so then: the style sheet shows the words only where the box scrolls.
fn table(caption: &str, columns: &[Column], rows: &Markup) -> Markup {
    html! {
        div.table tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) " " span.scrolls { "Scroll to see more →" } }
                thead {
                    tr {
                        @for Column { head, is_text } in columns {
                            th scope="col" class=[is_text.then_some("text")] { (head) }
                        }
                    }
                }
                tbody { (rows) }
            }
        }
    }
}

/// The head of a column: of text, which is on the left, or of numbers.
struct Column {
    head: Markup,
    is_text: bool,
}

fn text(head: &str) -> Column {
    Column { head: html! { (head) }, is_text: true }
}

fn number(head: &str) -> Column {
    Column { head: html! { (head) }, is_text: false }
}

/// The columns that say which cell a row is of, and then `numbers`.
fn of_cell(numbers: &[&str]) -> Vec<Column> {
    let mut columns = vec![number("packets/s"), number("clients"), text("variant")];
    columns.extend(numbers.iter().map(|head| number(head)));
    columns
}
