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
    /// A library of Click text, which this language does not have.
    Library {
        /// The requirement.
        span: Span,
        /// The library's name.
        name: String,
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
            RequirementError::Library { span, name } => Diagnostic::new(
                span,
                format!("library `{name}` cannot be read: graphs are one file"),
            )
            .help("put its text into this file"),
            RequirementError::Malformed { span } => {
                Diagnostic::new(span, "this requires nothing").help("write `require(package NAME)`")
            }
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
                &["library `x.click` cannot be read: graphs are one file"],
            ),
            ("require(package)", &["this requires nothing"]),
            ("require(a b c)", &["this requires nothing"]),
        ] {
            assert_eq!(errors(text), expected, "{text}");
        }
    }
}
