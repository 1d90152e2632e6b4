//! Arguments fit the class's declaration and are to the element's liking.

use crate::expand::Expanded;
use crate::graph::{Element, first_word};
use crate::scan::{self, Argument};
use crate::suggest::nearest;
use crate::{Diagnostic, Span};
use pkgraph_runtime::{ArgError, ArgInfo, ArgPlace, Args, ElementInfo};
use std::iter::Peekable;
use std::vec::IntoIter;

/// What is wrong with an element's arguments.
#[derive(Clone, Debug)]
pub struct ArgumentError {
    /// The argument, or the element when one is missing.
    pub span: Span,
    /// The element's class.
    pub info: &'static ElementInfo,
    /// What it is.
    pub kind: ArgumentErrorKind,
}

/// The ways in which arguments can be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgumentErrorKind {
    /// More than the class takes.
    TooMany,
    /// A name that the class does not declare.
    Unknown {
        /// The name.
        name: String,
        /// The name that was probably meant.
        near: Option<&'static str>,
    },
    /// A name without a value.
    NoValue {
        /// The name.
        name: &'static str,
    },
    /// A required argument is missing.
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// The element does not take the value.
    Refused {
        /// The argument; `None` if it is the whole of them.
        name: Option<String>,
        /// Why.
        message: String,
    },
}

/// Binds the arguments of `element` to their names and lets the element check
/// them. `None` if something is wrong with them, or if the class is unknown.
pub fn bind(element: &Element, errors: &mut Vec<Diagnostic>) -> Option<Args> {
    bind_for(element, errors, Ok)
}

/// As [`bind`], and makes something of the arguments. What that refuses is reported
/// as what the element refuses.
pub(crate) fn bind_for<T>(
    element: &Element,
    errors: &mut Vec<Diagnostic>,
    make: impl FnOnce(Args) -> Result<T, ArgError>,
) -> Option<T> {
    let mut found = Vec::new();
    let made = bound(element, &mut found, make);
    errors.extend(found.into_iter().map(|error| error.within(element.trail.as_ref())));
    made
}

/// Binds the arguments in `config`, written as between the parentheses of an
/// element, to the names that `info` declares. For use without a graph.
pub fn bind_config(info: &'static ElementInfo, config: &str) -> Result<Args, Vec<Diagnostic>> {
    let element = Element {
        name: info.name.to_string(),
        class: info.name.to_string(),
        info: Some(info),
        config: Expanded::literal(config),
        span: Span::default(),
        misspelt: false,
        trail: None,
    };
    let mut errors = Vec::new();
    bind(&element, &mut errors).ok_or(errors)
}

fn bound<T>(
    element: &Element,
    errors: &mut Vec<Diagnostic>,
    make: impl FnOnce(Args) -> Result<T, ArgError>,
) -> Option<T> {
    let info = element.info?;
    let positions: Vec<_> = info.args.iter().filter(|a| a.place != ArgPlace::Keyword).collect();
    let positions = positions.into_iter().peekable();
    let mut binding =
        Binding { info, element, positions, args: Args::default(), bound: Vec::new() };
    for argument in scan::split(&element.config.text) {
        match binding.place(&argument.text) {
            Ok((name, value)) => binding.add(name, value, &argument),
            Err(kind) => {
                let span = element.config.span(argument.range);
                errors.push(ArgumentError { span, info, kind }.into());
            }
        }
    }
    binding.check(errors);
    if !errors.is_empty() {
        return None;
    }
    let made = make(std::mem::take(&mut binding.args));
    made.map_err(|refused| errors.push(binding.refused_by_element(refused))).ok()
}

struct Binding<'a> {
    info: &'static ElementInfo,
    element: &'a Element,
    /// The arguments that the next ones without a name are.
    positions: Peekable<IntoIter<&'static ArgInfo>>,
    args: Args,
    /// The place of each argument in `args`, in the configuration string.
    bound: Vec<(&'static str, Argument)>,
}

