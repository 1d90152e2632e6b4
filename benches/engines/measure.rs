//! Running, timing and counting.

use crate::by_hand::{self, Source};
use crate::click::Click;
use pkgraph_elements::{Builtin, Dynamic};
use pkgraph_lang::{Catalogue, compile};
use pkgraph_runtime::{Clock, Context, Graph, Plan, Region, Runner, StartError};
use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

include!(concat!(env!("OUT_DIR"), "/benches.rs"));

/// A graph of `benches/graphs` and how it is measured.
pub struct Row {
    pub graph: &'static str,
    /// Calls of an element for each packet, without the source's.
    pub hops: u32,
    /// Packets of one timed turn.
    pub turn: u64,
    /// Octets of a packet.
    pub octets: usize,
    /// Whether Click has its elements.
    pub is_click: bool,
}

const fn row(graph: &'static str, hops: u32, turn: u64) -> Row {
    Row { graph, hops, turn, octets: 64, is_click: true }
}

/// All of them.
pub const ROWS: [Row; 9] = [
    row("null16", 17, 200_000),
    row("counter16", 17, 200_000),
    row("strip16", 33, 200_000),
    row("classifier3", 3, 200_000),
    row("queue", 3, 200_000),
    row("tee8_64", 9, 200_000),
    Row { octets: 1500, ..row("tee8_1500", 9, 200_000) },
    row("chain1000", 1001, 3_200),
    Row { octets: 202, is_click: false, ..row("replicate8", 10, 32_000) },
];

impl Row {
    pub fn named(graph: &str) -> Option<&'static Row> {
        ROWS.iter().find(|row| row.graph == graph)
    }

    fn path(&self) -> String {
        format!("{}/benches/graphs/{}.click", env!("CARGO_MANIFEST_DIR"), self.graph)
    }

    /// The graph's text.
    pub fn text(&self) -> String {
        std::fs::read_to_string(self.path()).expect("a bench graph")
    }

    fn plan(&self) -> Plan {
        let source = pkgraph_lang::Source { name: self.path(), text: self.text() };
        let catalogue = Catalogue::new(<Builtin as pkgraph_elements::ElementSet>::CATALOGUE);
        compile(&source, &[], &catalogue).expect("a good graph")
    }
}

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

    pub fn name(self) -> &'static str {
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

/// Turns of each engine.
const TURNS: usize = 31;
/// Buffers: few, as in a loop that keeps up, so that they stay in the cache.
const BUFFERS: u32 = 256;

/// The argument DATA of the graph's source.
fn header(plan: &Plan) -> Vec<u8> {
    let source = plan.nodes.iter().find(|node| node.class == "InfiniteSource");
    source.expect("a source").args.parse_required("DATA").expect("its DATA")
}

/// Something that takes packets through a graph.
type Turn = Box<dyn FnMut(u64)>;

fn turn(engine: Engine, row: &'static Row) -> Turn {
    let region = Region::new(BUFFERS, Region::BUFFER_SIZE);
    let plan = row.plan();
    match engine {
        Engine::Hand => {
            let header = header(&plan);
            Box::new(move |packets| {
                let source = Source { region, header: &header, len: row.octets };
                by_hand::run(row.graph, source, packets);
            })
        }
        Engine::Compiled => compiled(row.graph, &plan, region),
        Engine::Dynamic => looped(&plan, region, Dynamic::<Builtin>::start),
    }
}

/// The engine's own loop, stopped after so many packets. A source gives 32
/// packets in each round.
fn looped<G: Graph + 'static>(
    plan: &Plan,
    region: &'static Region,
    start: impl FnOnce(&Plan, &mut Context) -> Result<G, StartError>,
) -> Turn {
    let mut context = Context::new(Clock::real(), region);
    let mut runner = Runner::start(plan, &mut context, start).expect("it starts");
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
pub fn run(engine: Engine, row: &'static Row, packets: u64) {
    turn(engine, row)(packets);
}

/// Nanoseconds per packet of each engine and of each of `clicks`: the least of
/// turns, since what else runs on the machine only adds to them.
pub fn times(row: &'static Row, clicks: &[Click]) -> ([f64; 3], Vec<f64>) {
    let mut turns = Engine::ALL.map(|engine| turn(engine, row));
    let mut times: [Vec<f64>; 3] = Default::default();
    let clicks = if row.is_click { clicks } else { &[] };
    let mut theirs: Vec<[Vec<f64>; 2]> = clicks.iter().map(|_| Default::default()).collect();
    for round in 0..=TURNS {
        for (turn, times) in turns.iter_mut().zip(&mut times) {
            let start = Instant::now();
            turn(row.turn);
            // The first turn warms the caches.
            if round > 0 {
                times.push(start.elapsed().as_secs_f64() * 1e9 / row.turn as f64);
            }
        }
        // They take longer, and every third turn will do.
        if round % 3 == 1 {
            for (click, [few, many]) in clicks.iter().zip(&mut theirs) {
                few.push(click.time(row, row.turn));
                many.push(click.time(row, 6 * row.turn));
            }
        }
    }
    // The difference of a longer and a shorter run, so that the start of the
    // program does not count.
    let per_packet =
        |[few, many]: [Vec<f64>; 2]| (least(many) - least(few)) * 1e9 / (5 * row.turn) as f64;
    (times.map(least), theirs.into_iter().map(per_packet).collect())
}

fn least(times: Vec<f64>) -> f64 {
    times.into_iter().fold(f64::INFINITY, f64::min)
}

/// Nanoseconds of a copy of 160 octets from buffer to buffer.
pub fn copy_160() -> f64 {
    const COPIES: usize = 100_000;
    let (from, mut to) = ([7u8; 160], [0u8; 160]);
    let time = |_| {
        let start = Instant::now();
        for _ in 0..COPIES {
            black_box(&mut to).copy_from_slice(black_box(&from[..]));
        }
        start.elapsed().as_secs_f64() * 1e9 / COPIES as f64
    };
    least((0..TURNS).map(time).collect())
}

/// Instructions per packet by callgrind: the difference of a longer and a
/// shorter run. `None` without valgrind.
pub fn instructions(engine: Engine, row: &Row) -> Option<f64> {
    let count = |packets: u64| -> Option<f64> {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(std::env::current_exe().ok()?)
            .args([engine.name(), row.graph, &packets.to_string()])
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let line = text.lines().find(|line| line.contains("Collected : "))?;
        line.rsplit(' ').next()?.parse().ok()
    };
    let (few, many) = (row.turn / 50, row.turn / 5);
    std::thread::scope(|scope| {
        let less = scope.spawn(|| count(few));
        let more = count(many)?;
        Some((more - less.join().ok()??) / (many - few) as f64)
    })
}

/// The machine and the versions that a result belongs to.
pub fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name\t: ")).unwrap_or("?");
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, |n| n.get());
    let rustc = first_line("rustc", "--version");
    // Of the last minute: whether other programs wanted the cores too.
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?");
    format!("{model}, {cores} cores (load {load}), Linux {}, {rustc}", kernel.trim())
}

/// The first line that a program says.
pub fn first_line(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output();
    output.map_or("?".into(), |o| {
        String::from_utf8_lossy(&o.stdout).lines().next().unwrap_or("?").to_string()
    })
}
