//! What is measured, and what it should come to.

use crate::clients::{Done, Load, Sizes, load};
use crate::network::Network;
use crate::switch::{Kind, Switch, Work};
use crate::{OCTETS, place, sim};
use std::time::Duration;

/// A line of the result.
pub struct Row {
    pub name: &'static str,
    what: What,
    limit: Limit,
}

enum What {
    /// A kind of switch against another, both under one load.
    Ratio { of: Kind, to: Kind, clients: usize, load: Load, measure: Measure, own_thread: bool },
    /// In memory, without a device: nanoseconds per packet in.
    Sim { copies: usize },
    /// The same: what exact measurement of delays adds to it.
    Probes { copies: usize },
}

/// What is compared.
#[derive(Clone, Copy, PartialEq)]
enum Measure {
    /// Microseconds from picking a packet up to having handed on its last copy.
    Delay,
    /// The same from before the call that receives until after all that sends.
    Burst,
    /// Microseconds of the switch's CPU per packet in.
    Cpu,
    /// Packets in per second of the switch's CPU, in thousands.
    Rate,
}

enum Limit {
    AtMost(f64),
    AtLeast(f64),
    Reported,
}

/// Turns of each row: first one switch, then the other.
const TURNS: usize = 5;

const SINGLE: Load = Load::Single { packets: 1500 };
const PAPER: Load = Load::Paper { duration: Duration::from_millis(1500) };

const fn full(sizes: Sizes) -> Load {
    Load::Full { duration: Duration::from_millis(1000), sizes, joined: false }
}

/// The same to receivers that take datagrams of one size as one.
const fn joined(sizes: Sizes) -> Load {
    Load::Full { duration: Duration::from_millis(1000), sizes, joined: true }
}

const fn row(
    name: &'static str,
    (of, to): (Kind, Kind),
    clients: usize,
    load: Load,
    measure: Measure,
    limit: Limit,
) -> Row {
    let what = What::Ratio { of, to, clients, load, measure, own_thread: false };
    Row { name, what, limit }
}

const fn own_thread(row: Row) -> Row {
    let Row { name, what: What::Ratio { of, to, clients, load, measure, .. }, limit } = row else {
        panic!("in memory there is no thread but one")
    };
    Row { name, what: What::Ratio { of, to, clients, load, measure, own_thread: true }, limit }
}

const XDP: (Kind, Kind) = (Kind::Xdp, Kind::Socket);
const PACKET: (Kind, Kind) = (Kind::Packet, Kind::Socket);
const BATCH: (Kind, Kind) = (Kind::Batch, Kind::Socket);
const EQUAL: Load = full(Sizes::Equal(OCTETS));

use Limit::{AtLeast, AtMost, Reported};
use Measure::{Burst, Cpu, Delay, Rate};

/// n copies need n + 1 clients, since the sender gets none.
pub const ROWS: &[Row] = &[
    row("xdp: delay to the last descriptor, n = 10", XDP, 11, SINGLE, Delay, AtMost(0.02)),
    row("xdp: delay with the kick, n = 10", XDP, 11, SINGLE, Burst, AtMost(0.45)),
    own_thread(row("xdp: the same, own NAPI thread", XDP, 11, SINGLE, Burst, AtMost(0.15))),
    row("xdp: CPU, 10 clients x 1500/s", XDP, 10, PAPER, Cpu, AtMost(0.65)),
    own_thread(row("xdp: the same, own NAPI thread", XDP, 10, PAPER, Cpu, AtMost(0.35))),
    row("xdp: full load, n = 10", XDP, 11, EQUAL, Rate, AtLeast(2.4)),
    row("batch: full load, one size, n = 10", BATCH, 11, EQUAL, Rate, AtLeast(7.0)),
    row(
        "batch: the same, receivers with UDP GRO",
        BATCH,
        11,
        joined(Sizes::Equal(OCTETS)),
        Rate,
        Reported,
    ),
    row("batch: full load, 80/160/320", BATCH, 11, full(Sizes::Paper), Rate, AtLeast(5.0)),
    row("batch: the same, receivers with UDP GRO", BATCH, 11, joined(Sizes::Paper), Rate, Reported),
    row("batch: full load, random sizes", BATCH, 11, full(Sizes::Random), Rate, Reported),
    row("packet: delay with the sending, n = 10", PACKET, 11, SINGLE, Burst, Reported),
    row("packet: full load, n = 10", PACKET, 11, EQUAL, Rate, Reported),
    row(
        "sockets: CPU, to the calls alone",
        (Kind::Socket, Kind::Bare),
        11,
        EQUAL,
        Cpu,
        AtMost(1.05),
    ),
    Row {
        name: "sim: ns per packet in, n = 8",
        what: What::Sim { copies: 8 },
        limit: AtMost(120.0),
    },
    // A hundredth of what a packet takes on AF_XDP, the least of all devices.
    Row {
        name: "sim: ns per packet that probes add",
        what: What::Probes { copies: 8 },
        limit: AtMost(100.0),
    },
];

