//! What an experiment found: the schema of `--json`, and all that the table and
//! the report are drawn from.
//!
//! Every number has its unit in its name. In the virtual machine that counts
//! instructions a nanosecond is an instruction, and [`Results::unit`] says so.

// What a name says whole is not said again.
#![allow(missing_docs)]

use serde::{Deserialize, Serialize};

/// The version of this schema. A field that is added leaves it, a field that
/// goes or changes its meaning raises it.
pub const SCHEMA: u32 = 1;

/// An experiment and what it found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Results {
    pub schema: u32,
    /// The command that repeats it.
    pub command: String,
    /// When it began (RFC 3339, UTC).
    pub started: String,
    pub seconds: f64,
    /// The seed of the order of variants and of all else that is random.
    pub seed: u64,
    pub unit: Unit,
    pub machine: Machine,
    pub place: Place,
    pub load: Load,
    pub variants: Vec<Variant>,
    /// What was asked for, or is usual, and did not run.
    pub left_out: Vec<LeftOut>,
    /// One per variant, number of clients and rate.
    pub cells: Vec<Cell>,
    /// Each variant against the first, one per number of clients and rate.
    pub comparisons: Vec<Comparison>,
    /// One per variant and rate, if at least two numbers of clients ran.
    pub models: Vec<Model>,
    /// What casts doubt on it: a noisy machine, a saturated core, a generator
    /// that fell behind, packets lost.
    pub warnings: Vec<String>,
    /// What is needed to go on; `None` once all has been measured.
    #[serde(default)]
    pub partial: Option<Partial>,
}

/// A comparison that was not measured to its end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Partial {
    /// Rounds that are whole, and all of them. A round runs each variant once
    /// under each load; of one that is not whole the runs that were made count, too.
    pub rounds_done: usize,
    pub rounds: usize,
    pub choice: Choice,
    /// Of each run, with the index of its variant.
    pub doubts: Vec<(usize, Doubts)>,
    /// Why runs had to be made again.
    pub made_again: Vec<String>,
}

/// What the command chose besides the load.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Files of graphs; without any, those that come with pkgraph.
    pub graphs: Vec<String>,
    /// As `--engine` takes it; `None` where that is left to pkgraph.
    pub engine: Option<String>,
    /// As `--cpu` takes them; `None` where the last one is the one of the switch.
    pub cpu: Option<String>,
}

/// What casts doubt on a run, and what is the same in all runs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Doubts {
    /// CPUs that the host of a virtual machine gave to others.
    pub steal: f64,
    /// Copies that the clients' own sockets dropped.
    pub socket_drops: u64,
    /// Media packets that were not as they should be.
    pub corrupt: u64,
    pub counts_allocations: bool,
    /// The rate of the counter that delays are read from, if it counts cycles.
    pub cycles_per_microsecond: Option<f64>,
}

/// What a nanosecond is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Nanoseconds,
    /// Instructions of a simulated machine.
    Instructions,
}

/// What it ran on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Machine {
    pub cpu: String,
    pub cores: usize,
    /// Whether it is a virtual machine.
    pub is_virtual: bool,
    pub kernel: String,
    pub pkgraph: String,
    pub rustc: Option<String>,
    /// What else belongs to the result: netmap's commit, QEMU's version.
    pub versions: Vec<(String, String)>,
    /// The load average when it began.
    pub load_before: f64,
    /// Cycles of the time stamp counter in a microsecond, if delays are read from it.
    pub cycles_per_microsecond: Option<f64>,
}

/// Where switch and clients were.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Place {
    pub kind: PlaceKind,
    /// What that means for the figures, and why no better place was to be had.
    pub means: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// Network namespaces joined by veth, by the machine's root.
    Namespaces,
    /// The same in a user namespace.
    UserNamespace,
    Loopback,
    /// A virtual machine with netmap's module.
    Guest,
}

impl PlaceKind {
    /// In a few words.
    pub fn name(self) -> &'static str {
        match self {
            PlaceKind::Namespaces => "network namespaces",
            PlaceKind::UserNamespace => "network namespaces of an ordinary user",
            PlaceKind::Loopback => "loopback",
            PlaceKind::Guest => "a virtual machine with netmap's module",
        }
    }
}

/// The load, the same for all variants.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Load {
    /// How many clients; each gets its own packets back, too.
    pub clients: Vec<usize>,
    /// Packets per second of each client.
    pub packets_per_second: Vec<f64>,
    /// Octets of RTP payload of ASQ, VSQ and VHQ.
    pub payloads: [usize; 3],
    pub warm_up_seconds: f64,
    pub measured_seconds: f64,
    pub repeats: usize,
}

