//! What a run of a graph leaves behind, as text: the same text from both
//! engines, or they differ. This file is also part of the crate of compiled
//! graphs, so it uses the runtime alone.

use pkgraph_runtime::{Clock, Context, Graph, Plan, Region, Runner, StartError};
use std::fmt::Write;

/// How a graph is run.
#[derive(Clone, Copy)]
pub struct Conditions {
    /// Buffers in the pool.
    pub buffers: u32,
    /// Rounds after which a graph that never rests is cut off.
    pub rounds: usize,
}

/// Runs the graph until it rests, then reads every handler of every element,
/// takes it down, and looks whether every buffer is home.
pub fn trace<G: Graph>(
    plan: &Plan,
    conditions: Conditions,
    start: impl FnOnce(&Plan, &mut Context) -> Result<G, StartError>,
) -> String {
    let pool = Region::new(conditions.buffers, 256);
    let mut context = Context::new(Clock::manual(), pool);
    let mut runner = match Runner::start(plan, &mut context, start) {
        Ok(runner) => runner,
        Err(error) => return format!("{error:?}\n"),
    };
    let mut text = String::new();
    match runner.settle(conditions.rounds) {
        Ok(rested) => _ = writeln!(text, "rested: {rested}"),
        Err(error) => _ = writeln!(text, "{error}"),
    }
    handlers(&mut text, plan, runner.graph());
    let dropped = runner.graph().dropped();
    let regions = context.regions().to_vec();
    drop(runner);
    drop(context);
    let _ = writeln!(text, "{dropped:?}");
    let missing: usize = regions.iter().map(|r| r.owned() - r.available()).sum();
    let exhausted: u64 = regions.iter().map(|r| r.exhausted()).sum();
    let _ = writeln!(text, "missing buffers: {missing}, exhausted {exhausted} times");
    text
}

/// Every handler that can be read.
pub fn handlers<G: Graph>(text: &mut String, plan: &Plan, graph: &G) {
    for (id, node) in plan.nodes.iter().enumerate() {
        for handler in node.handlers.iter().filter(|handler| handler.read) {
            let value = graph.read(id, &handler.name).map(|value| value.to_string());
            let _ = writeln!(text, "{}.{} = {value:?}", node.name, handler.name);
        }
    }
}
