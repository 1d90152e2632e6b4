//! Which outputs an arrow joins to which inputs.

use super::{Few, MOST_CONNECTIONS, Port, PortId};
use crate::ast::{self, Arrow, Hop};
use crate::checks::compounds::CompoundError;
use crate::checks::connections::ConnectionError;
use crate::{Diagnostic, Span};

/// An element on one side of an arrow.
pub(super) struct End<'a> {
    pub part: usize,
    pub ports: Option<&'a ast::Ports>,
    /// How many ports a group has, of which all are meant if none are written.
    pub implied: usize,
    pub span: Span,
}

/// A range of ports names at most so many.
const RANGE: usize = 65_536;

/// One port of one element.
type Slot = (usize, Port);

/// The pairs of output and input that `hop` connects.
pub(super) fn pairs(
    outputs: &[End<'_>],
    inputs: &[End<'_>],
    hop: &Hop,
    errors: &mut Vec<Diagnostic>,
) -> Few<(Slot, Slot)> {
    let mut outputs = Side::new(outputs, errors);
    let mut inputs = Side::new(inputs, errors);
    let span = hop.arrow_span;
    if let (Some(_), Some(_)) = (outputs.open, inputs.open) {
        errors.push(ConnectionError::TwoOpen { span }.into());
        return Few::new();
    }
    if hop.arrow == Arrow::Many {
        // A lone element without ports has as many as the other side needs.
        if outputs.bare && inputs.slots.len() > 1 {
            outputs.open = Some(0);
        }
        if inputs.bare && outputs.slots.len() > 1 {
            inputs.open = Some(0);
        }
    }
    let one_to_many = outputs.slots.len() == 1 && outputs.open.is_none();
    let many_to_one = inputs.slots.len() == 1 && inputs.open.is_none();
    outputs.grow(inputs.slots.len());
    inputs.grow(outputs.slots.len());
    let (from, to) = (outputs.slots, inputs.slots);
    if one_to_many {
        return to.into_iter().map(|input| (from[0].clone(), input)).collect();
    }
    if many_to_one {
        return from.into_iter().map(|output| (output, to[0].clone())).collect();
    }
    if hop.arrow == Arrow::One {
        errors.push(ConnectionError::ManyToMany { span }.into());
    } else if from.len() != to.len() {
        let (outputs, inputs) = (from.len(), to.len());
        errors.push(ConnectionError::Mismatch { span, outputs, inputs }.into());
    }
    from.into_iter().zip(to).collect()
}

/// The error for more connections than a text may have.
pub(super) fn too_many(span: Span) -> CompoundError {
    CompoundError::TooLarge { span, what: "connections", most: MOST_CONNECTIONS }
}

/// The ports on one side of an arrow.
struct Side {
    slots: Few<Slot>,
    /// After which slot the side grows.
    open: Option<usize>,
    /// Whether it is one element without ports.
    bare: bool,
}

impl Side {
    fn new(ends: &[End<'_>], errors: &mut Vec<Diagnostic>) -> Side {
        let bare = matches!(ends, [End { ports: None, implied: 0, .. }]);
        let mut side = Side { slots: Few::new(), open: None, bare };
        for end in ends {
            if side.slots.len() > MOST_CONNECTIONS {
                // What is said when they are counted.
                break;
            }
            let first = Port { id: PortId::Number(0), span: end.span };
            match end.ports {
                None if end.implied > 0 => {
                    let port = |n| Port { id: PortId::Number(n), ..first.clone() };
                    side.slots.extend((0..end.implied).map(|n| (end.part, port(n))));
                }
                None => side.slots.push((end.part, first)),
                Some(ports) => {
                    let listed = listed(ports, errors);
                    side.slots.extend(listed.into_iter().map(|port| (end.part, port)));
                    if ports.items.is_empty() {
                        side.slots.push((end.part, Port { span: ports.span, ..first }));
                    }
                    if ports.open {
                        if side.open.is_some() {
                            let span = ports.span;
                            errors.push(ConnectionError::TwoOpen { span }.into());
                        }
                        side.open = Some(side.slots.len() - 1);
                    }
                }
            }
        }
        side
    }

    /// Adds ports where the side is open, until there are `n`.
    fn grow(&mut self, n: usize) {
        let Some(last) = self.open else { return };
        let (part, Port { id: PortId::Number(number), span }) = self.slots[last] else { return };
        let missing = n.saturating_sub(self.slots.len());
        let port = |more| (part, Port { id: PortId::Number(number + more), span });
        self.slots.insert_many(last + 1, (1..=missing).map(port));
    }
}

/// The ports that a list names one by one.
fn listed(ports: &ast::Ports, errors: &mut Vec<Diagnostic>) -> Vec<Port> {
    let mut listed = Vec::new();
    for item in &ports.items {
        if listed.len() > MOST_CONNECTIONS {
            break;
        }
        let first = id(&item.first);
        match &item.last {
            None => listed.push(Port { id: first, span: item.first.span }),
            Some(last) => {
                let span = item.first.span.to(last.span);
                match (first, id(last)) {
                    (PortId::Number(a), PortId::Number(b)) if a <= b && b - a < RANGE => {
                        listed.extend((a..=b).map(|n| Port { id: PortId::Number(n), span }));
                    }
                    _ => errors.push(ConnectionError::Range { span }.into()),
                }
            }
        }
    }
    if listed.is_empty() && !ports.items.is_empty() {
        // The range was reported; any port will do.
        listed.push(Port { id: PortId::Number(0), span: ports.span });
    }
    listed
}

fn id(word: &ast::Identifier) -> PortId {
    match word.text.parse() {
        Ok(number) => PortId::Number(number),
        Err(_) => PortId::Name(word.text.clone()),
    }
}
