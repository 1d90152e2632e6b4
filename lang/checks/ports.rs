//! Ports that are written exist.

use crate::graph::{Element, Port, PortId};
use crate::suggest::did_you_mean;
use crate::wiring::{MOST_PORTS, Side};
use crate::{Diagnostic, Span};
use pkgraph_runtime::{PortInfo, Ports};

/// What is wrong with a port.
#[derive(Clone, Debug)]
pub struct PortError {
    /// The port.
    pub span: Span,
    /// The port.
    pub port: PortId,
    /// Input or output.
    pub side: Side,
    /// The element's name.
    pub element: String,
    /// The element's class.
    pub class: String,
    /// Whether the element has arguments, on which the ports may depend.
    pub configured: bool,
    /// The ports that there are.
    pub info: PortInfo,
}

/// The number of `port` on `side` of `element`, which has the given `ports`.
/// Of an element that is not known a number is taken as it is, and a name
/// stays unknown.
pub(crate) fn resolve(
    element: &Element,
    ports: Option<Ports>,
    side: Side,
    port: &Port,
) -> Result<Option<usize>, Box<PortError>> {
    let info = match ports {
        Some(ports) => *side.of(&ports),
        None => PortInfo { max: MOST_PORTS, ..PortInfo::NONE },
    };
    let found = match &port.id {
        PortId::Number(number) => Some(*number),
        PortId::Name(_) if ports.is_none() => return Ok(None),
        PortId::Name(name) => info.names.iter().position(|n| n == name),
    };
    match found {
        Some(number) if number < info.max.min(MOST_PORTS) => Ok(Some(number)),
        _ => Err(Box::new(PortError {
            span: port.span,
            port: port.id.clone(),
            side,
            element: element.name.clone(),
            class: element.class.clone(),
            configured: !element.config.text.is_empty(),
            info,
        })),
    }
}

impl From<PortError> for Diagnostic {
    fn from(error: PortError) -> Diagnostic {
        let PortError { span, port, side, element, class, configured, info } = error;
        let side = side.name();
        let message = match &port {
            _ if info.max == 0 => format!("`{element}` has no {side}s"),
            PortId::Number(number) => format!("`{element}` has no {side} {number}"),
            PortId::Name(name) => format!("`{element}` has no {side} called `{name}`"),
        };
        let names = || info.names.iter().take(info.max).copied();
        let help = match &port {
            PortId::Name(name) => did_you_mean(name, names()),
            PortId::Number(_) => None,
        };
        Diagnostic::new(span, message).note(ports(&class, configured, side, &info)).maybe_help(help)
    }
}

/// Says which ports there are.
fn ports(class: &str, configured: bool, side: &str, info: &PortInfo) -> String {
    let names = info.names.iter().take(info.max).enumerate();
    let names: Vec<String> = names.map(|(i, name)| format!("{i} `{name}`")).collect();
    let names = match names.as_slice() {
        [] => String::new(),
        names => format!(": {}", names.join(", ")),
    };
    let class =
        if configured { format!("with these arguments, `{class}`") } else { format!("`{class}`") };
    match (info.min, info.max) {
        (_, 0) => format!("{class} has no {side}s"),
        (1, 1) => format!("{class} has one {side}{names}"),
        (min, max) if min == max => format!("{class} has {max} {side}s{names}"),
        (min, max) if max >= MOST_PORTS => {
            format!("{class} has {min} or more {side}s{names}")
        }
        (min, max) => format!("{class} has {min} to {max} {side}s{names}"),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{diagnostics, errors, links};

    #[test]
    fn names_are_numbers() {
        for (text, expected) in [
            (
                "Source -> c :: Split; c [media] -> Discard; c [1] -> Discard",
                "Source@1.0-c.0 c.0-Discard@3.0 c.1-Discard@4.0",
            ),
            (
                "s, t :: Source; s -> [media] r :: Join -> Discard; t -> [control] r",
                "s.0-r.0 r.0-Discard@4.0 t.0-r.1",
            ),
            (
                "Source -> c :: Split; c [media] -> d :: Discard; c [0] -> d",
                "Source@1.0-c.0 c.0-d.0",
            ),
        ] {
            assert_eq!(links(text), expected, "{text}");
        }
    }

    #[test]
    fn ports_must_exist() {
        for (text, message, note) in [
            ("Source [1] -> Discard", "`Source@1` has no output 1", "`Source` has one output"),
            ("Source -> d :: Discard -> Discard", "`d` has no outputs", "`Discard` has no outputs"),
            (
                "Source -> c :: Split [medai] -> Discard",
                "`c` has no output called `medai`",
                "`Split` has 1 to 3 outputs: 0 `media`, 1 `control`, 2 `host`",
            ),
            (
                "Source -> Match(a, b) [2] -> Discard",
                "`Match@2` has no output 2",
                "with these arguments, `Match` has 2 outputs",
            ),
            (
                "Source -> t :: Tee [99999999] -> Discard",
                "`t` has no output 99999999",
                "`Tee` has 1 or more outputs",
            ),
        ] {
            let found = &diagnostics(text)[0];
            assert_eq!(
                (found.message.as_str(), found.notes[0].as_str()),
                (message, note),
                "{text}"
            );
        }
        let found = &diagnostics("Source -> c :: Split [medai] -> Discard")[0];
        assert_eq!(found.help.as_deref(), Some("did you mean `media`?"));
    }

    #[test]
    fn ports_of_what_is_unknown_are_not_judged() {
        assert_eq!(errors("a :: Nope [5] -> [x] b :: Nope").len(), 1);
    }
}