pub const HEAD: &str = "\
median of 5 turns of each, in turn; the ratio is the median of the turns' ratios (least to greatest)
row                                          value      to       ratio                  target";

impl Row {
    /// Measures, and says what came of it.
    pub fn line(&self) -> String {
        let (values, result) = match &self.what {
            What::Ratio { of, to, clients, load, measure, own_thread } => {
                let row = (*clients, *load, *measure);
                let network = place::network(*own_thread);
                let (mut values, mut base) = (Vec::new(), Vec::new());
                for _ in 0..TURNS {
                    base.push(one(&network, *to, row));
                    values.push(one(&network, *of, row));
                }
                let ratios: Vec<f64> = values.iter().zip(&base).map(|(v, b)| v / b).collect();
                let units = match measure {
                    Delay | Burst | Cpu => "us",
                    Rate => "k/s",
                };
                let ratio = median(&ratios);
                let least = ratios.iter().copied().fold(f64::MAX, f64::min);
                let most = ratios.iter().copied().fold(f64::MIN, f64::max);
                let text = format!(
                    "{:>9.2} {:>7.2} {units:<3} {ratio:>6.3} ({least:.3} to {most:.3})",
                    median(&values),
                    median(&base)
                );
                (text, ratio)
            }
            What::Sim { copies } => {
                let nanos = sim::run(*copies, false);
                (format!("{nanos:>9.1}         ns "), nanos)
            }
            What::Probes { copies } => {
                let more = |_| sim::run(*copies, true) - sim::run(*copies, false);
                let nanos = median(&(0..TURNS).map(more).collect::<Vec<_>>());
                (format!("{nanos:>9.1}         ns "), nanos)
            }
        };
        let (target, is_met) = match self.limit {
            AtMost(limit) => (format!("at most {limit}"), Some(result <= limit)),
            AtLeast(limit) => (format!("at least {limit}"), Some(result >= limit)),
            Reported => ("reported".into(), None),
        };
        let verdict = match is_met {
            Some(true) => ", met",
            Some(false) => ", MISSED",
            None => "",
        };
        format!("{:<40} {values:<44} {target}{verdict}", self.name)
    }
}

fn one(network: &Network, kind: Kind, (clients, of, measure): (usize, Load, Measure)) -> f64 {
    // A delay is measured with what the switch needs in its caches.
    let spins = matches!(of, Load::Single { .. });
    let switch = Switch::start(network, kind, clients, spins);
    let Done { work, packets, lost } = load(network, &switch, clients, of);
    if lost > 0 {
        println!("{kind:?}: {lost} copies of {packets} packets were lost");
    }
    let Work { cpu, mut bursts, delay, .. } = work;
    let cpu = cpu.as_secs_f64() * 1e6 / packets as f64;
    match measure {
        Delay => delay,
        Burst => {
            bursts.sort_unstable();
            f64::from(bursts[bursts.len() / 2]) / 1000.0
        }
        Cpu => cpu,
        Rate => 1000.0 / cpu,
    }
}

pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
