//! A graph's text and the libraries that it requires, read and parsed.

use crate::ast::{File, Statement};
use crate::checks::requirements::RequirementError;
use crate::graph::{arguments, first_word};
use crate::parse::parse;
use crate::{Diagnostic, Source, Sources, Span};
use pkgraph_runtime::Sockets;
use std::collections::HashSet;

/// Reads libraries: takes the name of the file that requires one and what it
/// calls it, and gives its text, under a name by which two mentions of one
/// file are seen to be the same. The error says why there is none.
pub type Libraries<'a> = dyn FnMut(&str, &str) -> Result<Source, String> + 'a;

/// A text and its libraries.
#[derive(Debug, Default)]
pub struct Program {
    /// All texts.
    pub sources: Sources,
    /// What they say.
    pub file: File,
    /// What is wrong with their syntax, and with the libraries.
    pub errors: Vec<Diagnostic>,
    /// The sockets that take the place of devices in its graph; `None` for the
    /// graph as it is written.
    pub sockets: Option<Sockets>,
    /// Whether its graph runs in virtual time, which ends where the graph does.
    pub virtual_time: bool,
}

impl Program {
    /// Reads `source` and what it requires.
    pub fn read(source: &Source, libraries: &mut Libraries<'_>) -> Program {
        let mut reader = Reader {
            program: Program::default(),
            libraries,
            seen: HashSet::from([source.name.clone()]),
            open: Vec::new(),
        };
        reader.program.file.statements = reader.file(source, None);
        reader.program
    }
}

/// Libraries require each other at most this deep.
const MOST_NESTED: usize = 32;

struct Reader<'a, 'l> {
    program: Program,
    libraries: &'a mut Libraries<'l>,
    /// The files that were read: each is included once.
    seen: HashSet<String>,
    /// The files around, outermost first.
    open: Vec<String>,
}

impl Reader<'_, '_> {
    /// Reads a file; a library comes with the place where it is required and
    /// its name there.
    fn file(&mut self, source: &Source, required: Option<(Span, &str)>) -> Vec<Statement> {
        let base = self.program.sources.add(source);
        let parsed = parse(&source.text, base);
        for marker in parsed.markers {
            self.program.sources.mark(base + marker.start, marker.line, marker.file);
        }
        if let (Some((span, name)), []) = (required, &parsed.statements[..])
            && let Some(error) = parsed.errors.first()
        {
            // The author of a graph may name files that are not for him, and
            // an error shows the line that it is about.
            let at = self.program.sources.location(error.span.map_or(base, |span| span.start));
            let reason = format!("it is no graph: {at} is wrong already");
            let error = RequirementError::Library { span, name: name.to_string(), reason };
            self.program.errors.push(error.into());
            return Vec::new();
        }
        self.program.errors.extend(parsed.errors);
        self.open.push(source.name.clone());
        let mut statements = Vec::new();
        for statement in parsed.statements {
            let Statement::Require(config) = &statement else {
                statements.push(statement);
                continue;
            };
            let config = *config;
            let local = Span { start: config.span.start - base, end: config.span.end - base };
            statements.push(statement);
            for (argument, span) in arguments(&source.text, local) {
                if let ("library", name) = first_word(&argument.text)
                    && !name.is_empty()
                {
                    let span = Span { start: span.start + base, end: span.end + base };
                    statements.extend(self.library(&source.name, name, span));
                }
            }
        }
        self.open.pop();
        statements
    }

    fn library(&mut self, from: &str, name: &str, span: Span) -> Vec<Statement> {
        let name = match pkgraph_runtime::unquote(name).map(String::from_utf8) {
            Ok(Ok(name)) => name,
            _ => name.to_string(),
        };
        let error = match (self.libraries)(from, &name) {
            Err(reason) => RequirementError::Library { span, name, reason },
            Ok(source) if self.open.contains(&source.name) => {
                RequirementError::Circle { span, name: source.name }
            }
            Ok(_) if self.open.len() == MOST_NESTED => {
                RequirementError::TooDeep { span, most: MOST_NESTED }
            }
            Ok(source) if self.seen.insert(source.name.clone()) => {
                return self.file(&source, Some((span, &name)));
            }
            Ok(_) => return Vec::new(),
        };
        self.program.errors.push(error.into());
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `main`; the files are `name: text`.
    fn read(files: &[(&str, &str)]) -> Program {
        let source = |name: &str| {
            let found = files.iter().find(|(n, _)| *n == name);
            let (name, text) = found.ok_or("no such file")?;
            Ok(Source { name: name.to_string(), text: text.to_string() })
        };
        let main = source("main").map_err(|error: String| error).unwrap();
        Program::read(&main, &mut |_, name| source(name))
    }

    #[test]
    fn libraries_are_included_once_in_their_place() {
        let program = read(&[
            ("main", "a :: A; require(library x, library \"x\"); b :: B"),
            ("x", "require(library y) c :: C"),
            ("y", "d :: D"),
        ]);
        assert_eq!(program.errors, []);
        let text = program.sources.text();
        let spans = program.file.statements.iter().filter_map(|statement| match statement {
            Statement::Connection(c) => Some(&text[c.first[0].span.range()]),
            _ => None,
        });
        assert_eq!(spans.collect::<Vec<_>>(), ["a :: A", "d :: D", "c :: C", "b :: B"]);
    }

    #[test]
    fn of_a_library_that_is_no_graph_no_line_is_shown() {
        let secret = "root:$6$salt$hash:19000:0:99999:7:::\nbin:*:19000::::::\n";
        let program = read(&[("main", "require(library shadow)"), ("shadow", secret)]);
        let [error] = &program.errors[..] else { panic!("{:?}", program.errors) };
        assert_eq!(program.sources.location(error.span.unwrap().start).file, "main");
        let text = format!("{error:?}");
        assert!(text.contains("it is no graph: shadow:1:5 is wrong already"), "{text}");
        assert!(!text.contains("hash"), "{text}");
    }

    #[test]
    fn missing_libraries_and_circles_are_errors() {
        let program =
            read(&[("main", "require(library x, library z)"), ("x", "require(library main)")]);
        let messages: Vec<&str> = program.errors.iter().map(|e| e.message.as_str()).collect();
        assert_eq!(
            messages,
            ["library `main` requires itself", "cannot read library `z`: no such file"]
        );
        let place = program.sources.location(program.errors[0].span.unwrap().start);
        assert_eq!(place.to_string(), "x:1:9");
    }
}
