//! The graphs that ran, drawn and as text.

use crate::html::view::View;
use maud::{Markup, PreEscaped, html};
use pkgraph_lang::{Source, compile};
use pkgraph_picture as picture;

pub fn of(view: &View<'_>) -> Markup {
    // Variants of the same graph share its picture.
    let mut graphs: Vec<(&str, &str, Vec<usize>)> = Vec::new();
    for (index, variant) in view.results.variants.iter().enumerate() {
        match graphs.iter_mut().find(|(_, text, _)| *text == variant.graph) {
            Some((.., variants)) => variants.push(index),
            None => graphs.push((&variant.file, &variant.graph, vec![index])),
        }
    }
    html! {
        @for (file, text, variants) in &graphs {
            figure.graph {
                figcaption {
                    code { (file) }
                    " of" @for &variant in variants { " " (view.named(variant)) }
                }
                @match picture(view, file, text) {
                    Some(svg) => { div.picture tabindex="0" role="region" aria-label={ "Picture of " (file) } {
                        (PreEscaped(svg))
                    } }
                    None => p.small { "Its elements are not known here, or too many for a picture." }
                }
                details {
                    summary { "Its text" }
                    pre tabindex="0" { code { (text) } }
                }
            }
        }
    }
}

fn picture(view: &View<'_>, file: &str, text: &str) -> Option<String> {
    let source = Source { name: file.into(), text: text.into() };
    let plan = compile(&source, &[], view.catalogue).ok()?;
    picture::inline(&plan, view.catalogue)
}

/// The rules of pictures, for pictures alone.
pub fn rules() -> String {
    format!(".picture{{{}}}", picture::STYLE)
}