/// A graph on a backend.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Variant {
    /// Short and unique: `sockets`, `sockets BATCH`, `netmap rings over xdp (native)`.
    pub name: String,
    /// The graph's file, and its text as it ran.
    pub file: String,
    pub graph: String,
    /// `socket`, `packet`, or the name of a driver as `--driver` takes it.
    pub backend: String,
    /// `compiled engine (built in)`, …
    pub engine: String,
    /// User space alone: no ratio to another backend is ever made of it.
    pub is_simulated: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LeftOut {
    pub name: String,
    pub why: String,
    /// From where on, if it ran before or still runs under other loads.
    #[serde(default)]
    pub from: Option<Since>,
}

/// A load and a round of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Since {
    pub clients: usize,
    pub packets_per_second: f64,
    /// 1 is the first.
    pub round: usize,
}

/// A variant under one load.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cell {
    /// An index into `variants`.
    pub variant: usize,
    pub clients: usize,
    pub packets_per_second: f64,
    pub repeats: Vec<Repeat>,
    /// Medians over the repeats.
    pub cpu_user: Estimate,
    pub cpu_kernel: Estimate,
    /// User and kernel, exact.
    pub cpu: Estimate,
    pub cpu_of_machine: Estimate,
    pub softirq_of_machine: Estimate,
    /// From picking a packet up to having handed on its last copy, in nanoseconds.
    pub delay: Estimate,
    pub delay_p999: Estimate,
    /// The same including the kick: until the kernel has been told.
    pub delay_with_kick: Estimate,
    pub delay_with_kick_p999: Estimate,
    /// From a client's send to its receipt of its own packet, in nanoseconds.
    pub echo: Estimate,
    pub counts: Counts,
}

/// A median and its confidence interval.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Estimate {
    pub median: f64,
    /// The bounds of the interval; both are the median if there was one repeat.
    pub low: f64,
    pub high: f64,
    /// How sure the interval is, 0 to 1: what so many repeats allow.
    pub confidence: f64,
}

/// One run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Repeat {
    /// Where it stood in the order of all runs.
    pub turn: usize,
    pub seconds: f64,
    /// Media that came to the switch and copies that left it in these seconds.
    pub packets_in: u64,
    pub packets_out: u64,
    /// Copies that should have arrived, and what became of them: of the whole
    /// run, the warm-up included, since only that is exact.
    pub expected: u64,
    pub received: u64,
    pub lost: u64,
    pub reordered: u64,
    pub duplicated: u64,
    /// Packets that the generator did not send in time.
    pub unsent: u64,
    /// The switch's CPU, of one CPU's time: 0.1 is a tenth of a core. User and
    /// kernel are sampled by the kernel's tick; the sum is exact.
    pub cpu_user: f64,
    pub cpu_kernel: f64,
    pub cpu: f64,
    /// Of one CPU's time, all CPUs together: what was not idle, and of that
    /// what soft interrupts took.
    pub cpu_of_machine: f64,
    pub softirq_of_machine: f64,
    pub delay: Distribution,
    pub delay_with_kick: Distribution,
    pub echo: Distribution,
    pub counts: Counts,
}

/// A histogram in nanoseconds (HdrHistogram, three significant digits).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Distribution {
    pub count: u64,
    pub min: f64,
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub p999: f64,
    pub max: f64,
    /// `[value, how many]`, only values that occurred.
    pub values: Vec<(u64, u64)>,
}

/// What one packet in takes (Table I of the paper), counted.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Counts {
    /// System calls of the switch's engine: those of its devices and its waits.
    pub kernel_crossings: f64,
    /// Allocations on the heap by the switch's process. 0 also if a program
    /// does not count them, which is then a warning.
    pub allocations: f64,
    /// Copies of the packet between user space and the kernel, and inside the switch.
    pub copies: f64,
    pub octets_copied: f64,
}

/// A variant against the first one, pair by pair of the same round.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Comparison {
    pub variant: usize,
    pub base: usize,
    pub clients: usize,
    pub packets_per_second: f64,
    pub cpu: Ratio,
    pub cpu_of_machine: Ratio,
    pub delay: Ratio,
    pub delay_with_kick: Ratio,
    pub echo: Ratio,
}

/// A ratio; below 1 the variant takes less.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Ratio {
    pub estimate: Estimate,
    pub verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Less,
    More,
    /// The interval has 1 in it.
    NoDifference,
    /// Too few repeats for an interval.
    Unknown,
}

/// d(n) = a + b·n, n the copies of a packet (paper, section III-C).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Model {
    pub variant: usize,
    pub packets_per_second: f64,
    /// Of the delay to the last copy, and of that with the kick, in nanoseconds.
    pub delay: Line,
    pub delay_with_kick: Line,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Line {
    pub a: Estimate,
    pub b: Estimate,
    /// The share of the variance that the line explains.
    pub r_squared: f64,
}
