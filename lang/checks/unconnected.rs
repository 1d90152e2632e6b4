//! Ports that need a connection have one.

use crate::graph::Graph;
use crate::wiring::{Side, Wiring, node_index};
use crate::{Diagnostic, Span};

/// An element that nothing connects to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alone {
    /// Where the element is declared.
    pub span: Span,
    /// Its name.
    pub element: String,
}

/// A port that nothing connects to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unconnected {
    /// Where the element is declared.
    pub span: Span,
    /// The element's name.
    pub element: String,
    /// Input or output.
    pub side: Side,
    /// The port's number.
    pub port: usize,
    /// Its name, if it has one.
    pub name: Option<&'static str>,
    /// The highest connected port of that side, if the port could do without
    /// a connection otherwise.
    pub below: Option<usize>,
}

/// Reports every port that needs a connection and has none. Below the highest
/// connected port that is each one that is not optional.
pub fn check(graph: &Graph, wiring: &Wiring, errors: &mut Vec<Diagnostic>) {
    for (node, ports) in wiring.ports.iter().enumerate() {
        let Some(ports) = ports else { continue };
        let element = &graph[node_index(node)];
        if is_alone(wiring, node) && Side::BOTH.iter().all(|side| side.of(ports).min > 0) {
            let (span, name) = (element.span, element.name.clone());
            let error = Diagnostic::from(Alone { span, element: name });
            errors.push(error.within(element.trail.as_ref()));
            continue;
        }
        for side in Side::BOTH {
            if wiring.vague[node][side as usize] {
                continue;
            }
            let info = side.of(ports);
            let links = wiring.at(node, side);
            let highest = links.clone().rposition(|links| !links.is_empty());
            let unconnected = links.enumerate().filter(|(_, links)| links.is_empty());
            for (port, _) in unconnected {
                let below = highest.filter(|highest| port < *highest && port < info.optional_from);
                if port < info.min || below.is_some() {
                    let (span, name) = (element.span, info.names.get(port).copied());
                    let below = if port < info.min { None } else { below };
                    let trail = element.trail.as_ref();
                    let element = element.name.clone();
                    let error = Unconnected { span, element, side, port, name, below };
                    errors.push(Diagnostic::from(error).within(trail));
                }
            }
        }
    }
}

fn is_alone(wiring: &Wiring, node: usize) -> bool {
    let mut sides = Side::BOTH.into_iter().map(|side| wiring.at(node, side));
    wiring.vague[node] == [false; 2] && sides.all(|mut ports| ports.all(<[_]>::is_empty))
}

impl From<Alone> for Diagnostic {
    fn from(Alone { span, element }: Alone) -> Diagnostic {
        Diagnostic::new(span, format!("`{element}` is not connected to anything"))
            .help("connect its inputs and outputs, or take it out")
    }
}

impl From<Unconnected> for Diagnostic {
    fn from(error: Unconnected) -> Diagnostic {
        let Unconnected { span, element, side, port, name, below } = error;
        let name = name.map(|name| format!(" (`{name}`)")).unwrap_or_default();
        let message = format!("{} {port}{name} of `{element}` is not connected", side.name());
        let diagnostic = Diagnostic::new(span, message);
        let diagnostic = match below {
            Some(highest) => diagnostic
                .note(format!("{} {highest} is, and none below may be left out", side.name())),
            None => diagnostic,
        };
        diagnostic.help(match side {
            Side::Input => "connect something to it",
            Side::Output => "connect it; `Discard` takes what nobody wants",
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::errors;

    #[test]
    fn ports_that_need_a_connection_have_one() {
        for (text, expected) in [
            ("Source -> Discard", &[][..]),
            ("Counter", &["`Counter@1` is not connected to anything"]),
            ("Source", &["output 0 of `Source@1` is not connected"]),
            ("Discard", &["input 0 of `Discard@1` is not connected"]),
            (
                "Source -> t :: Tee; t [0] -> Discard; t [2] -> Discard",
                &["output 1 of `t` is not connected"],
            ),
            ("Source -> t :: Split; t -> Discard", &[]),
            (
                "Source -> t :: Split; t [2] -> Discard",
                &["output 0 (`media`) of `t` is not connected"],
            ),
            ("Source -> t :: Split; t [0] -> Discard; t [2] -> Discard", &[]),
            ("Source -> Match(a, b) -> Discard", &["output 1 of `Match@2` is not connected"]),
            (
                "Source -> cuonter; counter :: Counter -> Discard",
                &["element `cuonter` is not declared"],
            ),
            (
                "Nope -> Counter",
                &["there is no element class `Nope`", "output 0 of `Counter@2` is not connected"],
            ),
            ("Source -> Counter [1] -> Discard", &["`Counter@2` has no output 1"]),
        ] {
            assert_eq!(errors(text), expected, "{text}");
        }
    }
}
