//! Push meets push and pull meets pull. An agnostic element takes the kind of
//! what it is connected to; one that nothing decides is push.

use crate::diagnostic::Trail;
use crate::graph::Graph;
use crate::wiring::{Side, Wiring, node_index};
use crate::{Diagnostic, Span};
use pkgraph_runtime::Processing;
use std::collections::VecDeque;
use std::rc::Rc;

/// What the agnostic ports of each element have become.
#[derive(Clone, Debug)]
pub struct Kinds(Vec<Processing>);

impl Kinds {
    /// What a port is: push or pull.
    pub fn of(&self, wiring: &Wiring, node: usize, side: Side, port: usize) -> Processing {
        match declared(wiring, node, side, port) {
            Some(Processing::Agnostic) | None => self.0[node],
            Some(kind) => kind,
        }
    }
}

fn declared(wiring: &Wiring, node: usize, side: Side, port: usize) -> Option<Processing> {
    wiring.ports[node].as_ref().map(|ports| side.of(ports).processing(port))
}

/// Push and pull in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The port that is push.
    pub push: Forcer,
    /// The port that is pull.
    pub pull: Forcer,
    /// The agnostic elements between the two: names and places.
    pub path: Vec<(String, Span)>,
}

/// A port that is push or pull by its declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forcer {
    /// The element.
    pub element: String,
    /// Input or output.
    pub side: Side,
    /// The port.
    pub port: usize,
    /// Where the connection to it is written.
    pub span: Span,
    /// The compounds that it is in.
    pub trail: Option<Rc<Trail>>,
}

/// Decides the agnostic ports by what is connected to them, the nearest port
/// first.
pub fn resolve(graph: &Graph, wiring: &Wiring, errors: &mut Vec<Diagnostic>) -> Kinds {
    let mut spread = Spread {
        graph,
        wiring,
        decided: vec![None; wiring.ports.len()],
        queue: VecDeque::new(),
        components: components(wiring),
        reported: vec![false; wiring.ports.len()],
        conflicts: Vec::new(),
    };
    spread.seed();
    spread.run();
    errors.extend(std::mem::take(&mut spread.conflicts).into_iter().map(Diagnostic::from));
    Kinds(spread.decided.iter().map(|d| d.map_or(Processing::Push, |d| d.kind)).collect())
}

/// Why an element is push or pull.
#[derive(Clone, Copy)]
struct Decided {
    kind: Processing,
    /// The link by which it was decided.
    link: usize,
    /// Which end of the link is the cause.
    cause: Side,
}

struct Spread<'a> {
    graph: &'a Graph,
    wiring: &'a Wiring,
    decided: Vec<Option<Decided>>,
    /// Elements whose neighbours are to be told.
    queue: VecDeque<usize>,
    /// What hangs together with each element, and whether a conflict of that is
    /// known: one is enough, the others mostly follow from it.
    components: Vec<usize>,
    reported: Vec<bool>,
    conflicts: Vec<Conflict>,
}

