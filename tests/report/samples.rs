//! Results that no run has given: numbers like the paper's, and pages at the
//! ends of what there can be.

use pkgraph::compare::results::{
    Cell, Comparison, Counts, Distribution, Estimate, LeftOut, Line, Load, Machine, Model, Place,
    PlaceKind, Ratio, Repeat, Results, SCHEMA, Unit, Variant, Verdict,
};

/// All of them, by name.
pub fn all() -> Vec<(&'static str, Results)> {
    vec![("full", full()), ("minimal", minimal()), ("guest", guest()), ("troubled", troubled())]
}

/// A variant with the costs it is made of: the line of its delay, in
/// nanoseconds, and what the kick adds per copy.
struct Cost {
    name: &'static str,
    graph: &'static str,
    backend: &'static str,
    a: f64,
    b: f64,
    kick: f64,
}

const SOCKETS: &str = include_str!("../../graphs/sfu_socket.click");
const NETMAP: &str = include_str!("../../graphs/sfu_netmap.click");

const COSTS: [Cost; 3] = [
    Cost { name: "sockets", graph: SOCKETS, backend: "socket", a: 680.0, b: 3230.0, kick: 0.0 },
    Cost {
        name: "sockets BATCH",
        graph: SOCKETS,
        backend: "socket",
        a: 890.0,
        b: 3280.0,
        kick: 0.0,
    },
    Cost {
        name: "netmap rings over xdp (native)",
        graph: NETMAP,
        backend: "xdp",
        a: 340.0,
        b: 130.0,
        kick: 1250.0,
    },
];

const SIM: Cost =
    Cost { name: "sim", graph: NETMAP, backend: "sim", a: 120.0, b: 40.0, kick: 20.0 };

/// Three variants and a simulated one, three numbers of clients, two rates.
fn full() -> Results {
    let costs = [&COSTS[0], &COSTS[1], &COSTS[2], &SIM];
    let mut results = results(&costs, &[6, 8, 10], &[750.0, 1500.0], 5, 1.0);
    results.left_out = vec![LeftOut {
        name: "netmap, driver kernel".into(),
        why: "/dev/netmap is missing: load netmap.ko, or run with --driver xdp".into(),
        from: None,
    }];
    results.warnings =
        vec!["Load average 1.4 on 2 cores when it began: other work went on.".into()];
    results
}

/// One variant, once.
fn minimal() -> Results {
    let mut results = results(&[&COSTS[0]], &[8], &[750.0], 1, 1.0);
    results.load.measured_seconds = 2.0;
    results.place = Place {
        kind: PlaceKind::Loopback,
        means: "Everything shares the loopback interface, since there was no right to make \
                namespaces."
            .into(),
    };
    results
}

/// In the virtual machine that counts instructions.
fn guest() -> Results {
    let kernel = Cost { name: "netmap", backend: "kernel", ..COSTS[2] };
    let mut results = results(&[&COSTS[0], &kernel], &[6, 8], &[750.0], 3, 6.0);
    results.unit = Unit::Instructions;
    results.place = Place {
        kind: PlaceKind::Guest,
        means: "A simulated machine: QEMU with -icount, one instruction a nanosecond.".into(),
    };
    results.machine.versions =
        vec![("netmap".into(), "a1b2c3d4".into()), ("QEMU".into(), "7.2.22".into())];
    results.machine.cycles_per_microsecond = None;
    results
}

