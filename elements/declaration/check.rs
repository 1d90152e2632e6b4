//! What a declaration must not say, found while its crate is compiled.

use crate::{Declaration, DeclaredField, DeclaredHandler, Options, Place, PortCount};
use std::collections::HashSet;
use syn::{Error, LitStr, Result};

impl Declaration {
    /// Refuses a declaration that contradicts itself.
    pub(crate) fn check(&self) -> Result<()> {
        let error = |message: String| Err(Error::new(self.ident.span(), message));
        let Options { inputs, outputs, ports_with, .. } = &self.options;
        for (side, count, processing, names, docs) in [
            (
                "input",
                inputs,
                &self.options.input_processing,
                &self.options.input_names,
                &self.options.input_docs,
            ),
            (
                "output",
                outputs,
                &self.options.output_processing,
                &self.options.output_names,
                &self.options.output_docs,
            ),
        ] {
            if let Some(why) = processing_differs(count, processing) {
                return error(format!("processing of {side}s: {why}"));
            }
            // What counts the ports by the arguments may count more.
            let most = count.max.filter(|_| ports_with.is_none()).unwrap_or(usize::MAX);
            for (what, list) in [("names", names), ("docs", docs)] {
                if list.len() > most {
                    let is = list.len();
                    return error(format!("{side}_{what} has {is} entries for {most} {side}s"));
                }
            }
            if let Some(name) = twice(names.iter().map(LitStr::value)) {
                return error(format!("two {side}s are called {name:?}"));
            }
        }
        self.check_calls()?;
        check_arguments(&self.fields)?;
        let handlers = self.reads_and_writes();
        let named = |handler: &DeclaredHandler| handler.name.clone();
        if let Some(name) = twice(handlers.iter().filter(|handler| handler.read).map(named)) {
            return error(format!("two handlers that can be read are called {name:?}"));
        }
        if let Some(name) = twice(handlers.iter().filter(|handler| handler.write).map(named)) {
            return error(format!("two handlers that can be written are called {name:?}"));
        }
        Ok(())
    }

    /// Somebody has to move the packets: a caller, or the element's own task.
    fn check_calls(&self) -> Result<()> {
        let Options { input_processing, output_processing, task, .. } = &self.options;
        let pulls = input_processing.contains(&'l');
        let is_pulled = output_processing.iter().any(|letter| "la".contains(*letter));
        if pulls && !is_pulled && !task {
            let message = "it has inputs to pull from, and nobody calls it: declare `task` and \
                           implement `run`, or make an output a pull output (l)";
            return Err(Error::new(self.ident.span(), message));
        }
        let is_source = self.options.inputs.max == Some(0) && output_processing.contains(&'h');
        if is_source && !task {
            let message = "it has no inputs and pushes, and nobody calls it: declare `task` and \
                           implement `run`, or make its output a pull output (l)";
            return Err(Error::new(self.ident.span(), message));
        }
        Ok(())
    }
}

/// Refuses two arguments of one name, and positions behind the rest.
pub(crate) fn check_arguments(fields: &[DeclaredField]) -> Result<()> {
    let mut names = HashSet::new();
    let mut rest = false;
    for field in fields {
        let Some(arg) = &field.arg else { continue };
        if !names.insert(&arg.name) {
            let message = format!("two arguments are called {}", arg.name);
            return Err(Error::new(field.ident.span(), message));
        }
        if rest && arg.place != Place::Keyword {
            let message = "no position is left behind the argument that takes the rest";
            return Err(Error::new(field.ident.span(), message));
        }
        rest |= arg.place == Place::Rest;
    }
    Ok(())
}

/// How the letters do not fit the number of ports.
fn processing_differs(count: &PortCount, letters: &[char]) -> Option<String> {
    match (count.max, letters.len()) {
        (Some(0), 0) => None,
        (Some(0), _) => Some("there are letters, and no such port".into()),
        (_, 0) => Some("a letter is missing: h (push), l (pull) or a (agnostic)".into()),
        (Some(most), n) if n > most => Some(format!("{n} letters for at most {most} ports")),
        _ => None,
    }
}

/// A name that stands twice in the list.
fn twice(names: impl Iterator<Item = String>) -> Option<String> {
    let mut seen = HashSet::new();
    names.into_iter().find(|name| !seen.insert(name.clone()))
}
