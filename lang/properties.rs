//! Properties of flattening and of layout on random graphs, and that no text
//! makes the compiler panic.

use crate::testing::{catalogue, compile_with};
use crate::{Program, Source, flatten, fmt};
use pkgraph_runtime::CpuTime;
use proptest::prelude::*;
use std::fmt::Write;
use std::time::Duration;

fn source(text: &str) -> Source {
    Source { name: "test.click".into(), text: text.into() }
}

fn flat(text: &str) -> Result<String, String> {
    let program = Program::read(&source(text), &mut |_, _| Err("no files".into()));
    flatten(&program, &[], &catalogue()).map_err(|errors| format!("{errors:#?}"))
}

fn formatted(text: &str) -> Option<String> {
    fmt(&source(text)).ok()
}

/// Writes graphs without errors, as the choices say.
struct Writer {
    choices: std::vec::IntoIter<u8>,
    out: String,
}

/// What can be used at a place.
#[derive(Clone, Default)]
struct Scope {
    elements: usize,
    /// The classes: name, parameters and ports.
    classes: Vec<(String, usize, usize)>,
    variables: Vec<String>,
    depth: usize,
}

impl Writer {
    fn choose(&mut self, n: usize) -> usize {
        self.choices.next().map_or(0, usize::from) % n
    }

    fn space(&mut self) {
        let space = [" ", " ", "\n", "  ", " /* c */ ", " // line\n", "\n\n\n", "\t", "\r\n"];
        let i = self.choose(space.len());
        self.out.push_str(space[i]);
    }

    fn end(&mut self) {
        let i = self.choose(3);
        self.out.push_str([";", ";\n", " ; // end\n"][i]);
    }

    fn value(&mut self, scope: &Scope) -> String {
        let n = self.choose(100);
        match self.choose(6) {
            0 if !scope.variables.is_empty() => {
                format!("${}", scope.variables[n % scope.variables.len()])
            }
            1 if !scope.variables.is_empty() => {
                format!("\"x ${{{}}} y\"", scope.variables[n % scope.variables.len()])
            }
            2 => format!("'$q {n}'"),
            3 => format!("\\<{n:04}>"),
            4 => format!("(a, {n}) // c\n"),
            _ => n.to_string(),
        }
    }

    fn arguments(&mut self, n: usize, scope: &Scope) -> String {
        let values: Vec<String> = (0..n).map(|_| self.value(scope)).collect();
        if n == 0 { String::new() } else { format!("({})", values.join(", ")) }
    }

    /// An element that may have any ports.
    fn element(&mut self, scope: &mut Scope) {
        match self.choose(4) {
            0 => {
                let n = self.choose(3);
                let arguments = self.arguments(n, scope);
                let _ = write!(self.out, "Config{arguments}");
            }
            1 if scope.elements > 0 => {
                let n = self.choose(scope.elements);
                let _ = write!(self.out, "e{n}");
            }
            2 => {
                let _ = write!(self.out, "e{} :: Any", scope.elements);
                scope.elements += 1;
            }
            _ => self.out.push_str("Any"),
        }
    }

    /// Something with `n` inputs and outputs, all connected.
    fn detour(&mut self, scope: &mut Scope, n: usize) {
        let fitting: Vec<(String, usize)> = scope
            .classes
            .iter()
            .filter(|(_, _, ports)| *ports == n)
            .map(|(name, formals, _)| (name.clone(), *formals))
            .collect();
        match self.choose(3) {
            0 if !fitting.is_empty() => {
                let (name, formals) = fitting[self.choose(fitting.len())].clone();
                let arguments = self.arguments(formals, scope);
                let _ = write!(self.out, "{name}{arguments}");
            }
            1 if scope.depth < 3 => {
                self.out.push('(');
                let mut inner = Scope { depth: scope.depth + 1, ..scope.clone() };
                self.lanes(&mut inner, n);
                scope.elements = inner.elements;
                self.out.push(')');
            }
            _ if scope.depth < 3 => {
                self.out.push('{');
                self.body(scope, 0, n);
                self.out.push('}');
            }
            _ => self.out.push_str("Any"),
        }
    }

    /// The ways through a block with `n` inputs and outputs.
    fn lanes(&mut self, scope: &mut Scope, n: usize) {
        for lane in 0..n {
            let _ = match self.choose(2) {
                0 => write!(self.out, "input [{lane}] ->"),
                _ => write!(self.out, "[{lane}] ->"),
            };
            self.space();
            if self.choose(3) > 0 {
                self.element(scope);
                self.out.push_str(" -> ");
            }
            let _ = write!(self.out, "[{lane}]");
            let end = self.choose(2);
            self.out.push_str([" output", ""][end]);
            self.end();
        }
    }

    fn body(&mut self, scope: &Scope, formals: usize, ports: usize) {
        let mut inner = Scope { elements: 0, depth: scope.depth + 1, ..scope.clone() };
        let names: Vec<String> = (0..formals).map(|i| format!("p{i}")).collect();
        if formals > 0 {
            let _ = write!(self.out, " ${} |", names.join(", $"));
        }
        inner.variables.extend(names);
        self.space();
        self.statements(&mut inner, 2);
        self.lanes(&mut inner, ports);
    }

