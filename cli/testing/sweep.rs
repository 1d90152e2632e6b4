//! What every element of a set has to keep to, compared with its declaration.

use pkgraph_elements::{Builtin, Dynamic, ElementSet};
use pkgraph_lang::{Catalogue, Source, compile};
use pkgraph_runtime::{
    Args, Clock, Context, Edges, ElementInfo, Entry, Graph, Packet, Plan, Region, Runner,
};
use std::path::PathBuf;

/// Compares the elements of `S` with their declarations, and panics with all
/// that is wrong. Of a set that `element_set!` made, these are the crate's own.
///
/// - Each default is a value of its argument's type.
/// - An element has a `run` if it declares `task`, and a `flush` if it declares
///   that, and else none.
/// - The example is a graph without errors that has the element in it. It runs to its
///   end by itself, with the handlers at its end that `output` says, unless it
///   opens sockets.
/// - No element is called like a built-in one, unless it declares `replaces`.
///
/// Files in the examples are in a temporary folder.
pub fn check_elements<S: ElementSet>() {
    let catalogue = Catalogue::new(S::CATALOGUE);
    let own =
        S::CATALOGUE.iter().skip(if S::HOME.is_some() { Builtin::CATALOGUE.len() } else { 0 });
    let own: Vec<&ElementInfo> = own.copied().collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut faults = Vec::new();
    let mut plans = Vec::new();
    for info in &own {
        let mut fault = |what: String| faults.push(format!("{}: {what}", info.name));
        for arg in info.args.iter().filter(|arg| !arg.default.is_empty()) {
            if let Err(why) = (arg.parse)(arg.default) {
                fault(format!("the default of {}: {why}", arg.name));
            }
        }
        let is_builtin = Builtin::CATALOGUE.iter().any(|builtin| builtin.name == info.name);
        if S::HOME.is_some() && is_builtin && !info.replaces {
            fault(
                "there is a built-in element of this name: choose another, or declare `replaces`"
                    .into(),
            );
        }
        match example(info, &catalogue, folder.path().join("trace.pcap")) {
            Ok(plan) => plans.push((*info, plan)),
            Err(why) => fault(format!("its example: {why}")),
        }
    }
    // Those that write files come before those that read them.
    plans.sort_by_key(|(_, plan)| plan.nodes.iter().any(|node| node.class == "FromDump"));
    for (info, plan) in &plans {
        let opens = |class: &str| catalogue.get(class).is_some_and(|info| info.sockets);
        if !plan.nodes.iter().any(|node| opens(&node.class))
            && let Err(why) = run::<S>(info, plan)
        {
            faults.push(format!("{}: its example: {why}", info.name));
        }
        if let Some(why) = entries::<S>(info, plan) {
            faults.push(format!("{}: {why}", info.name));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// The Plan of an element's example.
fn example(info: &ElementInfo, catalogue: &Catalogue, trace: PathBuf) -> Result<Plan, String> {
    let text = info.example.replace("trace.pcap", &trace.display().to_string());
    let source = Source { name: format!("the example of {}", info.name), text };
    let plan = compile(&source, &[], catalogue).map_err(|errors| {
        let messages: Vec<&str> = errors.iter().map(|error| &*error.message).collect();
        messages.join("; ")
    })?;
    match plan.nodes.iter().any(|node| node.class == info.name) {
        true => Ok(plan),
        false => Err("it does not have the element".into()),
    }
}

/// Seconds of its clock that an example runs at most, in steps of a millisecond.
const LIMIT: usize = 5;

/// Runs an example to its end and compares what handlers read then.
fn run<S: ElementSet>(info: &ElementInfo, plan: &Plan) -> Result<(), String> {
    let mut context = Context::new(Clock::manual(), Region::new(256, Region::BUFFER_SIZE));
    let (clock, stop) = (context.clock(), context.stop());
    let mut runner = Runner::start(plan, &mut context, Dynamic::<S>::start)
        .map_err(|error| format!("it does not start: {error}"))?;
    for _ in 0..LIMIT * 1000 {
        let rests = runner.settle(100_000).map_err(|error| error.to_string())?;
        if stop.get() {
            return compare(info, plan, runner.graph());
        }
        if !rests {
            return Err("it never rests".into());
        }
        clock.advance(1_000_000);
    }
    Err(format!("it does not end within {LIMIT} s"))
}

fn compare(info: &ElementInfo, plan: &Plan, graph: &impl Graph) -> Result<(), String> {
    for line in info.output.lines() {
        let (path, expected) =
            line.split_once(": ").ok_or("`output` has lines NAME.HANDLER: VALUE")?;
        let (name, handler) =
            path.rsplit_once('.').ok_or("`output` has lines NAME.HANDLER: VALUE")?;
        let node = plan.find(name).ok_or_else(|| format!("`output`: there is no {name}"))?;
        let value = graph.read(node, handler).map_err(|error| format!("{path}: {error}"))?;
        if value.to_string().trim_end() != expected {
            return Err(format!("{path} is {value}, not {expected}"));
        }
    }
    Ok(())
}

/// How the entry points of an element differ from its declaration.
fn entries<S: ElementSet>(info: &ElementInfo, plan: &Plan) -> Option<String> {
    let node = plan.nodes.iter().find(|node| node.class == info.name)?;
    let args: &Args = &node.args;
    let mut context = Context::new(Clock::manual(), Region::new(64, Region::BUFFER_SIZE));
    let mut element = match S::start(info.name, args, &mut context)? {
        Ok(element) => element,
        // An interface or a right may be missing here.
        Err(_) if info.sockets => return None,
        Err(why) => return Some(format!("it does not start: {why}")),
    };
    let mut probe = Probe { inputs: node.inputs.len(), outputs: node.outputs.len(), heard: vec![] };
    element.run(&mut probe);
    element.flush(&mut probe);
    for (entry, declared, option, method) in
        [(Entry::Run, info.task, "task", "run"), (Entry::Flush, info.flush, "flush", "flush")]
    {
        let has = !probe.heard.contains(&entry);
        if has && !declared {
            return Some(format!("it has a `{method}` that nobody calls: declare `{option}`"));
        }
        if !has && declared {
            return Some(format!("it declares `{option}` and has no `{method}`"));
        }
    }
    None
}

/// Edges that hear which entry points are the default ones.
struct Probe {
    inputs: usize,
    outputs: usize,
    heard: Vec<Entry>,
}

impl Edges for Probe {
    fn push(&mut self, _: usize, packet: Packet) {
        drop(packet);
    }

    fn inputs(&self) -> usize {
        self.inputs
    }

    fn outputs(&self) -> usize {
        self.outputs
    }

    fn is_default(&mut self, entry: Entry) {
        self.heard.push(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_elements_keep_to_their_declarations() {
        check_elements::<Builtin>();
    }
}
