//! The ports of `input` and `output`: numbered as they are used, and checked
//! to be all there.

use super::template::Template;
use super::{Port, PortId};
use crate::checks::compounds::CompoundError;
use crate::wiring::Side;
use crate::{Diagnostic, Span};
use foldhash::{HashMap, HashSet};

/// Gives the tunnel `part` the ports that its block uses. Names become the
/// numbers that are left, in the order in which they appear.
pub(super) fn complete(template: &mut Template, part: usize, errors: &mut Vec<Diagnostic>) {
    let span = template.parts[part].span;
    let Some(tunnel) = template.parts[part].tunnel() else { return };
    let (inside, links) = (tunnel.inside, tunnel.links[0].clone());
    let mut used: Vec<bool> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    let mut seen = HashSet::default();
    for &link in &links {
        match &template.links[link].end(inside).1.id {
            PortId::Number(number) if *number < MOST_PORTS => {
                used.resize(used.len().max(number + 1), false);
                used[*number] = true;
            }
            PortId::Number(_) => {
                let span = template.links[link].end(inside).1.span;
                let what = "ports of a block";
                errors.push(CompoundError::TooLarge { span, what, most: MOST_PORTS }.into());
            }
            PortId::Name(name) if seen.insert(name.as_str()) => names.push(name),
            PortId::Name(_) => {}
        }
    }
    let mut free = (0..).filter(|port| !used.get(*port).copied().unwrap_or(false));
    let named: HashMap<String, usize> =
        names.into_iter().map(|name| (name.to_string(), free.next().unwrap_or(0))).collect();
    let count = named.values().map(|port| port + 1).max().unwrap_or(0).max(used.len());
    let mut ports = vec![None; count];
    for (name, port) in &named {
        ports[*port] = Some(name.clone());
    }
    let side = inside.other();
    let gap = (0..count).find(|&port| !used.get(port).is_some_and(|u| *u) && ports[port].is_none());
    if let Some(port) = gap {
        errors.push(CompoundError::Gap { span, side, port }.into());
    }
    for link in links {
        let port = &mut template.links[link].end_mut(inside).1;
        if let PortId::Name(name) = &port.id
            && let Some(number) = named.get(name)
        {
            port.id = PortId::Number(*number);
        }
    }
    if let Some(tunnel) = template.parts[part].tunnel_mut() {
        tunnel.ports = ports;
    }
}

/// A block has at most so many inputs, and so many outputs.
const MOST_PORTS: usize = 65_536;

/// Checks what connects to the tunnel of a group from outside.
pub(super) fn check_outside(template: &mut Template, part: usize, errors: &mut Vec<Diagnostic>) {
    let (name, span) = ("the group".to_string(), template.parts[part].span);
    let Some(tunnel) = template.parts[part].tunnel() else { return };
    let (outside, links) = (tunnel.inside.other(), tunnel.links[1].clone());
    let ports = tunnel.ports.clone();
    let mut users = Vec::new();
    for link in links {
        let port = &template.links[link].end(outside).1;
        users.push(Use { port: port.clone(), link });
    }
    let checked =
        Ports { element: &name, span, side: outside, ports: &ports }.check(&users, errors);
    for (link, number) in checked {
        template.links[link].end_mut(outside).1.id = PortId::Number(number);
    }
}

/// Something that connects to a port of a block.
pub(super) struct Use {
    pub port: Port,
    /// The connection.
    pub link: usize,
}

/// The ports of a block on one side, seen from outside.
pub(super) struct Ports<'a> {
    pub element: &'a str,
    pub span: Span,
    pub side: Side,
    pub ports: &'a [Option<String>],
}

impl Ports<'_> {
    /// Checks that all ports are used and no others; returns each connection
    /// with the number of its port.
    pub fn check(&self, uses: &[Use], errors: &mut Vec<Diagnostic>) -> Vec<(usize, usize)> {
        let mut connected = vec![false; self.ports.len()];
        let mut numbers = Vec::new();
        let before = errors.len();
        let number = numbers_of(uses.iter().map(|used| &used.port.id), self.ports);
        for Use { port, link } in uses {
            match number(&port.id) {
                Some(number) => {
                    connected[number] = true;
                    numbers.push((*link, number));
                }
                None => errors.push(
                    CompoundError::NoPort {
                        span: port.span,
                        port: port.id.to_string(),
                        side: self.side,
                        element: self.element.to_string(),
                        ports: self.ports.iter().take(SHOWN).cloned().collect(),
                        total: self.ports.len(),
                    }
                    .into(),
                ),
            }
        }
        // A wrong port was probably meant for one that is missing.
        if errors.len() == before {
            let unconnected = connected.iter().enumerate().filter(|(_, connected)| !**connected);
            for (port, _) in unconnected.take(SHOWN) {
                let (span, side, element) = (self.span, self.side, self.element.to_string());
                errors.push(CompoundError::Unconnected { span, port, side, element }.into());
            }
        }
        numbers
    }
}

/// So many ports of an element are named in errors.
const SHOWN: usize = 64;

/// What finds the number of a port that is among `wanted`, of a block that has
/// `ports`.
pub(super) fn numbers_of<'a>(
    mut wanted: impl Iterator<Item = &'a PortId>,
    ports: &[Option<String>],
) -> impl Fn(&PortId) -> Option<usize> {
    let mut named: HashMap<&str, usize> = HashMap::default();
    if wanted.any(|port| matches!(port, PortId::Name(_))) {
        let names = ports.iter().enumerate().filter_map(|(i, name)| Some((name.as_deref()?, i)));
        named.extend(names);
    }
    move |port| match port {
        PortId::Number(number) => Some(*number).filter(|number| *number < ports.len()),
        PortId::Name(name) => named.get(name.as_str()).copied(),
    }
}