    fn statements(&mut self, scope: &mut Scope, most: usize) {
        for _ in 0..self.choose(most + 1) {
            match self.choose(5) {
                0 if scope.depth < 3 => {
                    let (formals, ports) = (self.choose(3), 1 + self.choose(2));
                    let name = format!("C{}_{}", scope.depth, scope.classes.len());
                    let _ = write!(self.out, "elementclass {name} {{");
                    self.body(scope, formals, ports);
                    self.out.push('}');
                    self.space();
                    scope.classes.push((name, formals, ports));
                }
                1 => {
                    let name = format!("v{}", scope.variables.len());
                    let value = self.choose(50);
                    let _ = write!(self.out, "define(${name} {value})");
                    self.space();
                    scope.variables.push(name);
                }
                2 => {
                    let n = 1 + self.choose(2);
                    self.out.push_str(["Any ->", "Any [0-1] => [0-1]"][n - 1]);
                    self.space();
                    self.detour(scope, n);
                    self.out.push_str([" => Any", " [0-1] => [0-1] Any"][n - 1]);
                    self.end();
                }
                3 => {
                    self.element(scope);
                    let (output, input) = (self.choose(3), self.choose(3));
                    let _ = write!(self.out, " [{output}] -> [{input}]");
                    self.space();
                    self.element(scope);
                    self.space();
                    self.out.push_str("-> ");
                    self.element(scope);
                    self.end();
                }
                _ => {
                    self.element(scope);
                    self.end();
                }
            }
        }
    }
}

fn graph(choices: Vec<u8>) -> String {
    let mut writer = Writer { choices: choices.into_iter(), out: String::new() };
    writer.statements(&mut Scope::default(), 8);
    writer.out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn flattening_a_flat_graph_changes_nothing(choices in prop::collection::vec(any::<u8>(), 0..200)) {
        let text = graph(choices);
        let once = flat(&text).map_err(|errors| TestCaseError::fail(format!("{text}\n{errors}")))?;
        prop_assert_eq!(flat(&once), Ok(once), "{}", text);
    }

    #[test]
    fn layout_is_stable_and_keeps_the_meaning(choices in prop::collection::vec(any::<u8>(), 0..200)) {
        let text = graph(choices);
        let once = formatted(&text);
        prop_assert!(once.is_some(), "{}", text);
        let once = once.unwrap_or_default();
        prop_assert_eq!(formatted(&once), Some(once.clone()), "{}", text);
        prop_assert_eq!(flat(&once), flat(&text), "{}\n{}", text, once);
        for comment in ["/* c */", "// line", "// end"] {
            prop_assert_eq!(once.matches(comment).count(), text.matches(comment).count());
        }
    }

    #[test]
    fn no_edit_of_a_graph_panics(
        choices in prop::collection::vec(any::<u8>(), 0..150),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..6usize, "([-\\[\\](){}|;:,$\"'/*#a0 \n\\\\<>ü.=]|->|::|=>|\\.\\.\\.|input|elementclass ){0,2}"), 1..5),
    ) {
        let mut text: Vec<char> = graph(choices).chars().collect();
        for (at, length, insert) in edits {
            let at = if text.is_empty() { 0 } else { at.index(text.len()) };
            text.splice(at..(at + length).min(text.len()), insert.chars());
        }
        let text: String = text.into_iter().collect();
        let _ = compile_with(&text, &[]);
        if let Some(once) = formatted(&text) {
            prop_assert_eq!(formatted(&once), Some(once.clone()), "{}", text);
            prop_assert_eq!(flat(&once).ok(), flat(&text).ok(), "{}\n{}", text, once);
        }
        if let Ok(once) = flat(&text) {
            prop_assert_eq!(flat(&once), Ok(once), "{}", text);
        }
    }

    #[test]
    fn no_text_panics(text in "([a-cA-C0-2 ,;:()\\[\\]{}|\"'\\\\<>/*$\n#.=-]|->|::|=>|define|require|elementclass|input|output|Any){0,60}") {
        let _ = (compile_with(&text, &[]), flat(&text), formatted(&text));
    }
}

#[test]
fn time_is_linear_in_the_graph() {
    // CPU time of this thread, so that other load does not count.
    let time = |text: &str| {
        let best = (0..3).map(|_| {
            let start = CpuTime::of_this_thread();
            let once = flat(text);
            let _ = (once, formatted(text));
            let used = CpuTime::of_this_thread().since(start);
            used.user + used.kernel
        });
        best.min().unwrap_or_default()
    };
    for (head, piece) in [
        ("", "Any -> Any(1) -> Any;\n"),
        ("a :: Any;", "a -> Any -> a;\n"),
        ("elementclass C { $x | input -> Any($x) -> output }\n", "Any -> C(1) -> C(2) -> Any;\n"),
        ("Any", " -> (->) -> { -> }"),
        ("", "elementclass C { -> } Any -> C -> { $x | -> Any($x) -> }(2) -> Any;\n"),
        ("define($x 1)", "Any($x) -> Any(\"$x\");"),
    ] {
        let end = if head == "Any" { " -> Any" } else { "" };
        let text = |n: usize| format!("{head}{}{end}", piece.repeat(n));
        assert!(flat(&text(3)).is_ok(), "{piece}");
        let (small, large) = (time(&text(50)), time(&text(800)));
        // Sixteen times the text; quadratic would be 256 times the time.
        // The clock of the thread may tick in milliseconds.
        let limit = small.max(Duration::from_millis(1)) * 80;
        assert!(large < limit, "{piece}: {small:?}, {large:?}");
    }
}
