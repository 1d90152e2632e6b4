//! Runs a case on an engine. This file is also part of the crate of compiled
//! cases, so it uses the runtime alone.

use crate::case::{Assignment, Case, Step, seen};
use pkgraph_runtime::{Clock, Context, Graph, Nanos, NodeId, Plan, Region, Runner, StartError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// The clock moves in steps of this.
const STEP: Nanos = 1_000_000;
/// Rounds in which a graph has to come to rest.
const ROUNDS: usize = 100_000;

/// Runs a case; the error is the first thing that is not as expected.
pub fn run<G: Graph>(
    text: &str,
    plan: &Plan,
    start: impl FnOnce(&Plan, &mut Context) -> Result<G, StartError>,
) -> Result<(), String> {
    let case = Case::read(text)?;
    // A panic in one case must not hide which it was, nor the others.
    catch_unwind(AssertUnwindSafe(|| checked(&case, plan, start)))
        .unwrap_or_else(|_| Err("the engine panics".into()))
}

fn checked<G: Graph>(
    case: &Case,
    plan: &Plan,
    start: impl FnOnce(&Plan, &mut Context) -> Result<G, StartError>,
) -> Result<(), String> {
    let pool = Region::new(case.buffers, Region::BUFFER_SIZE);
    let mut context = Context::new(Clock::manual(), pool);
    let clock = context.clock();
    let runner = Runner::start(plan, &mut context, start)
        .map_err(|error| format!("it does not start: {error:?}"))?;
    let looked_at = vec![0; case.outputs()];
    let mut run = Run { plan, runner, clock, looked_at };
    for (line, step) in &case.steps {
        run.step(step).map_err(|why| format!("line {line}: {why}"))?;
    }
    run.settle()?;
    for port in 0..case.outputs() {
        compare(&format!("the end: output {port}"), &[], &run.output(port)?)?;
    }
    let regions = context.regions().to_vec();
    drop(run);
    drop(context);
    match regions.iter().map(|r| r.owned() - r.available()).sum() {
        0usize => Ok(()),
        missing => Err(format!("the end: {missing} buffers are missing")),
    }
}

struct Run<'a, G> {
    plan: &'a Plan,
    runner: Runner<G>,
    clock: Rc<Clock>,
    /// Packets of each output that expectations have dealt with.
    looked_at: Vec<usize>,
}

impl<G: Graph> Run<'_, G> {
    fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Input(input) => self.write_to(&format!("in{input}.active"), "true"),
            Step::Write(lines) => lines.iter().try_for_each(|line| {
                let value = &line.value;
                self.write(line).map_err(|why| format!("{} = {value}: {why}", line.handler))
            }),
            Step::Refuse(lines) => lines.iter().try_for_each(|line| match self.write(line) {
                Err(_) => Ok(()),
                Ok(()) => Err(format!("{} takes {:?}", line.handler, line.value)),
            }),
            Step::Run(time) => {
                self.settle()?;
                let end = self.clock.now() + time;
                while self.clock.now() < end {
                    self.clock.advance(STEP.min(end - self.clock.now()));
                    self.settle()?;
                }
                Ok(())
            }
            Step::Output(port, expected) => {
                self.settle()?;
                let came = self.output(*port)?;
                compare(&format!("output {port}"), expected, &came)
            }
            Step::Outputs(expected) => {
                self.settle()?;
                let mut came = Vec::new();
                for port in 0..self.looked_at.len() {
                    let packets = self.packets(port)?;
                    came.extend(packets.into_iter().map(|(n, packet)| (n, port, packet)));
                }
                came.sort();
                let came: Vec<String> = came
                    .into_iter()
                    .map(|(_, port, packet)| format!("[{port}] {packet}"))
                    .collect();
                compare("outputs", expected, &came)
            }
            Step::Handlers(lines) => {
                self.settle()?;
                lines.iter().try_for_each(|Assignment { handler, value, is_line }| {
                    let read = self.read(handler)?;
                    match is_line {
                        true if read.lines().any(|line| line == value) => Ok(()),
                        true => Err(format!("{handler} is {read:?}, without {value:?}")),
                        false if read.trim_end() == value.trim_end() => Ok(()),
                        false => Err(format!("{handler} is {read:?}, not {value:?}")),
                    }
                })
            }
        }
    }

    fn settle(&mut self) -> Result<(), String> {
        match self.runner.settle(ROUNDS) {
            Ok(true) => Ok(()),
            Ok(false) => Err("the graph never rests".into()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The packets of an output that nobody has looked at, as text.
    fn output(&mut self, port: usize) -> Result<Vec<String>, String> {
        Ok(self.packets(port)?.into_iter().map(|(_, packet)| packet).collect())
    }

    /// The same, each with its place among those of all outputs.
    fn packets(&mut self, port: usize) -> Result<Vec<(u64, String)>, String> {
        let text = self.read_from(&format!("out{port}.packets"))?;
        let packets = text.lines().skip(self.looked_at[port]).map(|line| {
            let mut parts = line.split(' ');
            let mut part = || parts.next().unwrap_or_default();
            let (place, paint, octets) = (part(), part(), part());
            Some((place.parse().ok()?, seen(octets, paint.parse().ok())))
        });
        let packets: Option<Vec<_>> = packets.collect();
        let packets = packets.ok_or_else(|| format!("Record says {text:?}"))?;
        self.looked_at[port] += packets.len();
        Ok(packets)
    }

    /// Reads a handler of the case's own graph, or of the engine.
    fn read(&self, handler: &str) -> Result<String, String> {
        let dropped = self.runner.graph().dropped();
        match handler {
            "engine.unconnected" => Ok(dropped.unconnected.to_string()),
            "engine.back_edge_full" => Ok(dropped.back_edge_full.to_string()),
            _ => self.read_from(&format!("case/{handler}")),
        }
    }

    fn write(&mut self, line: &Assignment) -> Result<(), String> {
        self.write_to(&format!("case/{}", line.handler), &line.value)
    }

    fn read_from(&self, handler: &str) -> Result<String, String> {
        let (node, name) = self.find(handler)?;
        let value = self.runner.graph().read(node, name);
        value.map(|value| value.to_string()).map_err(|error| format!("{handler}: {error}"))
    }

    fn write_to(&mut self, handler: &str, value: &str) -> Result<(), String> {
        let (node, name) = self.find(handler)?;
        self.runner.graph_mut().write(node, name, value).map_err(|error| error.to_string())
    }

    fn find<'h>(&self, handler: &'h str) -> Result<(NodeId, &'h str), String> {
        let (element, name) = handler.rsplit_once('.').ok_or("expected NAME.HANDLER")?;
        let node = self.plan.find(element).ok_or_else(|| format!("there is no {element}"))?;
        Ok((node, name))
    }
}

/// The first packet that differs.
fn compare(what: &str, expected: &[String], came: &[String]) -> Result<(), String> {
    for n in 0..expected.len().max(came.len()) {
        match (expected.get(n), came.get(n)) {
            (Some(expected), Some(came)) if expected == came => {}
            (Some(expected), Some(came)) => {
                return Err(format!("{what}, packet {n}: {came} came, not {expected}"));
            }
            (Some(expected), None) => {
                return Err(format!("{what}, packet {n}: {expected} did not come"));
            }
            (None, came) => {
                let came = came.map_or("", String::as_str);
                return Err(format!("{what}, packet {n}: {came} came too"));
            }
        }
    }
    Ok(())
}
