//! The dynamic engine: walks a Plan over an enum of elements.
//!
//! Elements are kept in call order, so what an element can reach is the rest
//! of the slice behind it. [`Tail`] lends an element exactly that, which is
//! what the structs of compiled code own by type.

use crate::ElementSet;
use pkgraph::runtime::{
    Backlog, Context, Edges, EngineDrops, Graph, HandlerError, Input, Limit as PlanLimit, NodeId,
    Output, Packet, Plan, Progress, StartError, Target, Value, left, within,
};
use std::cell::Cell;

/// A graph that runs by dispatch, with the elements of set `S`.
pub struct Dynamic<S> {
    slots: Vec<Slot<S>>,
    backlog: Backlog,
    /// Where each node is in `slots`.
    places: Vec<usize>,
    tasks: Vec<usize>,
    flushes: Vec<usize>,
    /// Place and input port.
    back_edges: Vec<(usize, usize)>,
}

// In this order and on a cache line: what a packet needs of the wires, then
// the start of the element, whose first fields are what it counts.
#[repr(C, align(64))]
struct Slot<S> {
    wires: Wires,
    element: S,
}

/// An element's connections. Distances count slots from the one behind it.
struct Wires {
    /// Whether the element has been heard to have the default `push`.
    is_simple: Cell<bool>,
    /// Output 0, which most elements have alone, at hand without the table.
    first: Wire,
    all: Box<AllWires>,
}

struct AllWires {
    node: NodeId,
    outputs: Box<[Wire]>,
    inputs: Box<[Option<(usize, usize)>]>,
    limits: Box<[Box<[Limit]>]>,
}

#[derive(Clone, Copy)]
enum Wire {
    /// To the slot behind. Most wires are, and its address waits for no load.
    Next {
        port: u32,
    },
    Forward {
        distance: u32,
        port: u32,
    },
    Back(u32),
    Unconnected,
    /// There is no such output.
    Missing,
}

impl Wires {
    /// The connections of node `id`, where `places` says where each node is.
    fn of(plan: &Plan, id: NodeId, places: &[usize]) -> Wires {
        let node = &plan.nodes[id];
        let distance = |to: NodeId| places[to] - places[id] - 1;
        let wire = |output: &Output| match output.target {
            Some(Target::Forward { node, port }) => match distance(node) {
                0 => Wire::Next { port: port as u32 },
                distance => Wire::Forward { distance: distance as u32, port: port as u32 },
            },
            Some(Target::Back(edge)) => Wire::Back(edge as u32),
            None => Wire::Unconnected,
        };
        let limits = |output: &Output| {
            let limit = |l: &PlanLimit| Limit {
                distance: distance(l.node),
                port: l.port,
                packets: l.packets,
            };
            output.limits.iter().map(limit).collect()
        };
        let source = |input: &Input| input.source.map(|(node, port)| (distance(node), port));
        Wires {
            is_simple: Cell::new(false),
            first: node.outputs.first().map_or(Wire::Missing, wire),
            all: Box::new(AllWires {
                node: id,
                outputs: node.outputs.iter().map(wire).collect(),
                inputs: node.inputs.iter().map(source).collect(),
                limits: node.outputs.iter().map(limits).collect(),
            }),
        }
    }

    #[inline]
    fn output(&self, port: usize) -> Wire {
        match port {
            0 => self.first,
            _ => self.all.outputs.get(port).copied().unwrap_or(Wire::Missing),
        }
    }
}

struct Limit {
    distance: usize,
    port: usize,
    packets: usize,
}

impl<S: ElementSet> Dynamic<S> {
    /// Starts the elements of `plan` in call order. When one fails, those that
    /// have started are dropped in reverse.
    ///
    /// The error names the node that did not start.
    pub fn start(plan: &Plan, context: &mut Context) -> Result<Dynamic<S>, StartError> {
        let mut places = vec![0; plan.nodes.len()];
        for (place, &node) in plan.order.iter().enumerate() {
            places[node] = place;
        }
        let mut slots = Vec::with_capacity(plan.nodes.len());
        for &id in &plan.order {
            let node = &plan.nodes[id];
            context.enter(id);
            let started = within(|| id, || S::start(&node.class, &node.args, context))
                .unwrap_or_else(|| Err(format!("no element '{}'", node.class).into()));
            match started {
                Ok(element) => slots.push(Slot { wires: Wires::of(plan, id, &places), element }),
                Err(message) => {
                    while slots.pop().is_some() {}
                    return Err(StartError::at(id, message));
                }
            }
        }
        Ok(Dynamic {
            slots,
            backlog: Backlog::new(),
            tasks: plan.tasks.iter().map(|&node| places[node]).collect(),
            flushes: plan.flushes.iter().map(|&node| places[node]).collect(),
            back_edges: plan.back_edges.iter().map(|e| (places[e.node], e.port)).collect(),
            places,
        })
    }

    /// The element at `place` and what it can reach.
    fn at(&mut self, place: usize) -> (&mut S, Entered<'_, S>) {
        enter(&mut self.slots[place..], &mut self.backlog)
    }
}