/// Warnings, losses, long names, and text that means something in HTML.
fn troubled() -> Results {
    let long = Cost {
        name: "netmap rings over xdp (SKB mode, <script>console.error('run')</script> & \
               a-name-without-any-space-that-goes-on-and-on-and-on-and-on-and-on-and-on)",
        graph: "FromNowhere -> <b>Nothing</b> -> ToNowhere;",
        ..COSTS[2]
    };
    let nine =
        [&COSTS[0], &long, &COSTS[1], &COSTS[2], &COSTS[1], &COSTS[2], &long, &COSTS[0], &long];
    let mut results = results(&nine, &[2, 50], &[333.3], 2, 1.0);
    for cell in &mut results.cells {
        cell.repeats[1].lost = 17;
        cell.repeats[1].unsent = 3;
    }
    results.cells[3].repeats[0].delay = Distribution::default();
    // Its greatest number is at the end of the axis.
    results.cells[3].repeats[0].echo.values = vec![(100_000, 50_000), (70_000_000, 50_000)];
    results.cells[3].cpu = point(0.0);
    results.cells[4].cpu = point(f64::NAN);
    results.warnings = vec![
        "The core of the switch was busy for 99.8 % of the time: delays are those of a queue."
            .into(),
        "<img src=x onerror=\"console.error('run')\"> fell behind".into(),
        "a-warning-without-any-space-".repeat(12),
    ];
    results.left_out = vec![LeftOut { name: long.name.into(), why: "no ".repeat(80), from: None }];
    results.command = format!("pkgraph compare --quick {}", "--clients 2,50 ".repeat(12));
    results
}

/// Everything follows from the costs; `slower` is how much slower the machine
/// is than the one they are of.
fn results(
    costs: &[&Cost],
    clients: &[usize],
    rates: &[f64],
    repeats: usize,
    slower: f64,
) -> Results {
    let mut cells = Vec::new();
    for (variant, cost) in costs.iter().enumerate() {
        for &rate in rates {
            cells.extend(clients.iter().map(|&n| cell(variant, cost, n, rate, repeats, slower)));
        }
    }
    let mut comparisons = Vec::new();
    let mut models = Vec::new();
    for (variant, cost) in costs.iter().enumerate() {
        for &rate in rates {
            if clients.len() > 1 {
                models.push(model(variant, cost, rate, slower));
            }
            if variant > 0 && cost.backend != "sim" {
                comparisons.extend(clients.iter().map(|&n| {
                    let of = |v: usize| {
                        let of = |c: &&Cell| {
                            c.variant == v && c.clients == n && c.packets_per_second == rate
                        };
                        cells.iter().find(of).unwrap()
                    };
                    compared(of(variant), of(0), repeats)
                }));
            }
        }
    }
    Results {
        schema: SCHEMA,
        command: "pkgraph compare --clients 6,8,10 --rates 750,1500 --duration 60s --seed 7".into(),
        started: "2026-11-27T18:00:00Z".into(),
        seconds: 1834.0,
        seed: 7,
        unit: Unit::Nanoseconds,
        machine: Machine {
            cpu: "A processor of 5 GHz".into(),
            cores: 2,
            is_virtual: true,
            kernel: "6.18.5".into(),
            pkgraph: "0.1.0".into(),
            rustc: Some("1.95.0".into()),
            versions: Vec::new(),
            load_before: 1.4,
            cycles_per_microsecond: Some(2600.0),
        },
        place: Place {
            kind: PlaceKind::Namespaces,
            means: "The switch's own sends run the receiver's stack, so part of the clients' CPU is on \
                    the switch's account."
                .into(),
        },
        load: Load {
            clients: clients.to_vec(),
            packets_per_second: rates.to_vec(),
            payloads: [80, 160, 320],
            warm_up_seconds: 2.0,
            measured_seconds: 60.0,
            repeats,
        },
        variants: costs.iter().map(|cost| Variant {
            name: cost.name.into(),
            file: if cost.graph == SOCKETS { "graphs/sfu_socket.click" } else { "graphs/sfu_netmap.click" }.into(),
            graph: cost.graph.into(),
            backend: cost.backend.into(),
            engine: "compiled engine (built in)".into(),
            is_simulated: cost.backend == "sim",
        }).collect(),
        left_out: Vec::new(),
        cells,
        comparisons,
        models,
        warnings: Vec::new(),
        partial: None,
    }
}

