//! The experiment in a virtual machine with netmap's module (`--guest`): QEMU
//! counts instructions, so its figures do not depend on the machine it runs on.
//! They leave out what caches and real devices cost.
//!
//! The switch runs on a native e1000e of the guest; its clients are this program,
//! at the other end of the cable. A client's packets, one of each type, arrive
//! together, and the next client's when all copies are back: time stands still
//! in the guest while nothing runs in it, so there is no rate. CPU is what the
//! packets of a rate would take of a machine that executes an instruction in a
//! nanosecond.

mod initramfs;
mod machine;
mod wire;

pub use machine::{Guest, Machine, Parts, run};

use super::counters::{Handlers, Probes, Snapshot};
use super::results::{
    Distribution, LeftOut, Load, Place, PlaceKind, Repeat, Results, SCHEMA, Unit, Variant,
};
use super::statistics::shuffle;
use super::stop::{Halt, Stop};
use super::summary::{self, Runs};
use super::variants::{self, NETMAP, SOCKET};
use super::{Experiment, Progress};
use pkgraph_client::PAYLOADS;
use pkgraph_runtime::Random;
use pkgraph_runtime::netmap::{Compared, DRIVERS};
use pkgraph_serve::Reading;
use pkgraph_sfu::wire::StreamType;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use wire::Wire;

/// Input packets of a run, and before it: a client's packets together.
pub(super) const MEASURED: usize = 1500;
/// One of the first 256 is lost: netmap gives the e1000e a ring with one buffer
/// too few (`e1000e_netmap_init_buffers`, commit 89607e14).
pub(super) const WARM_UP: usize = 300;

/// A graph, and what it runs on.
struct Switch {
    name: &'static str,
    file: &'static str,
    text: String,
    arguments: String,
    backend: &'static str,
}

fn switches() -> Vec<Switch> {
    let sockets = |name, file, text| Switch {
        name,
        file,
        text,
        arguments: "HOST=10.0.0.1".into(),
        backend: "socket",
    };
    let mut switches = vec![
        sockets("sockets", "graphs/sfu_socket.click", SOCKET.into()),
        sockets("sockets BATCH", "graphs/sfu_socket.click with BATCH", variants::batch()),
    ];
    for row in DRIVERS {
        if let Some(Compared::OnInterface { in_guest: Some(name), .. }) = row.compared {
            switches.push(Switch {
                name,
                file: "graphs/sfu_netmap.click",
                text: NETMAP.into(),
                arguments: format!("--driver {}", row.name),
                backend: row.name,
            });
        }
    }
    switches
}

/// The parts of a guest, of what the command names: its own program, and the
/// busybox of the variable PKGRAPH_BUSYBOX or of this machine. The error says
/// what is missing.
pub fn parts(kernel: &Path, modules: &Path) -> Result<Parts, String> {
    let program = std::env::current_exe().map_err(|error| format!("this program: {error}"))?;
    let busybox = std::env::var_os("PKGRAPH_BUSYBOX");
    let busybox = busybox.map_or(PathBuf::from("/bin/busybox"), PathBuf::from);
    if !busybox.exists() {
        return Err(format!(
            "{}: there is none: the guest needs a busybox that is linked statically (Debian: \
             busybox-static), by its path or by PKGRAPH_BUSYBOX",
            busybox.display()
        ));
    }
    Ok(Parts { kernel: kernel.into(), modules: modules.into(), busybox, program })
}

