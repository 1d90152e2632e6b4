//! What a graph requires is there.

use crate::suggest::did_you_mean;
use crate::{Catalogue, Diagnostic, Span};

/// What is wrong with a requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequirementError {
    /// No such package.
    Package {
        /// The requirement.
        span: Span,
        /// The package's name.
        name: String,
        /// What to do.
        help: String,
    },
    /// A library that cannot be read.
    Library {
        /// The requirement.
        span: Span,
        /// The library's name.
        name: String,
        /// Why.
        reason: String,
    },
    /// A library that requires itself, maybe by way of others.
    Circle {
        /// The requirement.
        span: Span,
        /// The library's name.
        name: String,
    },
    /// Libraries that require libraries without end.
    TooDeep {
        /// The requirement.
        span: Span,
        /// So many are the most.
        most: usize,
    },
    /// A library required inside a compound or a group.
    Inside {
        /// The requirement.
        span: Span,
    },
    /// Neither a package nor a library.
    Malformed {
        /// The requirement.
        span: Span,
    },
}

impl RequirementError {
    /// The package `name` is not among those of `catalogue`.
    pub fn package(span: Span, name: &str, catalogue: &Catalogue) -> RequirementError {
        let help = did_you_mean(name, catalogue.iter().map(|info| info.subject));
        let help = help.unwrap_or_else(|| {
            let mut names: Vec<&str> = catalogue.iter().map(|info| info.subject).collect();
            names.sort_unstable();
            names.dedup();
            format!("the packages are {}", names.join(", "))
        });
        RequirementError::Package { span, name: name.to_string(), help }
    }
}

impl From<RequirementError> for Diagnostic {
    fn from(error: RequirementError) -> Diagnostic {
        match error {
            RequirementError::Package { span, name, help } => {
                Diagnostic::new(span, format!("there is no package `{name}`")).help(help)
            }
            RequirementError::Library { span, name, reason } => {
                Diagnostic::new(span, format!("cannot read library `{name}`: {reason}"))
            }
            RequirementError::Circle { span, name } => {
                Diagnostic::new(span, format!("library `{name}` requires itself"))
            }
            RequirementError::TooDeep { span, most } => {
                let message = format!("libraries require each other more than {most} deep");
                Diagnostic::new(span, message)
            }
            RequirementError::Inside { span } => {
                Diagnostic::new(span, "a library cannot be required inside a block")
                    .help("require it before, outside all braces and parentheses")
            }
            RequirementError::Malformed { span } => Diagnostic::new(span, "this requires nothing")
                .help("write `require(package NAME)` or `require(library FILE)`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::errors;

    #[test]
    fn packages_are_subjects_of_the_catalogue() {
        for (text, expected) in [
            ("require(package fake, fake)", &[][..]),
            ("require(compact_config)", &[]),
            ("require()", &[]),
            ("require(package fkae)", &["there is no package `fkae`"]),
            ("require(other)", &["there is no package `other`"]),
            (
                "require(library x.click)",
                &["cannot read library `x.click`: there are no files here"],
            ),
            ("{ require(library x) }", &["a library cannot be required inside a block"]),
            ("require(package)", &["this requires nothing"]),
            ("require(a b c)", &["this requires nothing"]),
        ] {
            assert_eq!(errors(text), expected, "{text}");
        }
    }
}
