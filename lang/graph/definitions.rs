//! `define` and `require`: what holds for a whole block, wherever it stands.

use crate::ast::{Connection, ElementKind, Formal, Statement};
use crate::checks::compounds::CompoundError;
use crate::checks::requirements::RequirementError;
use crate::checks::variables::VariableError;
use crate::expand::Variable;
use crate::scan::{self, Argument};
use crate::{Catalogue, Diagnostic, Span};
use foldhash::{HashMap, HashSet};

/// The variables that a block defines, its parameters first.
pub(super) fn variables(
    formals: &[Formal],
    statements: &[Statement],
    text: &str,
    errors: &mut Vec<Diagnostic>,
) -> Vec<Variable> {
    let mut found: Vec<Variable> = formals
        .iter()
        .map(|formal| Variable {
            name: formal.name.text.clone(),
            value: String::new(),
            span: formal.name.span,
        })
        .collect();
    for_each(statements, &mut |statement| {
        let Statement::Define(config) = statement else { return };
        for (argument, span) in arguments(text, config.span) {
            let (word, value) = first_word(&argument.text);
            match word.strip_prefix('$').filter(|name| is_variable_name(name)) {
                Some(name) => {
                    found.push(Variable { name: name.to_string(), value: value.to_string(), span });
                }
                None => errors.push(VariableError::Malformed { span }.into()),
            }
        }
    });
    let mut first = HashMap::default();
    found.retain(|Variable { name, span, .. }| match first.get(name) {
        None => {
            first.insert(name.clone(), *span);
            true
        }
        Some(&first) => {
            let (span, name) = (*span, name.clone());
            errors.push(VariableError::Redefined { span, name, first }.into());
            false
        }
    });
    found
}

/// A definition has at most so many parameters: each use of it looks at them all.
pub(super) const MOST_FORMALS: usize = 1024;

/// Checks the number, the keywords and the order of parameters.
pub(super) fn formals(formals: &[Formal], errors: &mut Vec<Diagnostic>) {
    if let Some(formal) = formals.get(MOST_FORMALS) {
        let (span, what, most) = (formal.name.span, "parameters of a definition", MOST_FORMALS);
        errors.push(CompoundError::TooLarge { span, what, most }.into());
    }
    let rank = |formal: &Formal| match formal.keyword.as_ref().map(|k| k.text.as_str()) {
        None => 0,
        Some("__REST__") => 2,
        Some(_) => 1,
    };
    if let Some(wrong) = formals.windows(2).find(|pair| rank(&pair[0]) > rank(&pair[1])) {
        errors.push(VariableError::Order { span: wrong[1].name.span }.into());
    }
    let mut seen = HashSet::default();
    for keyword in formals.iter().filter_map(|formal| formal.keyword.as_ref()) {
        if !seen.insert(&keyword.text) {
            let (span, keyword) = (keyword.span, keyword.text.clone());
            errors.push(VariableError::KeywordTwice { span, keyword }.into());
        }
    }
}

/// Checks that what a block requires is there, and adds the packages to
/// `packages`. Libraries have been read; they are required outside of all
/// blocks only.
pub(super) fn requirements(
    statements: &[Statement],
    inside: bool,
    text: &str,
    catalogue: &Catalogue,
    packages: &mut Vec<String>,
    errors: &mut Vec<Diagnostic>,
) {
    let outermost: HashSet<Span> = statements.iter().filter_map(config).collect();
    for_each(statements, &mut |statement| {
        let Some(config) = config(statement) else { return };
        let inside = inside || !outermost.contains(&config);
        for (argument, span) in arguments(text, config) {
            match first_word(&argument.text) {
                // It asks for configurations without comments, of which this
                // compiler keeps none anyway.
                ("compact_config", "") => {}
                ("package" | "library", "") => {
                    errors.push(RequirementError::Malformed { span }.into());
                }
                ("package", name) | (name, "") if catalogue.has_package(name) => {
                    packages.push(name.to_string());
                }
                ("library", _) if inside => {
                    errors.push(RequirementError::Inside { span }.into());
                }
                ("library", _) => {}
                ("package", name) | (name, "") if !name.is_empty() => {
                    errors.push(RequirementError::package(span, name, catalogue).into());
                }
                _ => errors.push(RequirementError::Malformed { span }.into()),
            }
        }
    });
}

/// What a `require` requires.
fn config(statement: &Statement) -> Option<Span> {
    match statement {
        Statement::Require(config) => Some(config.span),
        _ => None,
    }
}

/// Calls `f` with the statements of a block, those in groups included.
pub(super) fn for_each<'a>(statements: &'a [Statement], f: &mut impl FnMut(&'a Statement)) {
    for statement in statements {
        f(statement);
        let Statement::Connection(connection) = statement else { continue };
        for element in elements(connection) {
            if let ElementKind::Group(statements) = &element.kind {
                for_each(statements, f);
            }
        }
    }
}

/// The elements of a chain.
pub(super) fn elements(connection: &Connection) -> impl Iterator<Item = &crate::ast::Element> {
    connection.first.iter().chain(connection.hops.iter().flat_map(|hop| &hop.elements))
}

/// The arguments of a statement and their places; `config` is a part of
/// `text`.
pub(crate) fn arguments(text: &str, config: Span) -> impl Iterator<Item = (Argument, Span)> {
    scan::split(&text[config.range()]).into_iter().map(move |argument| {
        let range = &argument.range;
        let span = Span { start: config.start + range.start, end: config.start + range.end };
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
