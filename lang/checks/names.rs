//! Every name is declared, once, and every class exists.

use crate::ast::Identifier;
use crate::suggest::did_you_mean;
use crate::{Diagnostic, Span, click};

/// What is wrong with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameError {
    /// Neither a declared element nor a class.
    Undeclared {
        /// The name.
        span: Span,
        /// The name.
        name: String,
        /// What to do.
        help: String,
    },
    /// Used before its declaration.
    DeclaredLater {
        /// The use.
        span: Span,
        /// The name.
        name: String,
        /// The declaration.
        later: Span,
    },
    /// Declared twice.
    Redeclared {
        /// The second declaration.
        span: Span,
        /// The name.
        name: String,
        /// The first declaration.
        first: Span,
    },
    /// The name of a class given to an element.
    ClassAsName {
        /// The name.
        span: Span,
        /// The name.
        name: String,
    },
    /// The name of an element given to a class.
    ElementAsClass {
        /// The class's name.
        span: Span,
        /// The name.
        name: String,
        /// The element.
        first: Span,
    },
    /// `input` or `output` as a name inside a block.
    Reserved {
        /// The name.
        span: Span,
        /// The name.
        name: String,
    },
    /// The name that an element gets inside a compound is taken.
    Taken {
        /// The element inside.
        span: Span,
        /// The name.
        name: String,
        /// The element that has it.
        first: Span,
    },
    /// A compound used in its own definition.
    ClassInItself {
        /// The class.
        span: Span,
        /// The class.
        class: String,
    },
    /// A name, or a part of one between slashes, of digits only.
    Digits {
        /// The name.
        span: Span,
        /// The name.
        name: String,
    },
    /// Arguments for an element that is declared elsewhere.
    ConfigOnName {
        /// The arguments.
        span: Span,
        /// The element's name.
        name: String,
        /// Its declaration.
        declared: Span,
    },
    /// No such class.
    UnknownClass {
        /// The class.
        span: Span,
        /// The class.
        class: String,
        /// What to do, if that is known.
        help: Option<String>,
        /// Whether Click has it.
        in_click: bool,
    },
}

impl NameError {
    /// `word` is none of the `known` names of elements and classes.
    pub fn undeclared<'a>(word: &Identifier, known: impl Iterator<Item = &'a str>) -> NameError {
        let help = match word.text.as_str() {
            "input" | "output" => {
                "the outside of a block is there only between braces or parentheses".to_string()
            }
            name => did_you_mean(name, known)
                .unwrap_or_else(|| format!("declare it, as in `{name} :: Class`")),
        };
        NameError::Undeclared { span: word.span, name: word.text.clone(), help }
    }

    /// `class` is none of the `known` ones.
    pub fn unknown_class<'a>(
        class: &Identifier,
        known: impl Iterator<Item = &'a str>,
    ) -> NameError {
        let in_click = click::has(&class.text);
        let help = match click::advice(&class.text) {
            Some(advice) => Some(advice.to_string()),
            None if in_click => Some(
                "make a compound of others, or write an element of your own in Rust".to_string(),
            ),
            None => did_you_mean(&class.text, known),
        };
        NameError::UnknownClass { span: class.span, class: class.text.clone(), help, in_click }
    }
}