impl Binding<'_> {
    /// Which argument `text` is, and its value.
    fn place<'t>(&mut self, text: &'t str) -> Result<(&'static str, &'t str), ArgumentErrorKind> {
        let (word, value) = first_word(text);
        match self.info.args.iter().find(|arg| arg.name == word) {
            Some(arg) if !value.is_empty() => return Ok((arg.name, value)),
            // `ACTIVE` alone can only be a keyword without its value.
            Some(ArgInfo { name, place: ArgPlace::Keyword, .. }) => {
                return Err(ArgumentErrorKind::NoValue { name });
            }
            _ => {}
        }
        // What looks like a keyword may be a value as well, unless it is close
        // to a name.
        let keyword = !value.is_empty() && is_keyword(word);
        let names = self.info.args.iter().map(|arg| arg.name);
        if let Some(near) = Some(()).filter(|()| keyword).and_then(|()| nearest(word, names)) {
            return Err(ArgumentErrorKind::Unknown { name: word.to_string(), near: Some(near) });
        }
        let next = self.positions.next_if(|arg| arg.place != ArgPlace::Rest);
        match next.or_else(|| self.positions.peek().copied()) {
            Some(arg) => Ok((arg.name, text)),
            None if keyword => {
                Err(ArgumentErrorKind::Unknown { name: word.to_string(), near: None })
            }
            None => Err(ArgumentErrorKind::TooMany),
        }
    }

    /// An empty argument leaves its place to the default.
    fn add(&mut self, name: &'static str, value: &str, argument: &Argument) {
        if !value.is_empty() {
            self.args.add(name, value);
            self.bound.push((name, argument.clone()));
        }
    }

    /// Whether all that is required is there and the element agrees. If not, each
    /// argument is looked at by itself, so that all that are wrong are named.
    fn check(&self, errors: &mut Vec<Diagnostic>) {
        let (info, span) = (self.info, self.element.span);
        // What is misspelt is not missing.
        if errors.is_empty() {
            let missing = info.args.iter().filter(|arg| arg.required);
            let missing = missing.filter(|arg| self.args.get(arg.name).is_none());
            errors.extend(missing.map(|arg| {
                let kind = ArgumentErrorKind::Missing { name: arg.name };
                Diagnostic::from(ArgumentError { span, info, kind })
            }));
        }
        let refused = match errors.is_empty() {
            true => match (info.check)(&self.args) {
                Ok(()) => return,
                Err(refused) => Some(refused),
            },
            false => None,
        };
        self.parse_each(errors);
        if errors.is_empty()
            && let Some(refused) = refused
        {
            errors.push(self.refused_by_element(refused));
        }
    }

    /// Reports every argument whose value is not of its type.
    fn parse_each(&self, errors: &mut Vec<Diagnostic>) {
        for arg in self.info.args {
            let mut given: Vec<(&Argument, &str)> = self
                .bound
                .iter()
                .filter(|(name, _)| *name == arg.name)
                .map(|(_, argument)| argument)
                .zip(self.args.all(arg.name))
                .collect();
            if arg.place != ArgPlace::Rest {
                given.drain(..given.len().saturating_sub(1));
            }
            for (argument, value) in given {
                if let Err(message) = (arg.parse)(value) {
                    errors.push(self.refused(Some(argument), Some(arg.name.into()), message));
                }
            }
        }
    }

    fn refused_by_element(&self, ArgError { name, message }: ArgError) -> Diagnostic {
        let at = name.as_ref().and_then(|(name, index)| self.find(name, *index));
        self.refused(at, name.map(|(name, _)| name), message)
    }

    fn refused(&self, at: Option<&Argument>, name: Option<String>, message: String) -> Diagnostic {
        let element = self.element;
        let span = at.map_or(element.span, |at| element.config.span(at.range.clone()));
        let kind = ArgumentErrorKind::Refused { name, message };
        ArgumentError { span, info: self.info, kind }.into()
    }

    /// The argument that gave value `index` of `name`. Of an argument with
    /// one value the last one given holds.
    fn find(&self, name: &str, index: usize) -> Option<&Argument> {
        let rest = self.info.args.iter().any(|a| a.name == name && a.place == ArgPlace::Rest);
        let mut bound = self.bound.iter().filter(|(bound, _)| *bound == name);
        let found = if rest { bound.nth(index) } else { bound.next_back() };
        found.map(|(_, argument)| argument)
    }
}

