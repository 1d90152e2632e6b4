//! A bench for each element of the library, made from its declared example: no
//! list is kept here.

use criterion::{BatchSize, Criterion, Throughput};
use pkgraph_elements::{Builtin, Dynamic, ElementSet};
use pkgraph_lang::{Catalogue, Source, compile};
use pkgraph_runtime::{Clock, Context, Graph, Nanos, Plan, Region, Runner};

/// Packets of a source that has a limit, instead of the few of the example.
const PACKETS: u64 = 1000;
/// The clock moves in steps of this.
const STEP: Nanos = 1_000_000;
/// Steps that an example has to end in.
const STEPS: usize = 10_000;

/// Runs each example that needs no network to its end, on the dynamic engine.
pub fn all(criterion: &mut Criterion) {
    let catalogue = Catalogue::new(Builtin::CATALOGUE);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trace = folder.path().join("trace.pcap").display().to_string();
    let mut plans: Vec<(&str, Plan)> = Vec::new();
    for info in catalogue.iter() {
        let text = info.example.replace("trace.pcap", &trace);
        let source = Source { name: format!("the example of {}", info.name), text };
        let plan = compile(&source, &[], &catalogue).expect("an example has no errors");
        let opens = |class: &str| catalogue.get(class).is_some_and(|info| info.sockets);
        if !plan.nodes.iter().any(|node| opens(&node.class)) {
            plans.push((info.name, plan));
        }
    }
    // What reads the file runs after what writes it.
    plans.sort_by_key(|(_, plan)| plan.nodes.iter().any(|node| node.class == "FromDump"));
    let mut group = criterion.benchmark_group("element");
    group.throughput(Throughput::Elements(PACKETS));
    for (name, plan) in &plans {
        group.bench_function(*name, |bencher| {
            bencher.iter_batched_ref(|| Run::start(plan), Run::finish, BatchSize::LargeInput);
        });
    }
    group.finish();
}

/// A graph that has started.
struct Run {
    runner: Runner<Dynamic<Builtin>>,
    context: Context,
}

impl Run {
    fn start(plan: &Plan) -> Run {
        let mut context = Context::new(Clock::manual(), Region::new(4096, Region::BUFFER_SIZE));
        let mut runner = Runner::start(plan, &mut context, Dynamic::start).expect("it starts");
        for (id, node) in plan.nodes.iter().enumerate() {
            // Sources with a limit, and what ends a run after so many packets.
            if node.handlers.iter().any(|handler| handler.name == "limit" && handler.write) {
                let limit = PACKETS.to_string();
                runner.graph_mut().write(id, "limit", &limit).expect("a number");
            }
        }
        Run { runner, context }
    }

    /// Runs until an element ends the run.
    fn finish(&mut self) {
        let (clock, stop) = (self.context.clock(), self.context.stop());
        for _ in 0..STEPS {
            self.runner.settle(1_000_000).expect("epoll waits");
            if stop.get() {
                return;
            }
            clock.advance(STEP);
        }
        panic!("the example does not end");
    }
}
