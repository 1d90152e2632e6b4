//! Pulls do not go round in a circle.

use crate::graph::Graph;
use crate::plan::calls::Edge;
use crate::wiring::node_index;
use crate::{Diagnostic, Span};

/// Elements that pull from each other in a circle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullCircle {
    /// The elements, each pulling from the next and the last from the first:
    /// names and places.
    pub elements: Vec<(String, Span)>,
}

impl PullCircle {
    /// The circle of `edges`.
    pub fn new(graph: &Graph, edges: &[Edge]) -> PullCircle {
        let elements = edges.iter().map(|edge| {
            let element = &graph[node_index(edge.caller)];
            (element.name.clone(), element.span)
        });
        PullCircle { elements: elements.collect() }
    }
}

/// So many elements of a circle are named.
const SHOWN: usize = 16;

impl From<PullCircle> for Diagnostic {
    fn from(PullCircle { elements }: PullCircle) -> Diagnostic {
        let shown = elements.iter().take(SHOWN);
        let mut names: Vec<String> = shown.map(|(name, _)| format!("`{name}`")).collect();
        if elements.len() > SHOWN {
            names.push(format!("and {} more", elements.len() - SHOWN));
        }
        let span = elements.first().map(|(_, span)| *span);
        let message = match names.as_slice() {
            [one] => format!("{one} pulls from itself"),
            names => format!("{} pull from each other in a circle", names.join(", ")),
        };
        let rest = elements.iter().take(SHOWN).skip(1);
        let diagnostic = Diagnostic::new(span, message);
        rest.fold(diagnostic, |diagnostic, (name, span)| {
            diagnostic.label(*span, format!("`{name}` is part of it"))
        })
        .help("put a `Queue` into the circle, so that packets come from somewhere")
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::errors;

    #[test]
    fn circles_of_pulls_are_errors() {
        for (text, expected) in [
            ("a :: PullNull -> b :: PullNull -> a", "`a`, `b` pull from each other in a circle"),
            ("a :: PullNull -> a", "`a` pulls from itself"),
        ] {
            assert_eq!(errors(text), [expected], "{text}");
        }
    }
}