/// Measures. What an experiment says of times does not apply.
///
/// # Errors
/// [`Halt`]
pub fn compare(
    experiment: &Experiment,
    parts: &Parts,
    progress: &dyn Progress,
    stop: &Stop,
) -> Result<Results, Halt> {
    let (begun, started) = (Instant::now(), super::machine::now());
    let folder = tempfile::tempdir().map_err(|error| format!("a folder: {error}"))?;
    let path = folder.path().join("wire");
    let listener = Wire::listen(&path)?;
    let switches = switches();
    let mut files = Vec::new();
    for (variant, switch) in switches.iter().enumerate() {
        for clients in &experiment.clients {
            files.push((graph_file(variant, *clients), with_clients(&switch.text, *clients)));
        }
    }
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let cells = switches.len() * experiment.clients.len();
    let runs = experiment.repeats * cells;
    progress.begin(runs, Duration::from_secs(8) * runs as u32);
    progress.run("the guest boots");
    let machine = Machine { wire: Some(path), counts_instructions: true, ..Machine::default() };
    let guest = Guest::boot(parts, &machine, &files, &|| stop.check())?;
    let wire = Wire::accept(&listener)?;
    let mut bench = Bench { guest, wire, stop };
    bench.set_up(*experiment.clients.iter().max().unwrap_or(&0))?;

    let mut all: Vec<Runs> = Vec::new();
    let mut engines: Vec<String> = vec![String::new(); switches.len()];
    let mut random = Random::new(experiment.seed);
    let mut turn = 0;
    for round in 0..experiment.repeats {
        for &clients in &experiment.clients {
            let mut order: Vec<usize> = (0..switches.len()).collect();
            shuffle(&mut order, &mut random);
            for variant in order {
                let Switch { name, arguments, .. } = &switches[variant];
                let round = format!("{} of {}", round + 1, experiment.repeats);
                progress.run(&format!("{name}, {clients} clients, {round}"));
                let file = graph_file(variant, clients);
                let run = bench.run(&file, arguments, clients, turn).map_err(|halt| {
                    // What a signal stops may look like an error.
                    match (stop.check(), halt) {
                        (Err(signal), _) => signal,
                        (Ok(()), Halt::Error(why)) => Halt::Error(format!("{name}: {why}")),
                        (Ok(()), signal) => signal,
                    }
                })?;
                engines[variant].clone_from(&run.engine);
                turn += 1;
                progress.done();
                for &rate in &experiment.rates {
                    let repeat = run.at(rate * clients as f64);
                    let is_same = |runs: &&mut Runs| {
                        (runs.variant, runs.clients) == (variant, clients)
                            && runs.packets_per_second == rate
                    };
                    match all.iter_mut().find(is_same) {
                        Some(runs) => runs.repeats.push(repeat),
                        None => all.push(Runs {
                            variant,
                            clients,
                            packets_per_second: rate,
                            repeats: vec![repeat],
                        }),
                    }
                }
            }
        }
    }
    let machine = bench.machine()?;
    drop(bench);
    let cells = summary::cells(all);
    let variant = |(switch, engine): (Switch, String)| Variant {
        name: switch.name.into(),
        file: switch.file.into(),
        graph: switch.text,
        backend: switch.backend.into(),
        engine,
        is_simulated: false,
    };
    let variants: Vec<Variant> = switches.into_iter().zip(engines).map(variant).collect();
    let lost: u64 = cells.iter().flat_map(|cell| &cell.repeats).map(|repeat| repeat.lost).sum();
    let mut warnings = Vec::new();
    if lost > 0 {
        warnings.push(format!("{lost} copies did not arrive"));
    }
    Ok(Results {
        schema: SCHEMA,
        command: experiment.command.clone(),
        started,
        seconds: begun.elapsed().as_secs_f64(),
        seed: experiment.seed,
        unit: Unit::Instructions,
        machine,
        place: Place {
            kind: PlaceKind::Guest,
            means: "a simulated machine (QEMU, one CPU) with netmap's module and an e1000e card: \
                    every nanosecond is an instruction, of which figures are made without caches, \
                    buses and devices; a client's packets arrive together, and CPU is what the \
                    packets of a rate would take of a machine that executes one in a nanosecond"
                .into(),
        },
        load: Load {
            clients: experiment.clients.clone(),
            packets_per_second: experiment.rates.clone(),
            payloads: PAYLOADS,
            warm_up_seconds: 0.0,
            measured_seconds: 0.0,
            repeats: experiment.repeats,
        },
        comparisons: summary::comparisons(&variants, &cells),
        models: summary::models(&cells),
        variants,
        left_out: vec![LeftOut {
            name: "echo delay".into(),
            why: "the clients are outside the guest, where there is no time".into(),
            from: None,
        }],
        cells,
        warnings,
        partial: None,
    })
}

fn graph_file(variant: usize, clients: usize) -> String {
    format!("{variant}.{clients}.click")
}

