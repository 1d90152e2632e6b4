//! Plan to Rust: the graph as one monomorphized loop.
//!
//! Elements are nested in call order: a struct per element holds it and, in
//! `then`, the struct of the next one. What an element can reach is thus what
//! its `then` owns, and `then` itself is the [`Edges`] object of the element,
//! by safe borrows, without a heap, an enum or a table in the loop.
//!
//! The output is linear in the graph, up to the length of the paths between
//! neighbours, and the same for the same Plan. It decides nothing.
//!
//! [`Edges`]: pkgraph_runtime::Edges

use pkgraph_runtime::{Node, NodeId, Output, Plan, Processing, Target};
use std::fmt::{self, Write};

/// Elements of a chain that are inlined into one function at most, and nested
/// in one allocation.
const CHUNK: usize = 64;

/// Prints `plan` as a Rust module with a `pub struct Compiled` that implements
/// `pkgraph_runtime::Graph`. `path_of` gives the Rust path of a class, such as
/// `::pkgraph_elements::Counter`.
pub fn emit(plan: &Plan, path_of: impl Fn(&str) -> &'static str) -> String {
    let mut out = String::new();
    Emitter::new(plan, &path_of).module(&mut out).expect("writing to a String does not fail");
    out
}

struct Emitter<'a> {
    plan: &'a Plan,
    path_of: &'a dyn Fn(&str) -> &'static str,
    /// Where each node is in call order.
    places: Vec<usize>,
    /// How many push edges lead to each node.
    joins: Vec<usize>,
}

impl<'a> Emitter<'a> {
    fn new(plan: &'a Plan, path_of: &'a dyn Fn(&str) -> &'static str) -> Emitter<'a> {
        let mut places = vec![0; plan.nodes.len()];
        for (place, &node) in plan.order.iter().enumerate() {
            places[node] = place;
        }
        let mut joins = vec![0; plan.nodes.len()];
        for output in plan.nodes.iter().flat_map(|node| &node.outputs) {
            if let Some(Target::Forward { node, .. }) = output.target {
                joins[node] += 1;
            }
        }
        for edge in &plan.back_edges {
            joins[edge.node] += 1;
        }
        Emitter { plan, path_of, places, joins }
    }

    fn module(&self, out: &mut String) -> fmt::Result {
        out.push_str(HEADER);
        writeln!(out, "pub const TOPOLOGY: &str = {:?};", self.plan.topology())?;
        for place in 0..=self.plan.order.len() {
            self.stage(out, place)?;
        }
        self.graph(out)
    }

    fn node(&self, place: usize) -> &'a Node {
        &self.plan.nodes[self.plan.order[place]]
    }

    /// The name of the struct at `place`.
    fn name(&self, place: usize) -> String {
        match self.plan.order.get(place) {
            Some(&node) => format!("{}{place}", self.plan.nodes[node].class),
            None => "End".to_string(),
        }
    }

    /// Whether `place` starts a chunk, so that its predecessor boxes it.
    fn starts_chunk(&self, place: usize) -> bool {
        place > 0 && place.is_multiple_of(CHUNK) && place < self.plan.order.len()
    }

    /// The expression that leads from the struct at place `from` to that at `to`.
    fn path(&self, from: usize, to: usize) -> String {
        format!("self{}", ".then".repeat(to - from))
    }

