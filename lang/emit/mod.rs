//! Plan to Rust: the graph as one monomorphized loop.
//!
//! Elements are nested in call order: a struct per element holds it and, in
//! `then`, the struct of the next one. What an element can reach is thus what
//! its `then` owns, and `then` itself is the [`Edges`] object of the element,
//! by safe borrows, without a heap, an enum or a table in the loop.
//!
//! The output is the same for the same Plan, laid out as rustfmt does, and
//! linear in the graph, but for the [`ways`] between its elements. It decides
//! nothing.
//!
//! [`Edges`]: pkgraph_runtime::Edges

mod ways;

use crate::Catalogue;
use pkgraph_runtime::{Node, NodeId, Output, Plan, Processing, Target};
use std::fmt::{self, Write};
use ways::Ways;

/// Elements of a chain that are inlined into one function at most. Compiling
/// takes longer than linear in it.
const INLINED: usize = 16;
/// Elements of a chain in one allocation at most.
const NESTED: usize = 64;
/// Outputs of an element to which pushes are inlined at most.
const WIDE: usize = 16;
/// Elements with something that packets change that are inlined into a task.
const CHANGING: usize = 4;
/// Letters of a class in the name of its struct at most, so that calls fit
/// on a line.
const LETTERS: usize = 24;

/// Prints `plan` as a Rust module with a `pub struct Compiled` that implements
/// `pkgraph_runtime::Graph`. The module names the crates that the elements of
/// `catalogue` are in, and `pkgraph_core`.
pub fn emit(plan: &Plan, catalogue: &Catalogue) -> String {
    let path = |class: &str| catalogue.get(class).expect("a checked class").path.to_string();
    emit_within(plan, "::pkgraph_core", path)
}

/// The same for a crate that reaches `pkgraph_core` by the path `core`;
/// `path_of` gives the Rust path of a class, such as `::pkgraph_standard::Counter`.
pub fn emit_within(plan: &Plan, core: &str, path_of: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let emitter = Emitter::new(plan, core, &path_of);
    emitter.module(&mut out).expect("writing to a String does not fail");
    out
}

struct Emitter<'a> {
    plan: &'a Plan,
    core: &'a str,
    path_of: &'a dyn Fn(&str) -> String,
    /// Where each node is in call order.
    places: Vec<usize>,
    /// Whether pushes and pulls of each node are functions that are not
    /// inlined.
    shared: Vec<bool>,
    ways: Ways,
}

impl<'a> Emitter<'a> {
    fn new(plan: &'a Plan, core: &'a str, path_of: &'a dyn Fn(&str) -> String) -> Emitter<'a> {
        let mut places = vec![0; plan.nodes.len()];
        for (place, &node) in plan.order.iter().enumerate() {
            places[node] = place;
        }
        let shared = shared(plan, &places);
        let mut ways = Ways::default();
        for (id, node) in plan.nodes.iter().enumerate() {
            let edges = places[id] + 1;
            let sources = node.inputs.iter().filter_map(|input| input.source.map(|(node, _)| node));
            let limits = node.outputs.iter().flat_map(|o| o.limits.iter().map(|limit| limit.node));
            forward(node).chain(sources).chain(limits).for_each(|to| ways.add(edges, places[to]));
        }
        let back = plan.back_edges.iter().map(|edge| edge.node);
        plan.tasks.iter().copied().chain(back).for_each(|to| ways.add(0, places[to]));
        Emitter { plan, core, path_of, places, shared, ways }
    }

    fn module(&self, out: &mut String) -> fmt::Result {
        out.push_str(&HEADER.replace("CORE", self.core));
        for place in 0..=self.plan.order.len() {
            self.stage(out, place)?;
        }
        self.graph(out)?;
        self.topology(out)
    }

    fn node(&self, place: usize) -> &'a Node {
        &self.plan.nodes[self.plan.order[place]]
    }

    /// The name of the struct at `place`.
    fn name(&self, place: usize) -> String {
        match self.plan.order.get(place) {
            Some(&node) => format!("{:.LETTERS$}{place}", self.plan.nodes[node].class),
            None => "End".to_string(),
        }
    }

    /// How the struct at `from` names that at `to`, to call it.
    fn to(&self, from: usize, to: usize) -> String {
        if from == to { String::new() } else { format!(".to::<{}>()", self.name(to)) }
    }