impl Spread<'_> {
    /// Starts from the links that join an agnostic port to a decided one.
    fn seed(&mut self) {
        for (i, link) in self.wiring.links.iter().enumerate() {
            let kind = |side: Side| {
                let (node, port) = link.end(side);
                declared(self.wiring, node, side, port)
            };
            match (kind(Side::Output), kind(Side::Input)) {
                (None, _) | (_, None) => {}
                (Some(Processing::Agnostic), Some(Processing::Agnostic)) => {}
                (Some(Processing::Agnostic), Some(kind)) => self.decide(i, kind, Side::Input),
                (Some(kind), Some(Processing::Agnostic)) => self.decide(i, kind, Side::Output),
                (Some(from), Some(to)) if from != to => {
                    let (output, input) =
                        (self.forcer(i, Side::Output), self.forcer(i, Side::Input));
                    let conflict = Conflict::new(from, output, input, Vec::new());
                    self.conflicts.push(conflict);
                }
                _ => {}
            }
        }
    }

    fn run(&mut self) {
        while let Some(node) = self.queue.pop_front() {
            let Some(Decided { kind, .. }) = self.decided[node] else { continue };
            for side in Side::BOTH {
                for (port, links) in self.wiring.at(node, side).enumerate() {
                    if declared(self.wiring, node, side, port) == Some(Processing::Agnostic) {
                        self.tell(links, side, kind);
                    }
                }
            }
        }
    }

    /// Decides the agnostic neighbours behind the `links` of a port.
    fn tell(&mut self, links: &[usize], side: Side, kind: Processing) {
        let wiring = self.wiring;
        for &link in links {
            let other = side.other();
            let (neighbour, at) = wiring.links[link].end(other);
            if declared(wiring, neighbour, other, at) == Some(Processing::Agnostic) {
                self.decide(link, kind, side);
            }
        }
    }

    /// The end of `link` that is not the `cause` becomes `kind`.
    fn decide(&mut self, link: usize, kind: Processing, cause: Side) {
        let (node, _) = self.wiring.links[link].end(cause.other());
        match self.decided[node] {
            None => {
                self.decided[node] = Some(Decided { kind, link, cause });
                self.queue.push_back(node);
            }
            Some(old) if old.kind != kind => {
                if std::mem::replace(&mut self.reported[self.components[node]], true) {
                    return;
                }
                let (before, mut path) = self.trace(old);
                let (after, mut rest) = self.trace(Decided { kind, link, cause });
                path.reverse();
                path.push(node);
                path.append(&mut rest);
                let named = |node: &usize| {
                    let element = &self.graph[node_index(*node)];
                    (element.name.clone(), element.span)
                };
                let path = path.iter().map(named).collect();
                let conflict = Conflict::new(old.kind, before, after, path);
                self.conflicts.push(conflict);
            }
            Some(_) => {}
        }
    }

    /// The port that a decision goes back to, and the elements on the way
    /// there.
    fn trace(&self, mut decided: Decided) -> (Forcer, Vec<usize>) {
        let mut path = Vec::new();
        loop {
            let (node, port) = self.wiring.links[decided.link].end(decided.cause);
            let agnostic =
                declared(self.wiring, node, decided.cause, port) == Some(Processing::Agnostic);
            match self.decided[node].filter(|_| agnostic) {
                Some(earlier) => {
                    path.push(node);
                    decided = earlier;
                }
                None => return (self.forcer(decided.link, decided.cause), path),
            }
        }
    }

    fn forcer(&self, link: usize, side: Side) -> Forcer {
        let link = &self.wiring.links[link];
        let (node, port) = link.end(side);
        let element = &self.graph[node_index(node)];
        let (name, trail) = (element.name.clone(), element.trail.clone());
        Forcer { element: name, side, port, span: link.span(side), trail }
    }
}

/// A number for each element, the same for those that agnostic ports join.
fn components(wiring: &Wiring) -> Vec<usize> {
    let mut sets = petgraph::unionfind::UnionFind::<usize>::new(wiring.ports.len());
    for link in &wiring.links {
        let agnostic = |side: Side| {
            let (node, port) = link.end(side);
            declared(wiring, node, side, port) == Some(Processing::Agnostic)
        };
        if Side::BOTH.into_iter().all(agnostic) {
            sets.union(link.from.0, link.to.0);
        }
    }
    (0..wiring.ports.len()).map(|node| sets.find(node)).collect()
}

impl Conflict {
    /// Between two ports of which the first is of kind `kind`, and the second
    /// is not.
    fn new(kind: Processing, a: Forcer, b: Forcer, mut path: Vec<(String, Span)>) -> Conflict {
        if kind == Processing::Push {
            return Conflict { push: a, pull: b, path };
        }
        path.reverse();
        Conflict { push: b, pull: a, path }
    }
}

/// So many elements between the two sides of a conflict are named.
const SHOWN: usize = 6;

/// The elements between the two sides of a conflict.
fn way(path: &[(String, Span)]) -> String {
    let names: Vec<String> = path.iter().take(SHOWN).map(|(name, _)| format!("`{name}`")).collect();
    match path.len() {
        0 => String::new(),
        n if n > SHOWN => format!(" through {} and {} more", names.join(", "), n - SHOWN),
        _ => format!(" through {}", names.join(", ")),
    }
}

