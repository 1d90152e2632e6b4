//! Expands compounds: templates to the graph.

use super::overload::{self, Chosen, Mismatch, Wanted};
use super::pseudo::{Ports, Use};
use super::template::{Class, Compound, PartKind, Template};
use super::tunnels::{End, Tunnels};
use super::{Connection, Element, Graph, MOST_CONNECTIONS, PortId};
use crate::checks::compounds::CompoundError;
use crate::checks::names::NameError;
use crate::diagnostic::Trail;
use crate::expand::{Expanded, ScopeId, Scopes};
use crate::scan;
use crate::wiring::Side;
use crate::{Diagnostic, Span};
use foldhash::{HashMap, HashSet};
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use std::rc::Rc;

/// Compounds are inside each other at most this deep.
const MOST_NESTED: usize = 64;
/// Compounds bring at most so many elements.
const MOST_ELEMENTS: usize = 1 << 16;
/// The names of these elements have at most so many octets in all.
const MOST_NAMES: usize = 1 << 26;

/// Expands templates.
pub(super) struct Instances<'a> {
    text: &'a str,
    templates: &'a [Template],
    compounds: &'a [Compound],
    scopes: Scopes,
    graph: Graph,
    tunnels: Tunnels,
    /// Where each name was given, if compounds give any.
    names: HashMap<String, Span>,
    /// How many elements, octets of names and connections compounds have brought.
    spent: [usize; 3],
    /// Whether that was too much. Nothing is expanded any more.
    full: bool,
    errors: &'a mut Vec<Diagnostic>,
}

/// Where the parts of a template go.
struct Place {
    /// The name of the compound with a slash behind; empty for the whole text.
    prefix: String,
    scope: ScopeId,
    trail: Option<Rc<Trail>>,
    /// The tunnels into and out of it.
    tunnels: [usize; 2],
    depth: usize,
}

/// What a part of a template has become.
enum Spot {
    Element(NodeIndex),
    /// The way into it and the way out, and the template of a compound.
    Tunnels([usize; 2], Option<usize>),
}

/// A compound to expand.
struct Pending {
    part: usize,
    template: usize,
    values: Vec<String>,
    tunnels: [usize; 2],
}

impl<'a> Instances<'a> {
    /// Expands the last of `templates`, whose variables are in `scope`.
    pub fn expand(
        text: &'a str,
        templates: &'a [Template],
        compounds: &'a [Compound],
        (scopes, scope): (Scopes, ScopeId),
        errors: &'a mut Vec<Diagnostic>,
    ) -> Graph {
        let mut instances = Instances {
            text,
            templates,
            compounds,
            scopes,
            graph: Graph::new(),
            tunnels: Tunnels::default(),
            names: HashMap::default(),
            spent: [0; 3],
            full: false,
            errors,
        };
        let place = Place { prefix: String::new(), scope, trail: None, tunnels: [0; 2], depth: 0 };
        if let Some(top) = templates.last() {
            instances.graph = Graph::with_capacity(top.parts.len(), top.links.len());
            instances.template(top, &place);
        }
        instances.join();
        // Of a part of a graph nothing can be said.
        if instances.full { Graph::new() } else { instances.graph }
    }

    /// Adds the elements of a template, and then what its compounds contain.
    fn template(&mut self, template: &'a Template, place: &Place) {
        let mut pending = Vec::new();
        let mut connected: HashMap<usize, [Vec<Use>; 2]> = HashMap::default();
        for (i, link) in template.links.iter().enumerate() {
            for side in Side::BOTH {
                let (part, port) = link.end(side);
                if matches!(template.parts[*part].kind, PartKind::Class(Class::Compound(_))) {
                    let uses = connected.entry(*part).or_default();
                    uses[side as usize].push(Use { port: port.clone(), link: i });
                }
            }
        }
        let spots: Vec<Spot> = (0..template.parts.len())
            .map(|part| self.part(template, part, place, &connected, &mut pending))
            .collect();
        // The ports of compounds by number; `None` where there is no such.
        let mut numbers: HashMap<(usize, Side), usize> = HashMap::default();
        for (part, uses) in &connected {
            let Spot::Tunnels(_, Some(of)) = spots[*part] else { continue };
            for side in Side::BOTH {
                let element = format!("{}{}", place.prefix, template.parts[*part].name);
                let span = template.parts[*part].span;
                let ports = self.templates[of].ports(side);
                let ports = Ports { element: &element, span, side, ports };
                let mut errors = Vec::new();
                let checked = ports.check(&uses[side as usize], &mut errors);
                self.report(errors, place);
                numbers.extend(checked.into_iter().map(|(link, number)| ((link, side), number)));
            }
        }
        for pending in &pending {
            if !connected.contains_key(&pending.part) {
                self.unused(template, pending, place);
            }
        }
        for (i, link) in template.links.iter().enumerate() {
            let mut end = |side: Side| {
                let (part, port) = link.end(side);
                match spots[*part] {
                    Spot::Element(node) => Some(End::Element(node, port.clone())),
                    Spot::Tunnels(tunnels, of) => {
                        let number = match (&port.id, of) {
                            (_, Some(_)) => *numbers.get(&(i, side))?,
                            (PortId::Number(number), None) => *number,
                            (PortId::Name(_), None) => return None,
                        };
                        Some(self.tunnels.port(tunnels[side as usize], number))
                    }
                }
            };
            let ends = (end(Side::Output), end(Side::Input));
            self.connect(ends);
        }
        for pending in pending {
            self.compound(template, pending, place);
        }
    }

