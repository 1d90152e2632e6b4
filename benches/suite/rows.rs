//! The graphs of `benches/graphs` on both engines, in time per packet.

use criterion::{Criterion, Throughput};
use pkgraph_elements::{Builtin, Dynamic, ElementSet};
use pkgraph_lang::{Catalogue, Source, compile};
use pkgraph_runtime::{Clock, Context, Graph, Plan, Region, Runner, StartError};
use std::path::Path;

include!(concat!(env!("OUT_DIR"), "/benches.rs"));

/// Something that takes packets through a graph.
type Turn = Box<dyn FnMut(u64)>;

/// Packets of a turn; a source gives 32 in each round.
const PACKETS: u64 = 3200;

pub fn all(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/graphs");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder of bench graphs")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let mut group = criterion.benchmark_group("row");
    group.throughput(Throughput::Elements(PACKETS));
    for file in files {
        let name = file.file_stem().expect("a name").display().to_string();
        let text = std::fs::read_to_string(&file).expect("a bench graph");
        let source = Source { name: name.clone(), text };
        let plan = compile(&source, &[], &Catalogue::new(Builtin::CATALOGUE))
            .expect("a bench graph has no errors");
        let region = || Region::new(256, Region::BUFFER_SIZE);
        let mut turn = compiled(&name, &plan, region());
        group.bench_function(format!("{name}/compiled"), |b| b.iter(|| turn(PACKETS)));
        let mut turn = looped(&plan, region(), Dynamic::<Builtin>::start);
        group.bench_function(format!("{name}/dynamic"), |b| b.iter(|| turn(PACKETS)));
    }
    group.finish();
}

/// The engine's own loop, stopped after so many packets.
fn looped<G: Graph + 'static>(
    plan: &Plan,
    region: &'static Region,
    start: impl FnOnce(&Plan, &mut Context) -> Result<G, StartError>,
) -> Turn {
    let mut context = Context::new(Clock::real(), region);
    let mut runner = Runner::start(plan, &mut context, start).expect("it starts");
    Box::new(move |packets| {
        let mut rounds = packets.div_ceil(32);
        let going_on = |_: &mut G| {
            rounds -= 1;
            rounds > 0
        };
        runner.run(going_on).expect("the loop runs");
    })
}