    /// The struct at `place`, the ways into its element, and its role as the
    /// edges of the element before it.
    fn stage(&self, out: &mut String, place: usize) -> fmt::Result {
        let name = self.name(place);
        if place == self.plan.order.len() {
            writeln!(out, "\nstage! {{\n    /// The end: what no element owns.")?;
            writeln!(out, "    struct End;\n}}")?;
        } else {
            let node = self.node(place);
            let mut then = self.name(place + 1);
            if (place + 1).is_multiple_of(NESTED) && place + 1 < self.plan.order.len() {
                then = format!("Box<{then}>");
            }
            writeln!(out, "\nstage! {{")?;
            writeln!(out, "    /// `{} :: {}`, {}", node.name, node.class, node.location)?;
            writeln!(out, "    struct {name} {{")?;
            writeln!(out, "        element: {},", (self.path_of)(&node.class))?;
            writeln!(out, "        node: {},", self.plan.order[place])?;
            writeln!(out, "        then: {then},")?;
            if self.plan.flushes.contains(&self.plan.order[place]) {
                writeln!(out, "        flush,")?;
            }
            writeln!(out, "    }}\n}}")?;
            self.reach(out, place)?;
            self.entries(out, place)?;
        }
        if place > 0 { self.neighbours(out, place) } else { Ok(()) }
    }

    fn reach(&self, out: &mut String, place: usize) -> fmt::Result {
        if self.ways.from(place).next().is_none() {
            return Ok(());
        }
        writeln!(out, "\nreach! {{")?;
        for (to, stop) in self.ways.from(place) {
            write!(out, "    {} => {}", self.name(place), self.name(to))?;
            match stop {
                Some(stop) => writeln!(out, " by {};", self.name(stop))?,
                None => writeln!(out, ";")?,
            }
        }
        writeln!(out, "}}")
    }

    /// `push_in`, `pull_out` and `run`: the ways into the element at `place`.
    fn entries(&self, out: &mut String, place: usize) -> fmt::Result {
        let (id, node) = (self.plan.order[place], self.node(place));
        let pushed = node.inputs.iter().any(|input| input.processing == Processing::Push);
        let pulled = node.outputs.iter().any(|output| output.processing == Processing::Pull);
        let runs = self.plan.tasks.contains(&id);
        let inline = if self.shared[id] { "#[inline(never)]" } else { "#[inline]" };
        let mut methods = Vec::new();
        let comment = format!("        // {}", node.location);
        if pushed {
            methods.push(format!(
                "    {inline}\n    fn push_in(&mut self, port: usize, packet: Packet) {{\n\
                 {comment}\n        within(|| {id}, || self.element.push(port, packet, &mut self.then));\n    }}\n"
            ));
        }
        if pulled {
            methods.push(format!(
                "    {inline}\n    fn pull_out(&mut self, port: usize) -> Option<Packet> {{\n\
                 {comment}\n        within(|| {id}, || self.element.pull(port, &mut self.then))\n    }}\n"
            ));
        }
        if runs {
            methods.push(format!(
                "    #[inline]\n    fn run(&mut self) -> Progress {{\n\
                 {comment}\n        within(|| {id}, || self.element.run(&mut self.then))\n    }}\n"
            ));
        }
        match &methods[..] {
            [] => Ok(()),
            _ => write!(out, "\nimpl {} {{\n{}}}\n", self.name(place), methods.join("\n")),
        }
    }

    /// The struct at `place` as the edges of the element before it.
    fn neighbours(&self, out: &mut String, place: usize) -> fmt::Result {
        let node = self.node(place - 1);
        writeln!(out, "\n/// The neighbours of `{}`.", node.name)?;
        writeln!(out, "impl Edges for {} {{", self.name(place))?;
        self.push(out, place, node)?;
        self.pull(out, place, node)?;
        self.room(out, place, node)?;
        writeln!(out, "    #[inline]\n    fn inputs(&self) -> usize {{")?;
        writeln!(out, "        {}\n    }}", node.inputs.len())?;
        writeln!(out, "\n    #[inline]\n    fn outputs(&self) -> usize {{")?;
        writeln!(out, "        {}\n    }}\n}}", node.outputs.len())
    }

    fn push(&self, out: &mut String, place: usize, node: &Node) -> fmt::Result {
        let pushes = || {
            let outputs = node.outputs.iter().enumerate();
            outputs.filter(|(_, output)| output.processing == Processing::Push)
        };
        writeln!(out, "    #[inline]")?;
        if pushes().next().is_none() {
            writeln!(out, "    fn push(&mut self, _: usize, _: Packet) {{}}\n")?;
            return Ok(());
        }
        writeln!(out, "    fn push(&mut self, port: usize, packet: Packet) {{")?;
        writeln!(out, "        match port {{")?;
        for (port, output) in pushes() {
            let (comment, call) = self.push_call(place, output);
            writeln!(out, "            // {comment}\n            {port} => self{call},")?;
        }
        writeln!(out, "            _ => drop(packet),\n        }}\n    }}\n")
    }