/// The graph as it is shipped, with static clients. Such a one gets no echo, so
/// there is one more of them.
fn with_clients(text: &str, clients: usize) -> String {
    let mut list = String::new();
    for n in 0..=clients {
        let mac: Vec<String> = wire::mac(n).iter().map(|octet| format!("{octet:x}")).collect();
        let _ = write!(
            list,
            "{}CLIENT \"ssid={} media={}:{port} wants=asq,vsq,vhq own={}:{port} mac={}\"",
            if n == 0 { "" } else { ", " },
            wire::ssid(n).get(),
            wire::address(n),
            wire::SWITCH,
            mac.join(":"),
            port = wire::MEDIA_PORT,
        );
    }
    text.replace(":: SsidReplicate", &format!(":: SsidReplicate({list})"))
}

/// The guest, and what is outside.
struct Bench<'a> {
    guest: Guest,
    wire: Wire,
    stop: &'a Stop,
}

/// A run: what its packets took.
struct Run {
    repeat: Repeat,
    engine: String,
    /// Seconds of the guest's CPU for a packet: the switch's in user mode, in the
    /// kernel, and both; the machine's, and its soft interrupts.
    per_packet: [f64; 5],
}

impl Run {
    /// With so many packets a second in all.
    fn at(&self, rate: f64) -> Repeat {
        let [cpu_user, cpu_kernel, cpu, cpu_of_machine, softirq_of_machine] =
            self.per_packet.map(|seconds| seconds * rate);
        Repeat {
            cpu_user,
            cpu_kernel,
            cpu,
            cpu_of_machine,
            softirq_of_machine,
            seconds: self.repeat.packets_in as f64 / rate,
            ..self.repeat.clone()
        }
    }
}

impl Bench<'_> {
    fn shell(&mut self, command: &str) -> Result<String, Halt> {
        let stop = self.stop;
        self.guest.shell(command, &|| stop.check())
    }

    /// The interface, and who is at the other end.
    fn set_up(&mut self, clients: usize) -> Result<(), Halt> {
        let mut script = format!("ip addr add {}/24 dev eth0; ip link set eth0 up", wire::SWITCH);
        for n in 0..=clients {
            let mac: Vec<String> = wire::mac(n).iter().map(|o| format!("{o:02x}")).collect();
            let _ = write!(script, "; arp -i eth0 -s {} {}", wire::address(n), mac.join(":"));
        }
        match self.shell(&script)?.trim() {
            "" => Ok(()),
            said => Err(Halt::Error(format!("the guest's interface: {said}"))),
        }
    }

    fn run(
        &mut self,
        file: &str,
        arguments: &str,
        clients: usize,
        turn: usize,
    ) -> Result<Run, Halt> {
        let said = self.shell(&format!(
            "> /tmp/run; \
             pkgraph run {file} {arguments} --control unix:/tmp/sfu >> /tmp/run 2>&1 & switch=$!; \
             until grep -q ready /tmp/run || ! kill -0 $switch; do sleep 0.1; done; \
             until [ \"$(cat /sys/class/net/eth0/carrier)\" = 1 ]; do sleep 0.1; done; \
             cat /tmp/run"
        ))?;
        let ready = said.lines().find(|line| line.starts_with("ready: "));
        let engine = ready.and_then(|line| line.split_once(", ")).map(|(_, engine)| engine);
        let engine = engine.ok_or_else(|| Halt::Error(said.clone()))?.to_string();
        let probes = Probes::start(self)?;
        let mut sequence = 0;
        // The first run's copies need not all come, see above.
        self.exchange(clients, WARM_UP, &mut sequence)?;
        let before = probes.read(self, false)?;
        let cpu = self.cpu()?;
        let received = self.exchange(clients, MEASURED, &mut sequence)?;
        let cpu_after = self.cpu()?;
        let after = probes.read(self, true)?;
        let ended = self.shell("kill -INT $switch; wait $switch; cat /tmp/run")?;
        if ended.contains("did not come home") {
            return Err(Halt::Error(ended));
        }
        let expected = (MEASURED * clients) as u64;
        let packets = MEASURED as f64;
        let [user, kernel, exact, machine, softirq] =
            std::array::from_fn(|n| (cpu_after[n] - cpu[n]) / packets);
        // The parts are sampled, and scaled to the sum.
        let share = if user + kernel > 0.0 { user / (user + kernel) } else { 0.5 };
        let per_packet = [exact * share, exact * (1.0 - share), exact, machine, softirq];
        let repeat = repeat(turn, &before, &after, &probes, expected, received);
        Ok(Run { repeat, engine, per_packet })
    }

    /// Sends so many packets, a client's together; how many copies came back.
    fn exchange(
        &mut self,
        clients: usize,
        packets: usize,
        sequence: &mut u16,
    ) -> Result<u64, Halt> {
        let mut received = 0;
        for round in 0..packets / StreamType::ALL.len() {
            self.stop.check()?;
            let client = round % (clients + 1);
            let frame =
                |kind: &StreamType| wire::media(client, *kind, PAYLOADS[kind.index()], *sequence);
            let frames: Vec<Vec<u8>> = StreamType::ALL.iter().map(frame).collect();
            received += self.wire.exchange(&frames, frames.len() * clients)? as u64;
            if client == clients {
                *sequence = sequence.wrapping_add(1);
            }
        }
        Ok(received)
    }

    /// Seconds of the switch in user mode, in the kernel, and exactly; of the
    /// machine, and of its soft interrupts.
    fn cpu(&mut self) -> Result<[f64; 5], Halt> {
        let said = self.shell(
            "cat /proc/$switch/stat; cat /proc/$switch/task/*/schedstat; head -n 1 /proc/stat",
        )?;
        super::cpu::of_text(&said).ok_or(Halt::Error(format!("/proc of the guest: {said}")))
    }

    fn machine(&mut self) -> Result<super::results::Machine, Halt> {
        let kernel = self.shell("uname -r")?;
        let netmap = self.shell("sha256sum /modules/netmap.ko")?;
        let qemu = Command::new(machine::QEMU).arg("--version").output();
        let qemu = qemu.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let qemu = qemu.unwrap_or_default().lines().next().unwrap_or("?").to_string();
        Ok(super::results::Machine {
            cpu: "QEMU, software emulation, an instruction in a nanosecond".into(),
            cores: 1,
            is_virtual: true,
            kernel: kernel.trim().into(),
            versions: vec![
                ("QEMU".into(), qemu),
                ("netmap.ko, SHA-256".into(), netmap.chars().take(16).collect()),
            ],
            ..super::machine::describe()
        })
    }
}

