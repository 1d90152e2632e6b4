//! `define` and `require`: what holds for the whole text, wherever it stands.

use crate::ast::{Config, File, Statement};
use crate::checks::requirements::RequirementError;
use crate::checks::variables::VariableError;
use crate::expand::{Variable, Variables};
use crate::scan::{self, Argument};
use crate::{Catalogue, Diagnostic, Span};

/// The variables that the graph defines, with the values that the command
/// line gives them.
pub(super) fn variables(
    file: &File,
    text: &str,
    command_line: &[(String, String)],
    errors: &mut Vec<Diagnostic>,
) -> Variables {
    let mut variables = Variables::default();
    for statement in &file.statements {
        let Statement::Define(config) = statement else { continue };
        for (argument, span) in arguments(text, *config) {
            let (word, value) = first_word(&argument.text);
            let Some(name) = word.strip_prefix('$').filter(|name| is_variable_name(name)) else {
                errors.push(VariableError::Malformed { span }.into());
                continue;
            };
            let (name, value) = (name.to_string(), value.to_string());
            if let Err(first) = variables.define(Variable { name: name.clone(), value, span }) {
                let first = first.span;
                errors.push(VariableError::Redefined { span, name, first }.into());
            }
        }
    }
    for (name, value) in command_line {
        if !variables.set(name, value) {
            errors.push(VariableError::unused(name, &variables).into());
        }
    }
    variables
}

/// Checks that what the graph requires is there.
pub(super) fn requirements(
    file: &File,
    text: &str,
    catalogue: &Catalogue,
    errors: &mut Vec<Diagnostic>,
) {
    for statement in &file.statements {
        let Statement::Require(config) = statement else { continue };
        for (argument, span) in arguments(text, *config) {
            match first_word(&argument.text) {
                // It asks for configurations without comments, of which this
                // compiler keeps none anyway.
                ("compact_config", "") => {}
                ("package", name) | (name, "") if catalogue.has_package(name) => {}
                ("package" | "library", "") => {
                    errors.push(RequirementError::Malformed { span }.into());
                }
                ("library", name) => {
                    errors.push(RequirementError::Library { span, name: name.to_string() }.into());
                }
                ("package", name) | (name, "") if !name.is_empty() => {
                    errors.push(RequirementError::package(span, name, catalogue).into());
                }
                _ => errors.push(RequirementError::Malformed { span }.into()),
            }
        }
    }
}

/// The arguments of a statement and their places.
fn arguments(text: &str, config: Config) -> impl Iterator<Item = (Argument, Span)> {
    let start = config.span.start;
    scan::split(&text[config.span.range()]).into_iter().map(move |argument| {
        let range = &argument.range;
        let span = Span { start: start + range.start, end: start + range.end };
        (argument, span)
    })
}

/// Parts the first word of an argument from the rest.
pub(crate) fn first_word(argument: &str) -> (&str, &str) {
    match argument.find(scan::is_space) {
        Some(end) => (&argument[..end], argument[end..].trim_start_matches(scan::is_space)),
        None => (argument, ""),
    }
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