    /// Reports the ports of a compound to which nothing is connected at all.
    fn unused(&mut self, template: &Template, pending: &Pending, place: &Place) {
        let part = &template.parts[pending.part];
        if part.vague {
            return;
        }
        let element = format!("{}{}", place.prefix, part.name);
        let mut errors = Vec::new();
        for side in Side::BOTH {
            let ports = self.templates[pending.template].ports(side);
            Ports { element: &element, span: part.span, side, ports }.check(&[], &mut errors);
        }
        self.report(errors, place);
    }

    fn report(&mut self, errors: Vec<Diagnostic>, place: &Place) {
        self.errors.extend(errors.into_iter().map(|error| error.within(place.trail.as_ref())));
    }

    fn part(
        &mut self,
        template: &'a Template,
        index: usize,
        place: &Place,
        connected: &HashMap<usize, [Vec<Use>; 2]>,
        pending: &mut Vec<Pending>,
    ) -> Spot {
        let part = &template.parts[index];
        let (class, info) = match &part.kind {
            PartKind::Tunnel(_) => {
                let outer = template.pseudo.iter().position(|pseudo| *pseudo == Some(index));
                let tunnel = match outer {
                    Some(side) => place.tunnels[side],
                    None => self.tunnels.open(),
                };
                return Spot::Tunnels([tunnel; 2], None);
            }
            PartKind::Unknown(class) => (class.clone(), None),
            PartKind::Class(Class::Element(info)) => (info.name.to_string(), Some(*info)),
            PartKind::Class(Class::Compound(compound)) => {
                let compound = &self.compounds[*compound];
                let config = self.config(part.config, place);
                let arguments = scan::split(&config.text);
                let ports = Side::BOTH.map(|side| {
                    let uses = connected.get(&index).map(|uses| &uses[side as usize]);
                    uses.into_iter().flatten().map(|u| &u.port.id).collect()
                });
                let wanted = Wanted { name: &part.name, arguments: &arguments, ports };
                match overload::choose(compound, self.templates, &wanted) {
                    Ok(Chosen::Template(of, values)) => {
                        let tunnels = [self.tunnels.open(), self.tunnels.open()];
                        self.spent[2] += self.templates[of].links.len();
                        if self.spent[2] > MOST_CONNECTIONS {
                            let (span, most) = (part.span, MOST_CONNECTIONS);
                            self.overflow(span, "connections", most, place);
                            return Spot::Tunnels(tunnels, None);
                        }
                        pending.push(Pending { part: index, template: of, values, tunnels });
                        return Spot::Tunnels(tunnels, Some(of));
                    }
                    Ok(Chosen::Base(info)) => {
                        return self.element(part, place, info.name.into(), Some(info), config);
                    }
                    Err(mismatch) => {
                        let error = self.mismatch(mismatch, compound, &wanted, part.span, &config);
                        self.report(vec![error.into()], place);
                        (compound.name.clone(), None)
                    }
                }
            }
        };
        let config = self.config(part.config, place);
        self.element(part, place, class, info, config)
    }

    fn mismatch(
        &self,
        mismatch: Mismatch,
        compound: &Compound,
        wanted: &Wanted<'_>,
        span: Span,
        config: &Expanded,
    ) -> CompoundError {
        match mismatch {
            Mismatch::All => overload::no_match(compound, self.templates, wanted, span),
            Mismatch::Arguments(at, message, help) => {
                let argument = at.and_then(|at| wanted.arguments.get(at));
                let span = argument.map_or(span, |argument| config.span(argument.range.clone()));
                let signature = compound
                    .definitions
                    .first()
                    .map(|&of| overload::signature(&compound.name, &self.templates[of]));
                let signature = signature.unwrap_or_default();
                CompoundError::Arguments { span, message, signature, help }
            }
        }
    }

