//! Variables: defined once, defined at all, and not by themselves.

use crate::suggest::{did_you_mean, nearest};
use crate::{Diagnostic, Span};

/// What is wrong with a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableError {
    /// Used without being defined.
    Undefined {
        /// Where it is used.
        span: Span,
        /// Its name.
        name: String,
        /// What to do.
        help: String,
    },
    /// Defined by means of itself.
    Recursive {
        /// Where it is used.
        span: Span,
        /// Its name.
        name: String,
    },
    /// Values in values in values.
    TooDeep {
        /// Where it is used.
        span: Span,
        /// Its name.
        name: String,
        /// So many are the most.
        most: usize,
    },
    /// A value that has become too long.
    TooLong {
        /// Where it is used.
        span: Span,
        /// Its name.
        name: String,
        /// So many octets are the most.
        most: usize,
    },
    /// No number between the brackets of `${name[number]}`.
    Index {
        /// Where it is used.
        span: Span,
        /// What stands there.
        index: String,
    },
    /// Parentheses or quotes that do not pair up once the values are in.
    Open {
        /// The configuration string.
        span: Span,
    },
    /// Two parameters with one keyword.
    KeywordTwice {
        /// The second one.
        span: Span,
        /// The keyword.
        keyword: String,
    },
    /// Parameters in the wrong order.
    Order {
        /// The first that is out of order.
        span: Span,
    },
    /// Defined twice.
    Redefined {
        /// The second definition.
        span: Span,
        /// Its name.
        name: String,
        /// The first definition.
        first: Span,
    },
    /// An argument of `define` that is not `$NAME value`.
    Malformed {
        /// The argument.
        span: Span,
    },
    /// Set on the command line, but not defined by the graph.
    Unused {
        /// Its name.
        name: String,
        /// What to do.
        help: String,
    },
}

impl VariableError {
    /// `name` is used at `span`, but the `defined` ones are all there are.
    pub fn undefined<'a>(
        span: Span,
        name: &str,
        defined: impl Iterator<Item = &'a str>,
    ) -> VariableError {
        let near = nearest(name, defined).map(|near| format!("did you mean `${near}`?"));
        let help = near.unwrap_or_else(|| {
            format!(
                "define it, as in `define(${name} value)`; single quotes make `$` a plain character"
            )
        });
        VariableError::Undefined { span, name: name.to_string(), help }
    }

    /// `name` is set on the command line, but the `defined` ones are all there
    /// are.
    pub fn unused(name: &str, defined: &[&str]) -> VariableError {
        let names: Vec<String> = defined.iter().map(|name| format!("`{name}`")).collect();
        let near = did_you_mean(name, defined.iter().copied());
        let help = near.unwrap_or_else(|| match names.as_slice() {
            [] => "the graph defines no variables".to_string(),
            names => format!("the graph defines {}", names.join(", ")),
        });
        VariableError::Unused { name: name.to_string(), help }
    }
}

impl From<VariableError> for Diagnostic {
    fn from(error: VariableError) -> Diagnostic {
        match error {
            VariableError::Undefined { span, name, help } => {
                Diagnostic::new(span, format!("variable `${name}` is not defined"))
                    .help(help)
                    .if_all_is_read()
            }
            VariableError::Recursive { span, name } => {
                Diagnostic::new(span, format!("the value of variable `${name}` uses itself"))
            }
            VariableError::TooDeep { span, name, most } => {
                let message = format!("the value of `${name}` uses others more than {most} deep");
                Diagnostic::new(span, message)
            }
            VariableError::TooLong { span, name, most } => {
                let message = format!("with `${name}` this becomes too long");
                Diagnostic::new(span, message)
                    .note(format!("values and arguments with more than {most} octets are refused"))
            }
            VariableError::Index { span, index } => {
                Diagnostic::new(span, format!("`{index}` is no number of a word"))
                    .help("words count from 0, as in `${name[0]}`")
            }
            VariableError::Open { span } => {
                let message = "with its variables replaced, parentheses or quotes do not pair up";
                Diagnostic::new(span, message)
            }
            VariableError::KeywordTwice { span, keyword } => {
                Diagnostic::new(span, format!("there are two parameters `{keyword}`"))
            }
            VariableError::Order { span } => Diagnostic::new(span, "parameters are out of order")
                .help("first those without a keyword, then keywords, then `__REST__`"),
            VariableError::Redefined { span, name, first } => {
                Diagnostic::new(span, format!("variable `${name}` is defined twice"))
                    .label(first, "first defined here")
            }
            VariableError::Malformed { span } => {
                Diagnostic::new(span, "this does not define a variable")
                    .help("write `define($NAME value, $OTHER value)`")
            }
            VariableError::Unused { name, help } => {
                Diagnostic::new(None, format!("the graph does not define `{name}`"))
                    .help(help)
                    .if_all_is_read()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{compile_with, errors};

    #[test]
    fn variables_are_defined_once() {
        for (text, expected) in [
            ("define($A 1, $A 2)", &["variable `$A` is defined twice"][..]),
            ("define($A 1) define($A 2)", &["variable `$A` is defined twice"]),
            ("define(A 1)", &["this does not define a variable"]),
            ("define($A)", &[]),
            ("Source -> Queue($CAPACITY) -> Puller", &["variable `$CAPACITY` is not defined"]),
            (
                "define($A $B, $B $A) Source -> Queue($A) -> Puller",
                &["the value of variable `$A` uses itself"],
            ),
        ] {
            assert_eq!(errors(text), expected, "{text}");
        }
    }

    #[test]
    fn the_command_line_sets_what_is_defined() {
        let text = "define($CAPACITY 1) Source -> q :: Queue($CAPACITY) -> Puller";
        let plan = compile_with(text, &[("CAPACITY", "5")]).unwrap();
        assert_eq!(plan.nodes[plan.find("q").unwrap()].config, "5");
        let errors = compile_with(text, &[("CAPACTY", "5")]).unwrap_err();
        assert_eq!(errors[0].message, "the graph does not define `CAPACTY`");
        assert_eq!(errors[0].help.as_deref(), Some("did you mean `CAPACITY`?"));
    }

    #[test]
    fn a_definition_may_follow_its_use() {
        let plan = compile_with("Source -> q :: Queue($A) -> Puller; define($A 7)", &[]).unwrap();
        assert_eq!(plan.nodes[plan.find("q").unwrap()].config, "7");
    }
}