    /// Where a push leads in the graph's words, and the call.
    fn push_call(&self, place: usize, output: &Output) -> (String, String) {
        match output.target {
            Some(Target::Forward { node, port }) => {
                let to = self.to(place, self.places[node]);
                let Node { name, location, .. } = &self.plan.nodes[node];
                (format!("{location}: [{port}] {name}"), format!("{to}.push_in({port}, packet)"))
            }
            Some(Target::Back(edge)) => {
                let to = self.plan.back_edges[edge];
                let Node { name, location, .. } = &self.plan.nodes[to.node];
                let comment = format!("{location}: back to [{}] {name}", to.port);
                (comment, format!(".backlog().push({edge}, packet)"))
            }
            None => ("not connected".into(), ".backlog().unconnected(packet)".into()),
        }
    }

    fn pull(&self, out: &mut String, place: usize, node: &Node) -> fmt::Result {
        let sources =
            || node.inputs.iter().enumerate().filter_map(|(i, input)| input.source.map(|s| (i, s)));
        if sources().next().is_none() {
            return Ok(());
        }
        writeln!(out, "    #[inline]")?;
        writeln!(out, "    fn pull(&mut self, port: usize) -> Option<Packet> {{")?;
        writeln!(out, "        match port {{")?;
        for (input, (from, port)) in sources() {
            let way = self.to(place, self.places[from]);
            let Node { name, location, .. } = &self.plan.nodes[from];
            writeln!(out, "            // {location}: {name} [{port}]")?;
            writeln!(out, "            {input} => self{way}.pull_out({port}),")?;
        }
        writeln!(out, "            _ => None,\n        }}\n    }}\n")
    }

    fn room(&self, out: &mut String, place: usize, node: &Node) -> fmt::Result {
        let limited =
            || node.outputs.iter().enumerate().filter(|(_, output)| !output.limits.is_empty());
        if limited().next().is_none() {
            return Ok(());
        }
        writeln!(out, "    #[inline]")?;
        writeln!(out, "    fn room(&self, port: usize) -> usize {{")?;
        writeln!(out, "        let mut room = usize::MAX;")?;
        writeln!(out, "        match port {{")?;
        for (port, output) in limited() {
            writeln!(out, "            {port} => {{")?;
            for limit in &output.limits {
                let sink = self.places[limit.node];
                let way = match sink == place {
                    true => String::new(),
                    false => format!(".at::<{}>()", self.name(sink)),
                };
                let Node { name, location, .. } = &self.plan.nodes[limit.node];
                let (port, packets) = (limit.port, limit.packets);
                writeln!(out, "                // {location}: {name}")?;
                writeln!(out, "                let sink = &self{way}.element;")?;
                writeln!(out, "                room = room.min(sink.room({port}, {packets}));")?;
            }
            writeln!(out, "            }}")?;
        }
        writeln!(out, "            _ => {{}}\n        }}\n        room\n    }}\n")
    }

    /// The whole graph, as the loop sees it.
    fn graph(&self, out: &mut String) -> fmt::Result {
        writeln!(
            out,
            "\n/// The graph.\n// On a cache line: what elements count together is then on one, too.\n#[repr(align(64))]\npub struct Compiled {{\n    first: {},\n}}",
            self.name(0)
        )?;
        out.push_str(GRAPH);
        self.run(out)?;
        self.drain(out)?;
        out.push_str(HANDLERS);
        Ok(())
    }