impl Handlers for Bench<'_> {
    fn read(&mut self, handler: &str) -> Result<Reading, String> {
        let line = self.ask(&format!("read --json {handler}"))?;
        Reading::from_json(&line).ok_or_else(|| format!("{handler} reads as no value: {line}"))
    }

    fn write(&mut self, handler: &str, value: &str) -> Result<(), String> {
        self.ask(&format!("write {handler} {value}")).map(drop)
    }
}

impl Bench<'_> {
    fn ask(&mut self, what: &str) -> Result<String, String> {
        let said = self.shell(&format!("pkgraph ctl unix:/tmp/sfu {what} || echo REFUSED"));
        match said {
            Ok(said) if said.ends_with("REFUSED\n") => Err(said),
            Ok(said) => Ok(said),
            Err(Halt::Error(why)) => Err(why),
            Err(Halt::Signal(signal)) => Err(format!("signal {signal}")),
        }
    }
}

fn repeat(
    turn: usize,
    before: &Snapshot,
    after: &Snapshot,
    probes: &Probes,
    expected: u64,
    received: u64,
) -> Repeat {
    // A tick of its steady counter is a nanosecond, whatever it says of itself.
    let distribution = |now: &super::distribution::Values, then: &super::distribution::Values| {
        now.since(then).distribution(after.ticks_per_microsecond)
    };
    Repeat {
        turn,
        seconds: 0.0,
        packets_in: after.media - before.media,
        packets_out: after.copies - before.copies,
        expected,
        received,
        lost: expected.saturating_sub(received),
        reordered: 0,
        duplicated: received.saturating_sub(expected),
        unsent: 0,
        cpu_user: 0.0,
        cpu_kernel: 0.0,
        cpu: 0.0,
        cpu_of_machine: 0.0,
        softirq_of_machine: 0.0,
        delay: distribution(&after.delay, &before.delay),
        delay_with_kick: distribution(&after.delay_with_kick, &before.delay_with_kick),
        echo: Distribution::default(),
        counts: after.counts_since(before, probes),
    }
}