/// Splits off the first element of `slots`, with the others as its tail.
#[inline]
fn enter<'a, S>(slots: &'a mut [Slot<S>], backlog: &'a mut Backlog) -> (&'a mut S, Entered<'a, S>) {
    let (slot, rest) = slots.split_first_mut().expect("a wire leads to an element");
    (&mut slot.element, Entered(Tail { wires: &slot.wires, rest, backlog }))
}

/// A call of an element, with its edges. A panic that leaves the call notes the
/// element, as [`within`] does, and finds it where the edges are kept for the
/// call anyway.
struct Entered<'a, S>(Tail<'a, S>);

impl<'a, S> Entered<'a, S> {
    #[inline(always)]
    fn call<T>(mut self, call: impl FnOnce(&mut Tail<'a, S>) -> T) -> T {
        let value = call(&mut self.0);
        std::mem::forget(self);
        value
    }
}

impl<S> Drop for Entered<'_, S> {
    #[inline]
    fn drop(&mut self) {
        left(self.0.wires.all.node);
    }
}

/// The edges of the element before `rest`.
struct Tail<'a, S> {
    wires: &'a Wires,
    rest: &'a mut [Slot<S>],
    backlog: &'a mut Backlog,
}

impl<S> Tail<'_, S> {
    /// Where a wire leads that leads to no slot.
    #[inline(never)]
    fn backlog_or_drop(&mut self, wire: Wire, packet: Packet) {
        match wire {
            Wire::Back(edge) => self.backlog.push(edge as usize, packet),
            Wire::Unconnected => self.backlog.unconnected(packet),
            _ => drop(packet),
        }
    }
}

impl<S: ElementSet> Edges for Tail<'_, S> {
    fn push(&mut self, port: usize, mut packet: Packet) {
        let (mut wires, mut rest, mut port) = (self.wires, &mut *self.rest, port);
        loop {
            // Two comparisons, which are foreseen, and no table of jumps.
            let wire = wires.output(port);
            let (behind, input) = if let Wire::Next { port } = wire {
                (&mut *rest, port as usize)
            } else if let Wire::Forward { distance, port } = wire {
                (&mut rest[distance as usize..], port as usize)
            } else {
                return self.backlog_or_drop(wire, packet);
            };
            let (slot, behind) = behind.split_first_mut().expect("a wire leads to an element");
            if !slot.wires.is_simple.get() {
                let tail = Tail { wires: &slot.wires, rest: behind, backlog: &mut *self.backlog };
                return Entered(tail).call(|tail| slot.element.push(input, packet, tail));
            }
            // What the default `push` does, without a nested call.
            match within(|| slot.wires.all.node, || slot.element.simple_action(packet)) {
                Some(passed) => packet = passed,
                None => return,
            }
            (wires, rest, port) = (&slot.wires, behind, input);
        }
    }

    #[inline]
    fn is_simple(&mut self) {
        self.wires.is_simple.set(true);
    }

    fn pull(&mut self, port: usize) -> Option<Packet> {
        let (distance, port) = (*self.wires.all.inputs.get(port)?)?;
        let (element, entered) = enter(&mut self.rest[distance..], self.backlog);
        entered.call(|tail| element.pull(port, tail))
    }

    fn room(&self, port: usize) -> usize {
        let limits = self.wires.all.limits.get(port).map_or(&[][..], |limits| limits);
        let room = |l: &Limit| self.rest[l.distance].element.room(l.port, l.packets);
        limits.iter().map(room).min().unwrap_or(usize::MAX)
    }

    fn inputs(&self) -> usize {
        self.wires.all.inputs.len()
    }

    fn outputs(&self) -> usize {
        self.wires.all.outputs.len()
    }
}

impl<S: ElementSet> Graph for Dynamic<S> {
    fn run(&mut self, task: usize) -> Progress {
        let (element, entered) = self.at(self.tasks[task]);
        entered.call(|tail| element.run(tail))
    }

    fn drain(&mut self) -> bool {
        for _ in 0..Backlog::DRAIN {
            let Some((edge, packet)) = self.backlog.pop() else { return false };
            let (place, port) = self.back_edges[edge];
            let (element, entered) = self.at(place);
            entered.call(|tail| element.push(port, packet, tail));
        }
        !self.backlog.is_empty()
    }

    fn flush(&mut self) {
        for i in 0..self.flushes.len() {
            let (element, entered) = self.at(self.flushes[i]);
            entered.call(|tail| element.flush(tail));
        }
    }

    fn read(&self, node: NodeId, handler: &str) -> Result<Value, HandlerError> {
        let element = &self.slots[self.places[node]].element;
        within(|| node, || element.read_handler(handler))
    }

    fn write(&mut self, node: NodeId, handler: &str, value: &str) -> Result<(), HandlerError> {
        let element = &mut self.slots[self.places[node]].element;
        within(|| node, || element.write_handler(handler, value))
    }

    fn dropped(&self) -> EngineDrops {
        self.backlog.dropped()
    }
}
