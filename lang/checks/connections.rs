//! The two sides of an arrow match.

use crate::wiring::Side;
use crate::{Diagnostic, Span};

/// What is wrong with an arrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionError {
    /// Several ports on both sides of a `->`.
    ManyToMany {
        /// The arrow.
        span: Span,
    },
    /// Different numbers of ports on the sides of a `=>`.
    Mismatch {
        /// The arrow.
        span: Span,
        /// The ports on the left.
        outputs: usize,
        /// The ports on the right.
        inputs: usize,
    },
    /// More than one list of ports that could grow.
    TwoOpen {
        /// The second of them, or the arrow between the two.
        span: Span,
    },
    /// A range of ports that is not one.
    Range {
        /// The range.
        span: Span,
    },
    /// Nothing, or ports only, in the middle of a chain.
    NoElement {
        /// The ports or the arrow.
        span: Span,
    },
    /// A chain that starts or ends with an arrow, outside of all blocks.
    NoOutside {
        /// The arrow, or the ports beside it.
        span: Span,
        /// Whether it is the start, where `input` would be meant.
        side: Side,
    },
    /// Ports where nothing connects to them.
    Ignored {
        /// The ports.
        span: Span,
        /// Whether they are outputs at the end of a chain, or inputs at its
        /// start.
        outputs: bool,
    },
}

impl From<ConnectionError> for Diagnostic {
    fn from(error: ConnectionError) -> Diagnostic {
        match error {
            ConnectionError::ManyToMany { span } => {
                Diagnostic::new(span, "there are several ports on both sides of `->`")
                    .help("write `=>` to connect the first to the first, the second to the second")
            }
            ConnectionError::Mismatch { span, outputs, inputs } => {
                let message = format!("outputs and inputs do not pair up: {outputs} to {inputs}");
                Diagnostic::new(span, message)
            }
            ConnectionError::TwoOpen { span } => {
                Diagnostic::new(span, "only one list of ports of a connection may be open")
                    .help("write the ports of the other one out")
            }
            ConnectionError::Range { span } => Diagnostic::new(span, "this is no range of ports")
                .help("a range is two numbers, the smaller one first, as in `[0-2]`"),
            ConnectionError::NoElement { span } => {
                Diagnostic::new(span, "an element is missing in the middle of this chain")
                    .help("only the first and the last of a chain may be left out")
            }
            ConnectionError::NoOutside { span, side } => {
                let place = if side == Side::Input { "starts" } else { "ends" };
                Diagnostic::new(span, format!("this chain {place} without an element"))
                    .note("only between braces or parentheses is there an outside to connect to")
            }
            ConnectionError::Ignored { span, outputs } => {
                let (ports, place) = if outputs { ("outputs", "end") } else { ("inputs", "start") };
                let message = format!("these {ports} at the {place} of a chain connect to nothing");
                Diagnostic::new(span, message)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{connections, errors};

    #[test]
    fn sides_pair_up() {
        let declarations = "s, t, u :: Source; c, d :: Any;";
        for (text, expected) in [
            ("s -> d", "s.0-d.0"),
            ("s, t -> d", "s.0-d.0 t.0-d.0"),
            ("s -> c, d", "s.0-c.0 s.0-d.0"),
            ("s, t => c, d", "s.0-c.0 t.0-d.0"),
            ("c [0,1] => d", "c.0-d.0 c.1-d.1"),
            ("c [1-2, 5] => [0-2] d", "c.1-d.0 c.2-d.1 c.5-d.2"),
            ("c => s, [1] d", "c.0-s.0 c.1-d.1"),
            ("c => s, t, [0,1] d", "c.0-s.0 c.1-t.0 c.2-d.0 c.3-d.1"),
            ("s, c[3,], t => [0-3] d", "s.0-d.0 c.3-d.1 c.4-d.2 t.0-d.3"),
            ("c [] => s, t", "c.0-s.0 c.1-t.0"),
            ("c [0,1] -> d", "c.0-d.0 c.1-d.0"),
            ("c => d", "c.0-d.0"),
            ("c [] => d [] -> c", "c.0-d.0 d.0-c.0"),
        ] {
            assert_eq!(connections(&format!("{declarations} {text}")), expected, "{text}");
        }
    }

    #[test]
    fn sides_that_do_not_pair_up() {
        for (text, message) in [
            ("c [0,1] -> [0,1] d", "there are several ports on both sides of `->`"),
            ("c [0,1] => [0-2] d", "outputs and inputs do not pair up: 2 to 3"),
            ("c [] => [] d", "only one list of ports of a connection may be open"),
            ("c [2-1] -> d", "this is no range of ports"),
            ("c [a-b] -> d", "this is no range of ports"),
            ("[0] c -> d", "these inputs at the start of a chain connect to nothing"),
            ("c -> d [1]", "these outputs at the end of a chain connect to nothing"),
        ] {
            let errors = errors(&format!("c, d :: Any; {text}"));
            assert!(errors.iter().any(|error| error == message), "{text}: {errors:?}");
        }
    }
}
