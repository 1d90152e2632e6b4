//! Compounds and groups: their ports, their arguments and how large they grow.

use crate::suggest::did_you_mean;
use crate::wiring::Side;
use crate::{Diagnostic, Span};

/// What is wrong with a compound, a group or the use of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompoundError {
    /// `input` or `output` with a gap between its ports.
    Gap {
        /// The compound or the group.
        span: Span,
        /// Input or output.
        side: Side,
        /// The first port that is missing.
        port: usize,
    },
    /// Packets sent to `input`, or taken from `output`.
    WrongWay {
        /// Where that is written.
        span: Span,
        /// Whether it is `input`.
        side: Side,
    },
    /// A port that the compound or the group does not have.
    NoPort {
        /// The port.
        span: Span,
        /// The port.
        port: String,
        /// Input or output.
        side: Side,
        /// The element's name.
        element: String,
        /// The names of the first ports.
        ports: Vec<Option<String>>,
        /// How many ports there are.
        total: usize,
    },
    /// A port to which nothing is connected.
    Unconnected {
        /// The element.
        span: Span,
        /// The port.
        port: usize,
        /// Input or output.
        side: Side,
        /// The element's name.
        element: String,
    },
    /// Arguments that the only definition does not take.
    Arguments {
        /// The argument, or the element.
        span: Span,
        /// What is wrong.
        message: String,
        /// The definition.
        signature: String,
        /// What to do.
        help: Option<String>,
    },
    /// No definition takes these arguments and has these ports.
    NoMatch {
        /// The element.
        span: Span,
        /// What is wanted.
        wanted: String,
        /// The definitions there are.
        candidates: Vec<(Span, String)>,
    },
    /// `...` where there is no class of that name, or no name.
    NothingToExtend {
        /// The `...`.
        span: Span,
        /// The class; empty if it has no name.
        name: String,
    },
    /// Compounds inside compounds without end.
    TooDeep {
        /// The element.
        span: Span,
        /// So many are the most.
        most: usize,
    },
    /// More elements or connections than there may be.
    TooLarge {
        /// The element at which that was seen.
        span: Span,
        /// What there is too much of.
        what: &'static str,
        /// So many are the most.
        most: usize,
    },
}

/// The ports of a side in words: `2 inputs`.
pub(crate) fn count(n: usize, side: Side) -> String {
    format!("{n} {}{}", side.name(), if n == 1 { "" } else { "s" })
}

impl From<CompoundError> for Diagnostic {
    fn from(error: CompoundError) -> Diagnostic {
        match error {
            CompoundError::Gap { span, side, port } => {
                let name = side.name();
                Diagnostic::new(span, format!("`{name} [{port}]` is missing in this block"))
                    .note(format!("a higher port of `{name}` is used"))
                    .if_all_is_read()
            }
            CompoundError::WrongWay { span, side } => {
                let (name, gives) = match side {
                    Side::Input => ("input", "packets come from it"),
                    Side::Output => ("output", "packets go to it"),
                };
                Diagnostic::new(span, format!("`{name}` stands on the wrong side of the arrow"))
                    .note(format!("inside a block, {gives}"))
            }
            CompoundError::NoPort { span, port, side, element, ports, total } => {
                let names = || ports.iter().flatten().map(String::as_str);
                let called = if port.parse::<usize>().is_ok() { "" } else { "called " };
                let quoted = if called.is_empty() { port.clone() } else { format!("`{port}`") };
                let names_known: Vec<String> = names().map(|name| format!("`{name}`")).collect();
                let named = match (names_known.as_slice(), total - ports.len()) {
                    ([], _) => String::new(),
                    (names, 0) => format!(": {}", names.join(", ")),
                    (names, more) => format!(": {} and {more} more", names.join(", ")),
                };
                let message = format!("`{element}` has no {} {called}{quoted}", side.name());
                Diagnostic::new(span, message)
                    .note(format!("it has {}{named}", count(total, side)))
                    .maybe_help(did_you_mean(&port, names()))
                    .if_all_is_read()
            }
            CompoundError::Unconnected { span, port, side, element } => {
                let message = format!("{} {port} of `{element}` is not connected", side.name());
                Diagnostic::new(span, message)
                    .note("every port of a compound or a group is to be connected")
                    .if_all_is_read()
            }
            CompoundError::Arguments { span, message, signature, help } => {
                Diagnostic::new(span, message).note(format!("usage: {signature}")).maybe_help(help)
            }
            CompoundError::NoMatch { span, wanted, candidates } => {
                let diagnostic = Diagnostic::new(span, format!("no definition fits {wanted}"));
                candidates
                    .into_iter()
                    .fold(diagnostic, |d, (span, text)| d.label(span, text))
                    .if_all_is_read()
            }
            CompoundError::NothingToExtend { span, name } => {
                let message = match name.as_str() {
                    "" => "a class without a name extends nothing".to_string(),
                    name => format!("there is no class `{name}` before this one to extend"),
                };
                Diagnostic::new(span, message)
            }
            CompoundError::TooDeep { span, most } => {
                let message = format!("compounds are inside each other more than {most} deep");
                Diagnostic::new(span, message)
            }
            CompoundError::TooLarge { span, what, most } => {
                Diagnostic::new(span, format!("the graph grows past {most} {what}"))
                    .note("compounds inside compounds, and ranges of ports, multiply")
            }
        }
    }
}