impl From<Conflict> for Diagnostic {
    fn from(Conflict { push, pull, mut path }: Conflict) -> Diagnostic {
        let port = |f: &Forcer| format!("{} {} of `{}`", f.side.name(), f.port, f.element);
        let (push_port, pull_port) = (port(&push), port(&pull));
        // Upstream first, where there is one.
        let pull_first = pull.side == Side::Output && push.side == Side::Input;
        let (first, second) = match pull_first {
            true => (format!("pull {pull_port}"), format!("push {push_port}")),
            false => (format!("push {push_port}"), format!("pull {pull_port}")),
        };
        if pull_first {
            path.reverse();
        }
        let way = way(&path);
        let (late, early) =
            if pull.span.start > push.span.start { (&pull, &push) } else { (&push, &pull) };
        let said = |f: &Forcer| {
            let kind = if *f == push { "push" } else { "pull" };
            format!("`{}` makes it {kind}", f.element)
        };
        let mut diagnostic =
            Diagnostic::new(late.span, format!("{first} is connected to {second}{way}"))
                .under(said(late))
                .label(early.span, said(early));
        for (name, span) in path.into_iter().take(SHOWN) {
            diagnostic = diagnostic.label(span, format!("`{name}` is what its neighbours are"));
        }
        match (push.side, pull.side) {
            (Side::Output, Side::Input) => diagnostic.help("put a `Queue` between them"),
            (Side::Input, Side::Output) => diagnostic.help("put an `Unqueue` between them"),
            _ => diagnostic,
        }
        .within(late.trail.as_ref().or(early.trail.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{diagnostics, errors, kinds};

    #[test]
    fn agnostic_elements_become_what_they_are_connected_to() {
        for (text, expected) in [
            ("Source -> a :: Counter -> b :: Counter -> Discard", "a push, b push"),
            ("Source -> Queue -> a :: Counter -> b :: Counter -> Puller", "a pull, b pull"),
            ("a :: Counter -> b :: Counter -> a", "a push, b push"),
            ("Source -> a :: Counter -> Queue -> b :: Counter -> Puller", "a push, b pull"),
        ] {
            assert_eq!(kinds(text), expected, "{text}");
        }
    }

    #[test]
    fn conflicts_show_both_sides() {
        for (text, message, marked, help) in [
            (
                "Source -> Puller",
                "push output 0 of `Source@1` is connected to pull input 0 of `Puller@2`",
                &["Puller", "Source"][..],
                Some("put a `Queue` between them"),
            ),
            (
                "s :: Source -> a :: Counter -> b :: Counter -> p :: Puller",
                "push output 0 of `s` is connected to pull input 0 of `p` through `a`, `b`",
                &["p", "s", "a", "b"],
                Some("put a `Queue` between them"),
            ),
            (
                "Source -> q :: Queue -> c :: Counter -> d :: Discard",
                "pull output 0 of `q` is connected to push input 0 of `d` through `c`",
                &["d", "q", "c"],
                Some("put an `Unqueue` between them"),
            ),
            (
                "c :: Any; d :: Discard; p :: Puller; c -> d; c [1] -> p;",
                "push input 0 of `d` is connected to pull input 0 of `p` through `c`",
                &["p", "d", "c"],
                None,
            ),
        ] {
            let found = diagnostics(text);
            assert_eq!(found[0].message, message, "{text}");
            let labels = found[0].labels.iter().map(|label| label.span);
            let spans = found[0].span.into_iter().chain(labels);
            let places: Vec<&str> = spans.map(|span| &text[span.range()]).collect();
            assert_eq!(places, marked, "{text}");
            assert_eq!(found[0].help.as_deref(), help, "{text}");
        }
    }

    #[test]
    fn a_long_way_is_cut_short() {
        let text = format!("Source {} -> Puller", "-> Counter ".repeat(100));
        let found = &diagnostics(&text)[0];
        assert!(found.message.ends_with("`Counter@7` and 94 more"), "{}", found.message);
        assert_eq!(found.labels.len(), 7);
    }

    #[test]
    fn one_conflict_is_reported_of_elements_that_hang_together() {
        let text = "c :: Any; Source -> c; c [0] -> Puller; c [1] -> Puller; c [2] -> Puller;
            Source -> Puller";
        assert_eq!(errors(text).len(), 2);
    }
}