/// Whether a first word looks like the name of an argument.
fn is_keyword(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// How the class is written with all its arguments:
/// `Queue([CAPACITY], PREALLOCATE boolean)`.
fn synopsis(info: &ElementInfo) -> String {
    let args: Vec<String> = info
        .args
        .iter()
        .map(|arg| {
            let text = match arg.place {
                ArgPlace::Positional => arg.name.to_string(),
                ArgPlace::Keyword => format!("{} {}", arg.name, first_type_word(arg.type_name)),
                ArgPlace::Rest => format!("{}...", arg.name),
            };
            if arg.required { text } else { format!("[{text}]") }
        })
        .collect();
    format!("{}({})", info.name, args.join(", "))
}

/// A type's name up to where its explanation starts.
fn first_type_word(type_name: &str) -> &str {
    type_name.split(" (").next().unwrap_or(type_name)
}

impl From<ArgumentError> for Diagnostic {
    fn from(error: ArgumentError) -> Diagnostic {
        let ArgumentError { span, info, kind } = error;
        let class = info.name;
        let arg = |name: &str| info.args.iter().find(|arg| arg.name == name);
        let described = |diagnostic: Diagnostic, name: &str| match arg(name) {
            Some(arg) => diagnostic.note(format!("{}: {}; {}", arg.name, arg.type_name, arg.doc)),
            None => diagnostic,
        };
        let diagnostic = match kind {
            ArgumentErrorKind::TooMany if info.args.is_empty() => {
                Diagnostic::new(span, format!("`{class}` takes no arguments"))
            }
            ArgumentErrorKind::TooMany => {
                Diagnostic::new(span, format!("too many arguments for `{class}`"))
            }
            ArgumentErrorKind::Unknown { name, near } => {
                Diagnostic::new(span, format!("`{class}` has no argument `{name}`"))
                    .maybe_help(near.map(|near| format!("did you mean `{near}`?")))
            }
            ArgumentErrorKind::NoValue { name } => {
                let diagnostic = Diagnostic::new(span, format!("argument `{name}` has no value"));
                described(diagnostic, name)
            }
            ArgumentErrorKind::Missing { name } => {
                let message = format!("`{class}` needs the argument `{name}`");
                described(Diagnostic::new(span, message), name)
            }
            ArgumentErrorKind::Refused { name: Some(name), message } => {
                described(Diagnostic::new(span, format!("argument `{name}`: {message}")), &name)
            }
            ArgumentErrorKind::Refused { name: None, message } => {
                Diagnostic::new(span, format!("`{class}`: {message}"))
            }
        };
        diagnostic.note(format!("usage: {}", synopsis(info)))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{compile_with, diagnostics};

    /// The arguments of element `x`, and the places of errors.
    fn bound(text: &str) -> String {
        let text = format!("x :: {text}");
        let found = compile_with(&text, &[]);
        match found {
            Ok(plan) => format!("{:?}", plan.nodes[0].args),
            Err(errors) => {
                let places = errors.iter().map(|error| {
                    format!("{} at {}", error.message, &text[error.span.unwrap().range()])
                });
                places.collect::<Vec<_>>().join("; ")
            }
        }
    }

    #[test]
    fn arguments_are_bound_by_position_and_by_name() {
        for (text, expected) in [
            ("Config", r#"Args([])"#),
            ("Config(1)", r#"Args([("A", "1")])"#),
            ("Config(1, 2)", r#"Args([("A", "1"), ("B", "2")])"#),
            ("Config(B 2, 1)", r#"Args([("B", "2"), ("A", "1")])"#),
            ("Config(, 2)", r#"Args([("B", "2")])"#),
            ("Config(KEY x y, 1)", r#"Args([("KEY", "x y"), ("A", "1")])"#),
            ("Config(KEY \"x, y\")", r#"Args([("KEY", "\"x, y\"")])"#),
            ("Config(A 1, A 2)", r#"Args([("A", "1"), ("A", "2")])"#),
            ("Many(a, b, KEY c, d)", r#"Args([("R", "a"), ("R", "b"), ("KEY", "c"), ("R", "d")])"#),
            ("Many(R a, UDP b)", r#"Args([("R", "a"), ("R", "UDP b")])"#),
        ] {
            assert_eq!(bound(text), expected, "{text}");
        }
    }

    #[test]
    fn errors_are_at_their_argument() {
        for (text, expected) in [
            ("Config(1, 2, 3)", "too many arguments for `Config` at 3"),
            ("Config(1, 2, KYE 3)", "`Config` has no argument `KYE` at KYE 3"),
            ("Config(KYE 3)", "`Config` has no argument `KYE` at KYE 3"),
            ("Config(1, 2, OTHER 3)", "`Config` has no argument `OTHER` at OTHER 3"),
            ("Config(KEY)", "argument `KEY` has no value at KEY"),
            ("Config(1, bad)", "argument `B`: expected unsigned integer, not 'bad' at bad"),
            ("Config(1, B bad)", "argument `B`: expected unsigned integer, not 'bad' at B bad"),
            ("Config(B 1, B bad)", "argument `B`: expected unsigned integer, not 'bad' at B bad"),
            ("Required", "`Required` needs the argument `CAPACITY` at x"),
            ("None(1)", "`None` takes no arguments at 1"),
        ] {
            assert_eq!(bound(text), expected, "{text}");
        }
    }

    #[test]
    fn all_bad_arguments_are_named() {
        assert_eq!(
            bound("Config(bad, B worse, KYE 1)"),
            "argument `A`: expected unsigned integer, not 'bad' at bad; \
             argument `B`: expected unsigned integer, not 'worse' at B worse; \
             `Config` has no argument `KYE` at KYE 1"
        );
    }

    #[test]
    fn errors_say_how_the_class_is_used() {
        let found = &diagnostics("Config(1, bad)")[0];
        assert_eq!(
            found.notes,
            ["B: unsigned integer; The second.", "usage: Config([A], [B], [KEY string])"]
        );
        assert_eq!(diagnostics("Many(x, KYE y)")[0].help.as_deref(), Some("did you mean `KEY`?"));
    }

    #[test]
    fn what_a_variable_holds_is_marked_where_it_is_used() {
        let text = "define($V bad) Config(1, $V)";
        let span = diagnostics(text)[0].span.unwrap();
        assert_eq!(&text[span.range()], "$V");
    }
}
