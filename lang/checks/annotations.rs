//! What an element cannot do without is written by something before it.

use crate::graph::Graph;
use crate::wiring::{Side, Wiring, node_index};
use crate::{Catalogue, Diagnostic, Span};
use pkgraph_runtime::Annotation;

/// An annotation that an element requires and nothing upstream writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeverWritten {
    /// Where the element is declared.
    pub span: Span,
    /// The element's name.
    pub element: String,
    /// What it requires.
    pub annotation: Annotation,
    /// The classes that would write it.
    pub writers: Vec<&'static str>,
}

/// Reports each annotation that an element requires and that no element writes
/// on any path to it.
pub fn check(graph: &Graph, wiring: &Wiring, catalogue: &Catalogue, errors: &mut Vec<Diagnostic>) {
    for node in 0..wiring.ports.len() {
        let element = &graph[node_index(node)];
        let Some(info) = element.info.filter(|info| !info.requires.is_empty()) else { continue };
        let Some(upstream) = upstream(graph, wiring, node) else { continue };
        for &annotation in info.requires {
            let writes = |other: usize| {
                let info = graph[node_index(other)].info;
                info.is_some_and(|info| info.writes.contains(&annotation))
            };
            if upstream.iter().any(|other| writes(*other)) {
                continue;
            }
            let writers = catalogue.iter().filter(|info| info.writes.contains(&annotation));
            let error = NeverWritten {
                span: element.span,
                element: element.name.clone(),
                annotation,
                writers: writers.map(|info| info.name).collect(),
            };
            errors.push(Diagnostic::from(error).within(element.trail.as_ref()));
        }
    }
}

/// All elements that lead to `node`. `None` if that cannot be known, since one of
/// them is wrong or has connections that are, or if there are none.
fn upstream(graph: &Graph, wiring: &Wiring, node: usize) -> Option<Vec<usize>> {
    let mut is_seen = vec![false; wiring.ports.len()];
    let (mut found, mut left) = (Vec::new(), vec![node]);
    while let Some(at) = left.pop() {
        if wiring.vague[at][Side::Input as usize] || graph[node_index(at)].info.is_none() {
            return None;
        }
        for &link in wiring.at(at, Side::Input).flatten() {
            let (from, _) = wiring.links[link].from;
            if !std::mem::replace(&mut is_seen[from], true) {
                found.push(from);
                left.push(from);
            }
        }
    }
    (!found.is_empty()).then_some(found)
}

impl From<NeverWritten> for Diagnostic {
    fn from(error: NeverWritten) -> Diagnostic {
        let NeverWritten { span, element, annotation, writers } = error;
        let message =
            format!("`{element}` needs the annotation {annotation}, and nothing writes it");
        let diagnostic = Diagnostic::new(span, message);
        match writers.is_empty() {
            true => diagnostic,
            false => {
                let names: Vec<String> = writers.iter().map(|name| format!("`{name}`")).collect();
                diagnostic.help(format!("put one of these before it: {}", names.join(", ")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::errors;

    #[test]
    fn what_is_required_is_written_upstream_on_some_path() {
        let missing = ["`Needy@2` needs the annotation network, and nothing writes it"];
        for (text, expected) in [
            ("Source -> Mark -> Needy -> Discard", &[][..]),
            ("Source -> Mark -> Counter -> Needy -> Discard", &[]),
            ("Source -> Needy -> Discard", &missing),
            // Downstream is too late, and a loop brings it back.
            ("Source -> Needy -> Mark -> Discard", &missing),
            ("Source -> n :: Any; n -> Needy -> m :: Mark -> n; n[1] -> Discard", &[]),
            // One of several paths does.
            ("Source -> n :: Needy -> Discard; Source -> Mark -> n", &[]),
            // What is not known may write it.
            ("Nope -> Needy -> Discard", &["there is no element class `Nope`"]),
        ] {
            assert_eq!(errors(text), expected, "{text}");
        }
    }
}
