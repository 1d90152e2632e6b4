//! Running, timing and counting.

use crate::by_hand;
use pkgraph_elements::{Builtin, Dynamic};
use pkgraph_lang::{Catalogue, Source, compile};
use pkgraph_runtime::{Clock, Context, Graph, Plan, Region, Runner};
use std::process::Command;
use std::time::Instant;

include!(concat!(env!("OUT_DIR"), "/benches.rs"));

/// The graphs of `benches/graphs`.
pub const GRAPHS: [&str; 5] = ["null16", "counter16", "classifier3", "tee8", "queue"];

/// What runs a graph.
#[derive(Clone, Copy, PartialEq)]
pub enum Engine {
    /// The loop written by hand.
    Hand,
    /// The emitted loop.
    Compiled,
    /// The walk over the Plan.
    Dynamic,
}

impl Engine {
    pub const ALL: [Engine; 3] = [Engine::Hand, Engine::Compiled, Engine::Dynamic];

    fn name(self) -> &'static str {
        match self {
            Engine::Hand => "hand",
            Engine::Compiled => "compiled",
            Engine::Dynamic => "dynamic",
        }
    }

    pub fn named(name: &str) -> Option<Engine> {
        Engine::ALL.into_iter().find(|engine| engine.name() == name)
    }
}

/// Packets of one timed turn.
const TURN: u64 = 200_000;
/// Turns of each engine.
const TURNS: usize = 31;
/// Buffers: few, as in a loop that keeps up, so that they stay in the cache.
const BUFFERS: u32 = 256;

fn plan(graph: &str) -> Plan {
    let path = format!("{}/benches/graphs/{graph}.click", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("a bench graph");
    let catalogue = Catalogue::new(<Builtin as pkgraph_elements::ElementSet>::CATALOGUE);
    compile(&Source { name: path, text }, &[], &catalogue).expect("a good graph")
}

/// What the hand-written loop writes into a packet.
fn data(graph: &str) -> Vec<u8> {
    let mut data = vec![0u8; 64];
    if graph == "classifier3" {
        data[12] = 8;
    }
    data
}

/// Something that takes packets through a graph.
type Turn = Box<dyn FnMut(u64)>;

fn turn(engine: Engine, graph: &'static str) -> Turn {
    let region = Region::new(BUFFERS, Region::BUFFER_SIZE);
    match engine {
        Engine::Hand => {
            let data = data(graph);
            Box::new(move |packets| by_hand::run(graph, region, &data, packets))
        }
        Engine::Compiled => compiled(graph, region),
        Engine::Dynamic => {
            let plan = plan(graph);
            let Ok(dynamic) = Dynamic::<Builtin>::new(&plan) else { panic!("a good graph") };
            looped(dynamic, &plan, region)
        }
    }
}

/// The engine's own loop, stopped after so many packets. A source gives 32
/// packets in each round.
fn looped<G: Graph + 'static>(graph: G, plan: &Plan, region: &'static Region) -> Turn {
    let mut context = Context::new(Clock::real(), region);
    let mut runner = Runner::new(graph, plan, &mut context).expect("it starts");
    Box::new(move |packets| {
        let mut rounds = packets.div_ceil(32);
        runner
            .run(|_| {
                rounds -= 1;
                rounds > 0
            })
            .expect("the loop runs");
    })
}

/// One graph, once, for callgrind.
pub fn run(engine: Engine, graph: &str, packets: u64) {
    let graph = GRAPHS.iter().find(|name| **name == graph).expect("a bench graph");
    turn(engine, graph)(packets);
}

/// Median nanoseconds per packet of each engine, measured in turn.
pub fn times(graph: &'static str) -> [f64; 3] {
    let mut turns = Engine::ALL.map(|engine| turn(engine, graph));
    let mut times: [Vec<f64>; 3] = Default::default();
    for round in 0..=TURNS {
        for (turn, times) in turns.iter_mut().zip(&mut times) {
            let start = Instant::now();
            turn(TURN);
            // The first turn warms the caches.
            if round > 0 {
                times.push(start.elapsed().as_secs_f64() * 1e9 / TURN as f64);
            }
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    })
}

/// Instructions per packet by callgrind: the difference of a longer and a
/// shorter run. `None` without valgrind.
pub fn instructions(engine: Engine, graph: &str) -> Option<f64> {
    let count = |packets: u64| -> Option<f64> {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(std::env::current_exe().ok()?)
            .args([engine.name(), graph, &packets.to_string()])
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let line = text.lines().find(|line| line.contains("Collected : "))?;
        line.rsplit(' ').next()?.parse().ok()
    };
    let (few, many) = (6_400, 64_000);
    Some((count(many)? - count(few)?) / (many - few) as f64)
}

/// The machine and the versions that a result belongs to.
pub fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name\t: ")).unwrap_or("?");
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, |n| n.get());
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map_or("?".into(), |o| String::from_utf8_lossy(&o.stdout).trim().to_string());
    format!("{model}, {cores} cores, Linux {}, {rustc}", kernel.trim())
}
