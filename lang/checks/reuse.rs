//! A push output has one target, and a pull input one source: with two, there
//! is no saying which of them a packet is for.

use super::processing::Kinds;
use crate::graph::Graph;
use crate::wiring::{Side, Wiring, node_index};
use crate::{Diagnostic, Span};
use pkgraph_runtime::Processing;

/// A port with more connections than it can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reused {
    /// The connection that is too many.
    pub span: Span,
    /// The first connection.
    pub first: Span,
    /// The element's name.
    pub element: String,
    /// A push output or a pull input.
    pub side: Side,
    /// The port.
    pub port: usize,
}

/// Reports every connection after the first of a port that takes one.
pub fn check(graph: &Graph, wiring: &Wiring, kinds: &Kinds, errors: &mut Vec<Diagnostic>) {
    for node in 0..wiring.ports.len() {
        for (side, single) in [(Side::Input, Processing::Pull), (Side::Output, Processing::Push)] {
            for (port, links) in wiring.at(node, side).enumerate() {
                let [first, rest @ ..] = links else { continue };
                if wiring.ports[node].is_none() || kinds.of(wiring, node, side, port) != single {
                    continue;
                }
                let place = |link: &usize| wiring.links[*link].span(side);
                for link in rest {
                    let element = &graph[node_index(node)];
                    let trail = element.trail.as_ref();
                    let element = element.name.clone();
                    let (span, first) = (place(link), place(first));
                    let error = Reused { span, first, element, side, port };
                    errors.push(Diagnostic::from(error).within(trail));
                }
            }
        }
    }
}

impl From<Reused> for Diagnostic {
    fn from(error: Reused) -> Diagnostic {
        let Reused { span, first, element, side, port } = error;
        let (kind, help) = match side {
            Side::Output => ("push output", "a `Tee` copies packets to several places"),
            Side::Input => ("pull input", "give each source a port of a scheduler"),
        };
        Diagnostic::new(span, format!("{kind} {port} of `{element}` is connected more than once"))
            .label(first, "first connected here")
            .help(help)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::errors;

    #[test]
    fn ports_that_take_one_connection_have_one() {
        for (text, expected) in [
            (
                "s :: Source -> Discard; s -> Discard",
                &["push output 0 of `s` is connected more than once"][..],
            ),
            ("a, b :: Source; a, b -> Discard", &[]),
            ("Source -> q :: Queue -> Puller; q -> Puller", &[]),
            (
                "a, b :: Queue; a, b -> p :: Puller; Source -> a; Source -> b;",
                &["pull input 0 of `p` is connected more than once"],
            ),
            (
                "Source -> c :: Counter -> Discard; c -> Discard; c -> Discard",
                &[
                    "push output 0 of `c` is connected more than once",
                    "push output 0 of `c` is connected more than once",
                ],
            ),
        ] {
            assert_eq!(errors(text), expected, "{text}");
        }
    }
}