impl From<NameError> for Diagnostic {
    fn from(error: NameError) -> Diagnostic {
        match error {
            NameError::Undeclared { span, name, help } => {
                Diagnostic::new(span, format!("element `{name}` is not declared"))
                    .help(help)
                    .if_all_is_read()
            }
            NameError::DeclaredLater { span, name, later } => {
                Diagnostic::new(span, format!("element `{name}` is used before it is declared"))
                    .label(later, "declared here")
                    .help("move the declaration before the first use")
                    .if_all_is_read()
            }
            NameError::Redeclared { span, name, first } => {
                Diagnostic::new(span, format!("element `{name}` is declared twice"))
                    .label(first, "first declared here")
            }
            NameError::ClassAsName { span, name } => Diagnostic::new(
                span,
                format!("`{name}` is a class, so no element can be called that"),
            ),
            NameError::ElementAsClass { span, name, first } => {
                let message = format!("`{name}` is an element, so no class can be called that");
                Diagnostic::new(span, message).label(first, "declared here")
            }
            NameError::Reserved { span, name } => {
                let message =
                    format!("`{name}` is the outside here, so no element can be called that");
                Diagnostic::new(span, message)
            }
            NameError::Taken { span, name, first } => {
                Diagnostic::new(span, format!("another element is called `{name}`"))
                    .label(first, "it is declared here")
            }
            NameError::ClassInItself { span, class } => {
                Diagnostic::new(span, format!("class `{class}` cannot be a part of itself"))
                    .note("inside a definition, its name means the class before it")
            }
            NameError::Digits { span, name } => {
                Diagnostic::new(span, format!("`{name}` is no name: a part of it has only digits"))
            }
            NameError::ConfigOnName { span, name, declared } => {
                let message = format!("element `{name}` has its arguments where it is declared");
                Diagnostic::new(span, message).label(declared, "declared here")
            }
            NameError::UnknownClass { span, class, help, in_click } => {
                let message = match in_click {
                    true => format!("Click's element class `{class}` is not in this library"),
                    false => format!("there is no element class `{class}`"),
                };
                Diagnostic::new(span, message).maybe_help(help).if_all_is_read()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{diagnostics, errors};

    #[test]
    fn names_are_checked() {
        for (text, expected) in [
            ("Source -> d; d :: Discard", &["element `d` is used before it is declared"][..]),
            ("c :: Any; c :: Any", &["element `c` is declared twice"]),
            ("Queue :: Any", &["`Queue` is a class, so no element can be called that"]),
            ("1 :: Any", &["`1` is no name: a part of it has only digits"]),
            ("a/1 :: Any", &["`a/1` is no name: a part of it has only digits"]),
            ("a :: Any; a(x)", &["element `a` has its arguments where it is declared"]),
            (
                "a :: Nothing -> nobody",
                &["there is no element class `Nothing`", "element `nobody` is not declared"],
            ),
            ("Source -> nobody; nobody -> Discard", &["element `nobody` is not declared"]),
            (
                "FromDevice -> Discard",
                &["Click's element class `FromDevice` is not in this library"],
            ),
        ] {
            assert_eq!(errors(text), expected, "{text}");
        }
    }

    #[test]
    fn an_unknown_class_is_one_error() {
        let text = "elementclass C { Foo(1) -> Foo(2) -> Foo } C; Foo -> Foo; Bar";
        let found = diagnostics(text);
        let messages: Vec<&str> = found.iter().map(|error| error.message.as_str()).collect();
        assert_eq!(
            messages,
            ["there is no element class `Foo`", "there is no element class `Bar`"]
        );
        assert_eq!(found[0].labels.len(), 3);
        assert_eq!(found[0].notes, ["it is used in 1 more place"]);
    }

    #[test]
    fn what_has_nothing_to_do_with_an_unknown_class_is_checked() {
        assert_eq!(
            errors("Foo; Source -> Puller; a :: PullNull -> b :: PullNull -> a"),
            [
                "there is no element class `Foo`",
                "push output 0 of `Source@2` is connected to pull input 0 of `Puller@3`",
            ]
        );
        assert_eq!(
            errors("Foo; a :: PullNull -> b :: PullNull -> a"),
            ["there is no element class `Foo`", "`a`, `b` pull from each other in a circle",]
        );
    }

    #[test]
    fn near_names_are_suggested() {
        for (text, help) in [
            ("Source -> Discrad", "did you mean `Discard`?"),
            ("Source -> discard", "did you mean `Discard`?"),
            ("Source -> drain; darin :: Discard", "did you mean `darin`?"),
            ("c :: Conuter", "did you mean `Counter`?"),
            ("Source -> somewhere", "declare it, as in `somewhere :: Class`"),
        ] {
            assert_eq!(diagnostics(text)[0].help.as_deref(), Some(help), "{text}");
        }
    }
}
