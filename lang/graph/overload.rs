//! Which definition of a compound an element means, and the values of its
//! parameters.

use super::definitions::first_word;
use super::template::{Compound, Template};
use super::{PortId, pseudo};
use crate::ast::Formal;
use crate::checks::compounds::{CompoundError, count};
use crate::scan::Argument;
use crate::suggest::did_you_mean;
use crate::wiring::Side;
use foldhash::HashMap;
use pkgraph_runtime::ElementInfo;

/// What an element of a compound class becomes.
pub(super) enum Chosen {
    /// An instance of a template, with the values of its parameters.
    Template(usize, Vec<String>),
    /// An element of the class that the compound extends.
    Base(&'static ElementInfo),
}

/// An element of a compound class, as it is used.
pub(super) struct Wanted<'a> {
    pub name: &'a str,
    pub arguments: &'a [Argument],
    /// The ports that are connected: inputs and outputs.
    pub ports: [Vec<&'a PortId>; 2],
}

/// What does not fit.
pub(super) enum Mismatch {
    /// An argument, or the want of one; with what to do.
    Arguments(Option<usize>, String, Option<String>),
    /// No definition fits.
    All,
}

/// Chooses the first definition that has the ports and takes the arguments.
pub(super) fn choose(
    compound: &Compound,
    templates: &[Template],
    wanted: &Wanted<'_>,
) -> Result<Chosen, Mismatch> {
    if let ([only], None) = (compound.definitions.as_slice(), compound.base) {
        // What is wrong with the ports is said of each port.
        let values = bind(&templates[*only].formals, wanted.arguments);
        return values
            .map(|values| Chosen::Template(*only, values))
            .map_err(|(at, message, help)| Mismatch::Arguments(at, message, help));
    }
    for &definition in &compound.definitions {
        let template = &templates[definition];
        let fits = |side: Side| fits(&wanted.ports[side as usize], template.ports(side));
        if Side::BOTH.into_iter().all(fits)
            && let Ok(values) = bind(&template.formals, wanted.arguments)
        {
            return Ok(Chosen::Template(definition, values));
        }
    }
    compound.base.map(Chosen::Base).ok_or(Mismatch::All)
}

/// Whether a block with `ports` is what the connected ports need.
fn fits(connected: &[&PortId], ports: &[Option<String>]) -> bool {
    let number = pseudo::numbers_of(connected.iter().copied(), ports);
    let numbers = connected.iter().map(|port| number(port));
    let Some(numbers) = numbers.collect::<Option<Vec<usize>>>() else { return false };
    numbers.into_iter().max().map_or(0, |highest| highest + 1) == ports.len()
}

/// The argument that is wrong, how, and what to do.
type Unfit = (Option<usize>, String, Option<String>);

/// The value of each parameter.
fn bind(formals: &[Formal], arguments: &[Argument]) -> Result<Vec<String>, Unfit> {
    let keyword = |formal: &Formal| formal.keyword.as_ref().map(|keyword| keyword.text.clone());
    let positional = formals.iter().take_while(|formal| formal.keyword.is_none()).count();
    if arguments.len() < positional {
        let message = format!("argument `{}` is missing", formals[arguments.len()].name.text);
        return Err((None, message, None));
    }
    let mut values: Vec<Option<String>> = vec![None; formals.len()];
    for (value, argument) in values.iter_mut().zip(&arguments[..positional]) {
        *value = Some(argument.text.clone());
    }
    let keywords: HashMap<&str, usize> = formals
        .iter()
        .enumerate()
        .filter_map(|(i, formal)| {
            Some((formal.keyword.as_ref()?.text.as_str(), i))
                .filter(|(word, _)| *word != "__REST__")
        })
        .collect();
    let mut rest = Vec::new();
    let takes_rest = formals.last().and_then(&keyword).as_deref() == Some("__REST__");
    for (i, argument) in arguments.iter().enumerate().skip(positional) {
        let (word, value) = first_word(&argument.text);
        match keywords.get(word) {
            Some(formal) => values[*formal] = Some(value.to_string()),
            None if takes_rest => rest.push(argument.text.as_str()),
            None => {
                let keywords = formals.iter().filter_map(|f| f.keyword.as_ref());
                let help = did_you_mean(word, keywords.map(|keyword| keyword.text.as_str()));
                return Err((Some(i), "this argument is too much".to_string(), help));
            }
        }
    }
    if takes_rest && let Some(last) = values.last_mut() {
        *last = Some(rest.join(", "));
    }
    let values = values.into_iter().zip(formals).map(|(value, formal)| {
        let name = keyword(formal).unwrap_or_default();
        value.ok_or_else(|| (None, format!("argument `{name}` is missing"), None))
    });
    values.collect()
}

/// How a definition is written: `Name($a, KEY $b), 1 input, 2 outputs`.
pub(super) fn signature(name: &str, template: &Template) -> String {
    let formals = template.formals.iter().map(|formal| match &formal.keyword {
        Some(keyword) if keyword.text == "__REST__" => "...".to_string(),
        Some(keyword) => format!("{} ${}", keyword.text, formal.name.text),
        None => format!("${}", formal.name.text),
    });
    let formals = formals.collect::<Vec<_>>().join(", ");
    let ports = Side::BOTH.map(|side| count(template.ports(side).len(), side)).join(", ");
    let name = if name.is_empty() { "{ }" } else { name };
    format!("{name}({formals}), {ports}")
}

/// So many of the definitions that do not fit are shown.
const SHOWN: usize = 8;

/// The error for an element that no definition fits.
pub(super) fn no_match(
    compound: &Compound,
    templates: &[Template],
    wanted: &Wanted<'_>,
    span: crate::Span,
) -> CompoundError {
    let highest = |side: Side| {
        let number = |port: &&PortId| match port {
            PortId::Number(number) => number + 1,
            PortId::Name(_) => 1,
        };
        let n = wanted.ports[side as usize].iter().map(number).max().unwrap_or(0);
        count(n, side)
    };
    let ports = Side::BOTH.map(highest).join(", ");
    let n = wanted.arguments.len();
    let arguments = format!("{n} argument{}", if n == 1 { "" } else { "s" });
    let candidates = compound.definitions.iter().take(SHOWN).map(|&definition| {
        let template = &templates[definition];
        (template.span, signature(&compound.name, template))
    });
    CompoundError::NoMatch {
        span,
        wanted: format!("`{}` with {arguments}, {ports}", wanted.name),
        candidates: candidates.collect(),
    }
}
