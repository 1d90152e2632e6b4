//! What did not run, and why.

use super::{table, text};
use crate::html::view::View;
use maud::{Markup, html};

pub fn of(view: &View<'_>) -> Markup {
    let left_out = &view.results.left_out;
    if left_out.is_empty() {
        return html! { p { "Nothing that was asked for." } };
    }
    let rows = html! {
        @for out in left_out { tr { th scope="row" { (out.name) } td.text.long { (out.why) } } }
    };
    table("What did not run", &["variant", "why"].map(text), &rows)
}
