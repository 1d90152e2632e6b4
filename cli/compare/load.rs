//! One run: a switch, its clients, and what was measured meanwhile.

use super::counters::{self, Probes};
use super::cpu;
use super::distribution::Values;
use super::place::Place;
use super::results::{Counts, Doubts, Repeat};
use super::stop::{Halt, Stop};
use super::switch::Switch;
use super::variants::Candidate;
use pkgraph_client::session::{self, SessionSummary};
use pkgraph_client::{Client, ClientOptions, PAYLOADS, Snapshot};
use pkgraph_sfu::wire::StreamType;
use std::time::{Duration, Instant};

/// What the clients of a run do.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub clients: usize,
    /// Of each client.
    pub packets_per_second: f64,
    pub warm_up: Duration,
    pub measured: Duration,
}

impl Load {
    /// From one packet of a stream to the next: a client has one of each type.
    pub fn interval(&self) -> Duration {
        Duration::from_secs_f64(StreamType::ALL.len() as f64 / self.packets_per_second)
    }
}

/// Runs it. `turn` is its place in the order of all runs.
pub fn run(
    place: &Place,
    of: &Candidate,
    load: Load,
    turn: usize,
    stop: &Stop,
) -> Result<(Repeat, Doubts), Halt> {
    let mut switch = Switch::start(place, of, stop)?;
    measured(&mut switch, place, of, load, turn, stop).map_err(|halt| switch.explained(halt))
}

fn measured(
    switch: &mut Switch,
    place: &Place,
    of: &Candidate,
    load: Load,
    turn: usize,
    stop: &Stop,
) -> Result<(Repeat, Doubts), Halt> {
    let probes = Probes::start(switch.control())?;
    let clients = clients(place, of, load)?;
    let at_first = probes.read(switch.control(), false)?;
    session::begin(&clients, load.interval());
    stop.wait(load.warm_up)?;

    clients.iter().for_each(Client::end_warmup);
    let first: Vec<Snapshot> = clients.iter().map(Client::snapshot).collect();
    let before = probes.read(switch.control(), false)?;
    let (begun, cpu, machine) =
        (Instant::now(), cpu::Program::of(switch.id())?, cpu::Machine::now());
    stop.wait(load.measured)?;
    let (seconds, cpu_after, machine_after) =
        (begun.elapsed().as_secs_f64(), cpu::Program::of(switch.id())?, cpu::Machine::now());
    let after = probes.read(switch.control(), true)?;
    let last: Vec<Snapshot> = clients.iter().map(Client::snapshot).collect();
    clients.iter().for_each(Client::stop_streaming);
    let at_last = quiet(&probes, switch, stop)?;

    let SessionSummary { figures, delays } = session::summary(&session::finish(clients));
    if figures.expected > 0 && figures.received == 0 {
        return Err(format!("of {} copies none came: it forwards nothing", figures.expected).into());
    }
    let (user, kernel, sum) = cpu_after.since(cpu);
    let unsent = |snapshots: &[Snapshot]| -> u64 {
        // A tick has a packet of each stream.
        let ticks = StreamType::ALL.len() as u64;
        snapshots.iter().map(|s| s.totals.unsent + ticks * s.totals.skipped).sum()
    };
    // What devices did is counted when no packet is on its way, since counts are read
    // one after the other; what the engine did, while nobody read, since reading
    // makes it wait and allocate.
    let (quiet, busy) =
        (at_last.counts_since(&at_first, &probes), after.counts_since(&before, &probes));
    let waits = after.waits_since(&before) - at_last.waits_since(&at_first);
    let counts = Counts {
        kernel_crossings: quiet.kernel_crossings + waits,
        allocations: busy.allocations,
        ..quiet
    };
    let ticks = after.ticks_per_microsecond;
    let repeat = Repeat {
        turn,
        seconds,
        packets_in: after.media - before.media,
        packets_out: after.copies - before.copies,
        expected: figures.expected,
        received: figures.received,
        lost: figures.lost,
        reordered: figures.reordered,
        duplicated: figures.duplicated,
        unsent: unsent(&last) - unsent(&first),
        cpu_user: user / seconds,
        cpu_kernel: kernel / seconds,
        cpu: sum / seconds,
        cpu_of_machine: machine_after.busy_since(machine, seconds) / seconds,
        softirq_of_machine: (machine_after.softirq - machine.softirq) / seconds,
        delay: after.delay.since(&before.delay).distribution(ticks),
        delay_with_kick: after.delay_with_kick.since(&before.delay_with_kick).distribution(ticks),
        echo: Values::of(delays.histogram()).distribution(1000.0),
        counts,
    };
    let doubts = Doubts {
        steal: (machine_after.steal - machine.steal) / seconds,
        socket_drops: figures.socket_drops,
        corrupt: figures.corrupt + figures.foreign + figures.unwanted,
        counts_allocations: after.counts_allocations(),
        cycles_per_microsecond: (ticks != 1000.0).then_some(ticks),
    };
    Ok((repeat, doubts))
}

/// The counts once no packet is on its way any more.
fn quiet(probes: &Probes, switch: &mut Switch, stop: &Stop) -> Result<counters::Snapshot, Halt> {
    let mut before = probes.read(switch.control(), true)?;
    // A switch that is never quiet is read as it is.
    for _ in 0..50 {
        stop.wait(Duration::from_millis(10))?;
        let now = probes.read(switch.control(), true)?;
        if now.is_quiet_since(&before) {
            return Ok(now);
        }
        before = now;
    }
    Ok(before)
}

/// How long a switch that is ready may take to be gone again.
const AT_ONCE: Duration = Duration::from_millis(50);
/// How long a switch may take to forward the first packet of its first client.
const FIRST: Duration = Duration::from_secs(2);

/// Whether a switch that runs is one to a client: it registers, sends until a
/// packet of its own is back, and leaves.
pub fn reach(switch: &mut Switch, place: &Place, of: &Candidate, stop: &Stop) -> Result<(), Halt> {
    // A client asks for seconds a switch that ends at once.
    stop.wait(AT_ONCE)?;
    if switch.has_ended() {
        return Err("it ended".to_string().into());
    }
    let load = Load {
        clients: 1,
        packets_per_second: 300.0,
        warm_up: Duration::ZERO,
        measured: Duration::ZERO,
    };
    let clients = clients(place, of, load)?;
    session::begin(&clients, load.interval());
    let since = Instant::now();
    let forwards = || clients.iter().all(|client| client.snapshot().totals.received > 0);
    while !forwards() {
        if since.elapsed() > FIRST {
            let why = "a client that has joined got none of its packets back: it forwards nothing";
            return Err(why.to_string().into());
        }
        stop.wait(Duration::from_millis(5))?;
    }
    session::finish(clients);
    Ok(())
}

/// The clients, registered.
fn clients(place: &Place, of: &Candidate, load: Load) -> Result<Vec<Client>, String> {
    let options =
        ClientOptions { interval: load.interval(), ..ClientOptions::new(of.control, of.media) };
    debug_assert_eq!(options.streams.iter().map(|s| s.payload).collect::<Vec<_>>(), PAYLOADS);
    let start = move || -> Result<Vec<Client>, String> {
        let one = |_| Client::start(options.clone()).map_err(|error| error.to_string());
        (0..load.clients).map(one).collect()
    };
    place.clients.run(start)
}