fn cell(
    variant: usize,
    cost: &Cost,
    clients: usize,
    rate: f64,
    repeats: usize,
    slower: f64,
) -> Cell {
    let n = clients as f64;
    let delay = (cost.a + cost.b * n) * slower;
    let with_kick = delay + cost.kick * n * slower;
    // Waking up costs more than forwarding.
    let cpu = (with_kick + 6000.0 * slower) * rate * n * 1e-9;
    let user = cpu * if cost.kick > 0.0 { 0.35 } else { 0.12 };
    let packets = (rate * n * 60.0) as u64;
    let repeat = |turn| Repeat {
        turn,
        seconds: 60.0,
        packets_in: packets,
        packets_out: packets * clients as u64,
        expected: packets * clients as u64,
        received: packets * clients as u64,
        lost: 0,
        reordered: 0,
        duplicated: 0,
        unsent: 0,
        cpu_user: user,
        cpu_kernel: cpu - user,
        cpu,
        cpu_of_machine: cpu * 2.5,
        softirq_of_machine: cpu * 0.4,
        delay: distribution(delay),
        delay_with_kick: distribution(with_kick),
        echo: distribution(with_kick + 120_000.0),
        counts: counts(cost, n),
    };
    let about = |value: f64| if repeats > 1 { around(value) } else { point(value) };
    Cell {
        variant,
        clients,
        packets_per_second: rate,
        repeats: (0..repeats).map(repeat).collect(),
        cpu_user: about(user),
        cpu_kernel: about(cpu - user),
        cpu: about(cpu),
        cpu_of_machine: about(cpu * 2.5),
        softirq_of_machine: about(cpu * 0.4),
        delay: about(delay),
        delay_p999: about(delay * 9.0),
        delay_with_kick: about(with_kick),
        delay_with_kick_p999: about(with_kick * 9.0),
        echo: about(with_kick + 120_000.0),
        counts: counts(cost, n),
    }
}

fn counts(cost: &Cost, n: f64) -> Counts {
    let rings = cost.kick > 0.0;
    Counts {
        kernel_crossings: if rings { 2.3 } else { n + 2.1 },
        allocations: 0.0,
        copies: if rings { n } else { n + 1.0 },
        octets_copied: 186.7 * if rings { n } else { n + 1.0 },
    }
}

/// A body and a long tail, of 100,000 values.
fn distribution(median: f64) -> Distribution {
    let values: Vec<(u64, u64)> = (0..400)
        .map(|i| {
            let x = f64::from(i) / 40.0;
            let count = 4000.0 * (-(x - 1.0).powi(2) * 6.0).exp() + 30.0 / (1.0 + x);
            ((median * (0.6 + 0.4 * x)) as u64, count as u64)
        })
        .filter(|(_, count)| *count > 0)
        .collect();
    Distribution {
        count: values.iter().map(|(_, count)| count).sum(),
        min: median * 0.6,
        p50: median,
        p90: median * 1.3,
        p99: median * 2.5,
        p999: median * 4.0,
        max: median * 4.6,
        values,
    }
}

fn compared(cell: &Cell, base: &Cell, repeats: usize) -> Comparison {
    let ratio = |a: Estimate, b: Estimate| {
        let ratio = a.median / b.median;
        let estimate = if repeats > 2 { around(ratio) } else { point(ratio) };
        let verdict = match estimate {
            _ if repeats <= 2 => Verdict::Unknown,
            Estimate { high, .. } if high < 1.0 => Verdict::Less,
            Estimate { low, .. } if low > 1.0 => Verdict::More,
            _ => Verdict::NoDifference,
        };
        Ratio { estimate, verdict }
    };
    Comparison {
        variant: cell.variant,
        base: base.variant,
        clients: cell.clients,
        packets_per_second: cell.packets_per_second,
        cpu: ratio(cell.cpu, base.cpu),
        cpu_of_machine: ratio(cell.cpu_of_machine, base.cpu_of_machine),
        delay: ratio(cell.delay, base.delay),
        delay_with_kick: ratio(cell.delay_with_kick, base.delay_with_kick),
        echo: ratio(cell.echo, base.echo),
    }
}

fn model(variant: usize, cost: &Cost, rate: f64, slower: f64) -> Model {
    let line =
        |b: f64| Line { a: around(cost.a * slower), b: around(b * slower), r_squared: 0.998 };
    Model {
        variant,
        packets_per_second: rate,
        delay: line(cost.b),
        delay_with_kick: line(cost.b + cost.kick),
    }
}

fn around(value: f64) -> Estimate {
    Estimate { median: value, low: value * 0.96, high: value * 1.05, confidence: 0.9375 }
}

fn point(value: f64) -> Estimate {
    Estimate { median: value, low: value, high: value, confidence: 0.0 }
}