    fn element(
        &mut self,
        part: &super::template::Part,
        place: &Place,
        class: String,
        info: Option<&'static pkgraph_runtime::ElementInfo>,
        config: Expanded,
    ) -> Spot {
        let name = [place.prefix.as_str(), &part.name].concat();
        self.spent[1] += if place.depth > 0 { name.len() } else { 0 };
        // Only where compounds give names can one be given twice.
        if !self.compounds.is_empty()
            && let Some(first) = self.names.insert(name.clone(), part.span)
            && place.depth > 0
        {
            let (span, name) = (part.span, name.clone());
            self.report(vec![NameError::Taken { span, name, first }.into()], place);
        }
        Spot::Element(self.graph.add_node(Element {
            name,
            class,
            info,
            config,
            span: part.span,
            misspelt: part.vague,
            trail: place.trail.clone(),
        }))
    }

    fn config(&mut self, config: Option<Span>, place: &Place) -> Expanded {
        let Some(span) = config else { return Expanded::default() };
        let text = &self.text[span.range()];
        let mut errors = Vec::new();
        let expanded = self.scopes.expand(place.scope, text, span.start, &mut errors);
        self.report(errors, place);
        expanded
    }

    fn connect(&mut self, ends: (Option<End>, Option<End>)) {
        let mut vague = |end: Option<End>| {
            if let Some(End::Element(node, _)) = end {
                self.graph[node].misspelt = true;
            }
        };
        match ends {
            (Some(End::Element(from, output)), Some(End::Element(to, input))) => {
                self.graph.add_edge(from, to, Connection { output, input });
            }
            (Some(from), Some(to)) => self.tunnels.connect(from, to),
            (from, to) => {
                vague(from);
                vague(to);
            }
        }
    }

    fn compound(&mut self, template: &Template, pending: Pending, place: &Place) {
        let part = &template.parts[pending.part];
        let inner = &self.templates[pending.template];
        self.spent[0] += inner.parts.len();
        if self.spent[0] > MOST_ELEMENTS {
            self.overflow(part.span, "elements", MOST_ELEMENTS, place);
        } else if self.spent[1] > MOST_NAMES {
            self.overflow(part.span, "octets of names", MOST_NAMES, place);
        } else if place.depth == MOST_NESTED && !self.full {
            self.full = true;
            let error = CompoundError::TooDeep { span: part.span, most: MOST_NESTED };
            self.report(vec![error.into()], place);
        }
        if self.full {
            return;
        }
        let outer = self.scopes.at_level(place.scope, inner.level.saturating_sub(1));
        let scope = self.scopes.open(Some(outer));
        for (i, variable) in inner.variables.iter().enumerate() {
            match pending.values.get(i) {
                Some(value) => self.scopes.bind(scope, &variable.name, value),
                None => self.scopes.define(scope, &variable.name, &variable.value),
            }
        }
        let name = format!("{}{}", place.prefix, part.name);
        let trail = Trail { name: name.clone(), span: part.span, outer: place.trail.clone() };
        let place = Place {
            prefix: name + "/",
            scope,
            trail: Some(Rc::new(trail)),
            tunnels: pending.tunnels,
            depth: place.depth + 1,
        };
        self.template(inner, &place);
    }

    /// The graph has become too large, which is said once.
    fn overflow(&mut self, span: Span, what: &'static str, most: usize, place: &Place) {
        if !std::mem::replace(&mut self.full, true) {
            self.report(vec![CompoundError::TooLarge { span, what, most }.into()], place);
        }
    }

    /// Makes the connections that lead through tunnels.
    fn join(&mut self) {
        let joined = std::mem::take(&mut self.tunnels).join(MOST_CONNECTIONS);
        if joined.too_many {
            self.full = true;
            let error = CompoundError::TooLarge {
                span: Span::default(),
                what: "connections",
                most: MOST_CONNECTIONS,
            };
            self.errors.push(error.into());
        }
        // A block has each of its connections once; those that lead through tunnels may
        // repeat them.
        let mut seen: HashSet<(NodeIndex, PortId, NodeIndex, PortId)> = HashSet::default();
        if !joined.connections.is_empty() {
            seen.extend(self.graph.edge_references().map(|edge| {
                let Connection { output, input } = edge.weight();
                (edge.source(), output.id.clone(), edge.target(), input.id.clone())
            }));
        }
        for ((from, output), (to, input)) in joined.connections {
            if seen.insert((from, output.id.clone(), to, input.id.clone())) {
                self.graph.add_edge(from, to, Connection { output, input });
            }
        }
        for node in joined.stranded {
            self.graph[node].misspelt = true;
        }
    }
}