    /// How the element at `place` names its edges, in a method of its struct.
    fn edges(&self, place: usize) -> &'static str {
        if self.starts_chunk(place + 1) { "&mut *self.then" } else { "&mut self.then" }
    }

    /// The struct at `place`, the ways into its element, and its role as the
    /// edges of the element before it.
    fn stage(&self, out: &mut String, place: usize) -> fmt::Result {
        let name = self.name(place);
        if place == self.plan.order.len() {
            writeln!(
                out,
                "\nstage! {{\n    /// The end: what no element owns.\n    struct End\n}}"
            )?;
        } else {
            let node = self.node(place);
            let mut then = self.name(place + 1);
            if self.starts_chunk(place + 1) {
                then = format!("Box<{then}>");
            }
            writeln!(out, "\nstage! {{")?;
            writeln!(out, "    /// `{} :: {}`, {}", node.name, node.class, node.location)?;
            writeln!(out, "    struct {name} {{")?;
            writeln!(out, "        element: {},", (self.path_of)(&node.class))?;
            writeln!(out, "        node: {},", self.plan.order[place])?;
            writeln!(out, "        then: {then}")?;
            writeln!(out, "    }}\n}}")?;
            self.entries(out, place)?;
        }
        if place > 0 { self.neighbours(out, place) } else { Ok(()) }
    }

    /// `push_in` and `pull_out`: the ways into the element at `place`.
    fn entries(&self, out: &mut String, place: usize) -> fmt::Result {
        let (id, node) = (self.plan.order[place], self.node(place));
        let pushed = node.inputs.iter().any(|input| input.processing == Processing::Push);
        let pulled = node.outputs.iter().any(|output| output.processing == Processing::Pull);
        if !pushed && !pulled {
            return Ok(());
        }
        // A join is one function, whoever calls it, and so is the start of a
        // chunk: otherwise code would multiply along the paths.
        let shared = self.joins[id] > 1 || self.starts_chunk(place);
        let inline = if shared { "#[inline(never)]" } else { "#[inline]" };
        let edges = self.edges(place);
        writeln!(out, "\nimpl {} {{", self.name(place))?;
        if pushed {
            writeln!(out, "    {inline}")?;
            writeln!(out, "    fn push_in(&mut self, port: usize, packet: Packet) {{")?;
            writeln!(out, "        self.element.push(port, packet, {edges});")?;
            writeln!(out, "    }}")?;
        }
        if pushed && pulled {
            writeln!(out)?;
        }
        if pulled {
            writeln!(out, "    {inline}")?;
            writeln!(out, "    fn pull_out(&mut self, port: usize) -> Option<Packet> {{")?;
            writeln!(out, "        self.element.pull(port, {edges})")?;
            writeln!(out, "    }}")?;
        }
        writeln!(out, "}}")
    }

    /// The struct at `place` as the edges of the element before it.
    fn neighbours(&self, out: &mut String, place: usize) -> fmt::Result {
        let node = self.node(place - 1);
        writeln!(out, "\n/// The neighbours of `{}`.", node.name)?;
        writeln!(out, "impl Edges for {} {{", self.name(place))?;
        self.push(out, place, node)?;
        writeln!(out)?;
        self.pull(out, place, node)?;
        writeln!(out)?;
        self.room(out, place, node)?;
        writeln!(out, "\n    #[inline]\n    fn inputs(&self) -> usize {{")?;
        writeln!(out, "        {}\n    }}", node.inputs.len())?;
        writeln!(out, "\n    #[inline]\n    fn outputs(&self) -> usize {{")?;
        writeln!(out, "        {}\n    }}\n}}", node.outputs.len())
    }

    fn push(&self, out: &mut String, place: usize, node: &Node) -> fmt::Result {
        writeln!(out, "    #[inline]\n    fn push(&mut self, port: usize, packet: Packet) {{")?;
        writeln!(out, "        match port {{")?;
        for (port, output) in node.outputs.iter().enumerate() {
            if output.processing == Processing::Push {
                let call = self.push_call(place, output);
                writeln!(out, "            {port} => {call}, {}", self.comment(output))?;
            }
        }
        writeln!(out, "            _ => drop(packet),\n        }}\n    }}")
    }

    fn push_call(&self, place: usize, output: &Output) -> String {
        match output.target {
            Some(Target::Forward { node, port }) => {
                format!("{}.push_in({port}, packet)", self.path(place, self.places[node]))
            }
            Some(Target::Back(edge)) => {
                let end = self.path(place, self.plan.order.len());
                format!("{end}.backlog.push({edge}, packet)")
            }
            None => {
                let end = self.path(place, self.plan.order.len());
                format!("{end}.backlog.unconnected(packet)")
            }
        }
    }

    /// Where a push leads, in the graph's words.
    fn comment(&self, output: &Output) -> String {
        let (to, how) = match output.target {
            Some(Target::Forward { node, port }) => ((node, port), "to"),
            Some(Target::Back(edge)) => {
                let edge = self.plan.back_edges[edge];
                ((edge.node, edge.port), "back to")
            }
            None => return "// not connected".to_string(),
        };
        let node = &self.plan.nodes[to.0];
        format!("// {how} [{}] {}, {}", to.1, node.name, node.location)
    }

    fn pull(&self, out: &mut String, place: usize, node: &Node) -> fmt::Result {
        let sources =
            || node.inputs.iter().enumerate().filter_map(|(i, input)| input.source.map(|s| (i, s)));
        writeln!(out, "    #[inline]")?;
        if sources().next().is_none() {
            writeln!(out, "    fn pull(&mut self, _: usize) -> Option<Packet> {{")?;
            return writeln!(out, "        None\n    }}");
        }
        writeln!(out, "    fn pull(&mut self, port: usize) -> Option<Packet> {{")?;
        writeln!(out, "        match port {{")?;
        for (input, (from, port)) in sources() {
            let path = self.path(place, self.places[from]);
            let Node { name, location, .. } = &self.plan.nodes[from];
            let comment = format!("// from {name} [{port}], {location}");
            writeln!(out, "            {input} => {path}.pull_out({port}), {comment}")?;
        }
        writeln!(out, "            _ => None,\n        }}\n    }}")
    }

    fn room(&self, out: &mut String, place: usize, node: &Node) -> fmt::Result {
        let limited =
            || node.outputs.iter().enumerate().filter(|(_, output)| !output.limits.is_empty());
        writeln!(out, "    #[inline]")?;
        if limited().next().is_none() {
            writeln!(out, "    fn room(&self, _: usize) -> usize {{")?;
            return writeln!(out, "        usize::MAX\n    }}");
        }
        writeln!(out, "    fn room(&self, port: usize) -> usize {{\n        match port {{")?;
        for (port, output) in limited() {
            let mut least = String::new();
            for (i, limit) in output.limits.iter().enumerate() {
                let path = self.path(place, self.places[limit.node]);
                let room = format!("{path}.element.room({}, {})", limit.port, limit.packets);
                least = if i == 0 { room } else { format!("({least}).min({room})") };
            }
            writeln!(out, "            {port} => {least},")?;
        }
        writeln!(out, "            _ => usize::MAX,\n        }}\n    }}")
    }

    /// The whole graph, as the loop sees it.
    fn graph(&self, out: &mut String) -> fmt::Result {
        let first = self.name(0);
        writeln!(out, "\n/// The graph.\npub struct Compiled {{\n    first: {first},\n}}")?;
        writeln!(out, "\nimpl Compiled {{")?;
        writeln!(out, "    /// Configures the elements of `plan`, which has this topology.")?;
        writeln!(out, "    pub fn new(plan: &Plan) -> Result<Compiled, (NodeId, ArgError)> {{")?;
        writeln!(out, "        Ok(Compiled {{ first: Stage::new(plan)? }})\n    }}\n}}")?;
        writeln!(out, "\nimpl Graph for Compiled {{")?;
        writeln!(
            out,
            "    fn init(&mut self, context: &mut Context) -> Result<(), InitError> {{\n        \
             self.first.init(context)\n    }}\n"
        )?;
        self.calls(out, "fn run(&mut self, task: usize) -> Progress", &self.plan.tasks)?;
        self.drain(out)?;
        self.flush(out)?;
        out.push_str(HANDLERS);
        let end = self.end();
        writeln!(out, "\n    fn dropped(&self) -> EngineDrops {{")?;
        writeln!(out, "        {end}.backlog.dropped()\n    }}\n}}")
    }

    /// The expression for the struct at `place`, in a method of `Compiled`.
    fn absolute(&self, place: usize) -> String {
        format!("self.first{}", ".then".repeat(place))
    }

    fn end(&self) -> String {
        self.absolute(self.plan.order.len())
    }

    fn calls(&self, out: &mut String, signature: &str, tasks: &[NodeId]) -> fmt::Result {
        writeln!(out, "    {signature} {{\n        match task {{")?;
        for (task, &node) in tasks.iter().enumerate() {
            let place = self.places[node];
            let at = self.absolute(place);
            let edges = self.edges(place).replace("self.", "at.");
            writeln!(out, "            // {}", self.plan.nodes[node].name)?;
            writeln!(out, "            {task} => {{")?;
            writeln!(out, "                let at = &mut {at};")?;
            writeln!(out, "                at.element.run({edges})\n            }}")?;
        }
        writeln!(out, "            _ => Progress::Idle,\n        }}\n    }}\n")
    }

    fn drain(&self, out: &mut String) -> fmt::Result {
        if self.plan.back_edges.is_empty() {
            return writeln!(
                out,
                "    #[inline]\n    fn drain(&mut self) -> bool {{\n        false\n    }}\n"
            );
        }
        let end = self.end();
        writeln!(out, "    #[inline]\n    fn drain(&mut self) -> bool {{")?;
        writeln!(out, "        for _ in 0..Backlog::DRAIN {{")?;
        writeln!(out, "            match {end}.backlog.pop() {{")?;
        writeln!(out, "                None => return false,")?;
        for (i, edge) in self.plan.back_edges.iter().enumerate() {
            let at = self.absolute(self.places[edge.node]);
            let call = format!("{at}.push_in({}, packet)", edge.port);
            writeln!(out, "                Some(({i}, packet)) => {call},")?;
        }
        writeln!(out, "                Some((_, packet)) => drop(packet),")?;
        writeln!(out, "            }}\n        }}")?;
        writeln!(out, "        !{end}.backlog.is_empty()\n    }}\n")
    }

    fn flush(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "    #[inline]\n    fn flush(&mut self) {{")?;
        for &node in &self.plan.flushes {
            let place = self.places[node];
            let edges = self.edges(place).replace("self.", "at.");
            writeln!(out, "        let at = &mut {};", self.absolute(place))?;
            writeln!(out, "        at.element.flush({edges});")?;
        }
        writeln!(out, "    }}\n")
    }
}

const HEADER: &str = "\
// Emitted by pkgraph: a packet graph as one run-to-completion loop.
//
// Each struct holds an element and, in `then`, everything that the element
// can reach. `then` is the `Edges` of the element: a push is a method call
// into it, which the compiler inlines.

#![allow(dead_code, unused_imports, clippy::all)]

use ::pkgraph_elements::runtime::{
    ArgError, Backlog, Context, Edges, EngineDrops, Graph, HandlerError, InitError, NodeId, Packet,
    Plan, Progress,
};
use ::pkgraph_elements::{Element, Stage, stage};

/// The shape that this code was made for.
";

const HANDLERS: &str =
    "    fn read(&self, node: NodeId, handler: &str) -> Result<String, HandlerError> {
        self.first.read(node, handler)
    }

    fn write(&mut self, node: NodeId, handler: &str, value: &str) -> Result<(), HandlerError> {
        self.first.write(node, handler, value)
    }
";