    fn run(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "    #[inline]\n    fn run(&mut self, task: usize) -> Progress {{")?;
        writeln!(out, "        match task {{")?;
        for (task, &node) in self.plan.tasks.iter().enumerate() {
            let Node { name, location, .. } = &self.plan.nodes[node];
            let way = self.to(0, self.places[node]);
            writeln!(out, "            // {location}: {name}")?;
            writeln!(out, "            {task} => self.first{way}.run(),")?;
        }
        writeln!(out, "            _ => Progress::Idle,\n        }}\n    }}\n")
    }

    fn drain(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "    #[inline]\n    fn drain(&mut self) -> bool {{")?;
        if self.plan.back_edges.is_empty() {
            return writeln!(out, "        false\n    }}\n");
        }
        writeln!(out, "        for _ in 0..Backlog::DRAIN {{")?;
        writeln!(out, "            match self.first.backlog().pop() {{")?;
        writeln!(out, "                None => return false,")?;
        for (i, edge) in self.plan.back_edges.iter().enumerate() {
            let Node { name, location, .. } = &self.plan.nodes[edge.node];
            let way = self.to(0, self.places[edge.node]);
            writeln!(out, "                // {location}: [{}] {name}", edge.port)?;
            writeln!(out, "                Some(({i}, packet)) => {{")?;
            writeln!(out, "                    self.first{way}.push_in({}, packet);", edge.port)?;
            writeln!(out, "                }}")?;
        }
        writeln!(out, "                Some((_, packet)) => drop(packet),")?;
        writeln!(out, "            }}\n        }}")?;
        writeln!(out, "        !self.first.backlog().is_empty()\n    }}\n")
    }

    /// The shape as a string over several lines.
    fn topology(&self, out: &mut String) -> fmt::Result {
        let text = self.plan.topology();
        let lines: Vec<String> = text.split('\n').map(|l| l.escape_default().to_string()).collect();
        writeln!(out, "\n/// The shape that this code was made for: nodes, and who calls whom.")?;
        writeln!(out, "pub const TOPOLOGY: &str = \"\\\n{}\";", lines.join("\n"))
    }
}

/// What is one function, whoever calls it: joins, every so many elements of a
/// chain, and what wide elements push to. Otherwise code would multiply along
/// the paths.
fn shared(plan: &Plan, places: &[usize]) -> Vec<bool> {
    let mut pushes = vec![0; plan.nodes.len()];
    let mut shared: Vec<bool> =
        places.iter().map(|&place| place > 0 && place.is_multiple_of(INLINED)).collect();
    for node in &plan.nodes {
        for to in forward(node) {
            pushes[to] += 1;
            shared[to] |= node.outputs.len() > WIDE;
        }
    }
    for edge in &plan.back_edges {
        pushes[edge.node] += 1;
    }
    for (shared, pushes) in shared.iter_mut().zip(pushes) {
        *shared |= pushes > 1;
    }
    // What every packet changes in these elements is more than registers hold.
    // Inlined into a loop over packets, it is written twice: to the elements
    // and to where the compiler keeps it for the next packet.
    for &task in &plan.tasks {
        for to in forward(&plan.nodes[task]) {
            shared[to] |= changing(plan, &shared, to) > CHANGING;
        }
    }
    shared
}

/// The nodes that pushes of `node` lead to.
fn forward(node: &Node) -> impl Iterator<Item = NodeId> {
    node.outputs.iter().filter_map(|output| match output.target {
        Some(Target::Forward { node, .. }) => Some(node),
        _ => None,
    })
}

/// How many of the elements that a push to `node` inlines take part in
/// flushes, and so have something that a burst changes.
fn changing(plan: &Plan, shared: &[bool], node: NodeId) -> usize {
    let mut count = 0;
    let mut left = vec![node];
    while let Some(node) = left.pop() {
        if shared[node] {
            continue;
        }
        count += usize::from(plan.flushes.contains(&node));
        left.extend(forward(&plan.nodes[node]));
    }
    count
}

const HEADER: &str = "\
// Emitted by pkgraph: a packet graph as one run-to-completion loop.
//
// Each struct holds an element and, in `then`, everything that the element
// can reach. `then` is the `Edges` of the element: a push is a method call
// into it, which the compiler inlines. `to` and `at` lead to a struct further
// on, `reach!` says by which way.

#![allow(dead_code, unused_imports, unused_mut, clippy::all)]

use CORE::runtime::{
    Backlog, Context, Edges, EngineDrops, Graph, HandlerError, NodeId, Packet, Plan, Progress,
    StartError, Value, within,
};
use CORE::{Element, Reach, Stage, reach, stage};
";

const GRAPH: &str = "
impl Compiled {
    /// Starts the elements of `plan`, which has this topology.
    pub fn start(plan: &Plan, context: &mut Context) -> Result<Compiled, StartError> {
        let first = Stage::start(plan, context)?;
        Ok(Compiled { first })
    }
}

impl Graph for Compiled {
";

const HANDLERS: &str = "    #[inline]
    fn flush(&mut self) {
        self.first.flush();
    }

    fn read(&self, node: NodeId, handler: &str) -> Result<Value, HandlerError> {
        self.first.read(node, handler)
    }

    fn write(&mut self, node: NodeId, handler: &str, value: &str) -> Result<(), HandlerError> {
        self.first.write(node, handler, value)
    }

    fn dropped(&self) -> EngineDrops {
        self.first.dropped()
    }
}
";
