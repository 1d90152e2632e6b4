//! Runs an example to its end on an engine. This file is also part of the
//! crate of compiled examples, so it uses the runtime alone.

use pkgraph_runtime::{Clock, Context, Graph, Plan, Region, Runner, StartError};
use std::fmt::Write;

/// How long an example runs at most, in ms of its clock.
const LIMIT: usize = 5000;

/// The values of all handlers when the example has ended the run.
pub fn run<G: Graph>(
    plan: &Plan,
    start: impl FnOnce(&Plan, &mut Context) -> Result<G, StartError>,
) -> Result<String, String> {
    let mut context = Context::new(Clock::manual(), Region::new(256, Region::BUFFER_SIZE));
    let (clock, stop) = (context.clock(), context.stop());
    let mut runner =
        Runner::start(plan, &mut context, start).map_err(|error| format!("{error:?}"))?;
    for _ in 0..LIMIT {
        let rests = runner.settle(100_000).map_err(|error| error.to_string())?;
        if stop.get() {
            break;
        }
        if !rests {
            return Err("it never rests".into());
        }
        clock.advance(1_000_000);
    }
    if !stop.get() {
        return Err("it does not end".into());
    }
    let mut text = String::new();
    for (id, node) in plan.nodes.iter().enumerate() {
        for handler in node.handlers.iter().filter(|handler| handler.read) {
            let value = runner.graph().read(id, &handler.name);
            let value =
                value.map_err(|error| format!("{}.{}: {error}", node.name, handler.name))?;
            // Writing to a String does not fail.
            let _ = writeln!(text, "{}.{} = {:?}", node.name, handler.name, value.to_string());
        }
    }
    Ok(text)
}
