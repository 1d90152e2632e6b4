//! The switch between two ends of a wire in memory: what it takes without a
//! device and without the kernel. It runs in this process, one packet at a time,
//! as fast as it can.

use super::counters::{Handlers, Probes};
use super::results::{Distribution, Repeat, Variant};
use pkgraph_client::PAYLOADS;
use pkgraph_elements::{Builtin, ElementSet};
use pkgraph_ethernet::{EtherAddress, Link};
use pkgraph_ip::UdpHeaders;
use pkgraph_lang::{Catalogue, Source, compile};
use pkgraph_runtime::HandlerValue;
use pkgraph_runtime::netmap::{DriverRow, Port, PortOptions, Taken};
use pkgraph_runtime::{Clock, Context, Graph, Plan, Region, Runner};
use pkgraph_serve::Reading;
use pkgraph_serve::handlers::{self, Resolved};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Instant;

include!(concat!(env!("OUT_DIR"), "/sim.rs"));
use sim_click::Compiled;

const GRAPH: &str = "benches/devices/sim.click";
const TEXT: &str = include_str!("../../benches/devices/sim.click");

/// Packets of a repeat, and before the first one.
const PACKETS: usize = if cfg!(debug_assertions) { 300 } else { 6000 };
const WARM_UP: usize = PACKETS / 3;

/// The variant on this driver, under this title.
pub fn variant(driver: &DriverRow, title: &str) -> Variant {
    Variant {
        name: title.into(),
        file: GRAPH.into(),
        graph: TEXT.into(),
        backend: driver.name.into(),
        engine: "compiled engine (built in)".into(),
        is_simulated: true,
    }
}

/// Runs it between these two ports, with so many copies of a packet. CPU is what
/// the packets of so many clients at this rate would take.
pub fn repeats(
    ends: [&'static str; 2],
    clients: usize,
    rate: f64,
    repeats: usize,
) -> Result<Vec<Repeat>, String> {
    let run = move || {
        let mut sim = Sim::start(ends, clients)?;
        let probes = Probes::start(&mut sim)?;
        sim.turn(WARM_UP)?;
        (0..repeats).map(|_| sim.repeat(&probes, rate)).collect()
    };
    // The memory of packets belongs to a thread.
    std::thread::spawn(run).join().unwrap_or_else(|_| Err("the switch in memory died".into()))
}

struct Sim {
    plan: Plan,
    runner: Runner<Compiled>,
    peer: Rc<Port>,
    region: &'static Region,
    clients: usize,
    /// A packet of each type, and how many have been sent.
    frames: [Vec<u8>; PAYLOADS.len()],
    sent: usize,
    _context: Context,
}

impl Sim {
    fn start([switch, peer]: [&str; 2], clients: usize) -> Result<Sim, String> {
        // One more, which sends.
        let client = |n: usize| {
            let (net, host) = (n / 50, n % 50 + 1);
            let media = format!("10.0.{net}.{host}:4000");
            format!("\"ssid={} media={media} wants=asq,vsq,vhq mac={MAC}\"", ssid(n))
        };
        let list: Vec<String> = (0..=clients).map(client).collect();
        let text = TEXT.replace("SsidReplicate", &format!("SsidReplicate({})", list.join(", ")));
        let source = Source { name: GRAPH.into(), text };
        let defines = [("DEV".to_string(), switch.to_string())];
        let plan = compile(&source, &defines, &Catalogue::new(Builtin::CATALOGUE))
            .map_err(|errors| format!("{errors:?}"))?;
        let mut context = Context::new(Clock::real(), Region::new(64, Region::BUFFER_SIZE));
        let runner = Runner::start(&plan, &mut context, Compiled::start)
            .map_err(|error| error.to_string())?;
        let peer = Port::open(&mut context, peer, &PortOptions::default())
            .map_err(|error| error.to_string())?;
        let region = Region::new(1, 2048);
        let frames = [0, 1, 2].map(frame);
        Ok(Sim { plan, runner, peer, region, clients, frames, sent: 0, _context: context })
    }

    /// Sends so many packets, one after the other: the seconds that the switch took.
    fn turn(&mut self, packets: usize) -> Result<f64, String> {
        let failed = |error: std::io::Error| error.to_string();
        let mut nanos = 0;
        for _ in 0..packets {
            let kind = self.sent % PAYLOADS.len();
            self.sent += 1;
            let packet =
                self.region.packet(&self.frames[kind]).ok_or("a packet was not given back")?;
            let _ = self.peer.put(packet);
            self.peer.tx_sync().map_err(failed)?;
            let mut came = 0;
            // More than a ring has slots for takes several rounds.
            for _ in 0..1 + self.clients {
                let _ = self.runner.settle(1).map_err(failed)?;
                let begun = Instant::now();
                self.runner.round();
                nanos += begun.elapsed().as_nanos();
                self.peer.rx_sync().map_err(failed)?;
                while let Taken::Packet(_) = self.peer.take() {
                    came += 1;
                }
                self.peer.rx_sync().map_err(failed)?;
                if came == self.clients {
                    break;
                }
            }
            if came != self.clients {
                return Err(format!("{came} of {} copies came", self.clients));
            }
        }
        Ok(nanos as f64 / 1e9)
    }

    fn repeat(&mut self, probes: &Probes, rate: f64) -> Result<Repeat, String> {
        let before = probes.read(self, false)?;
        let seconds = self.turn(PACKETS)?;
        let after = probes.read(self, true)?;
        let ticks = after.ticks_per_microsecond;
        let copies = (PACKETS * self.clients) as u64;
        let cpu = seconds / PACKETS as f64 * self.clients as f64 * rate;
        Ok(Repeat {
            turn: 0,
            seconds,
            packets_in: after.media - before.media,
            packets_out: after.copies - before.copies,
            expected: copies,
            received: copies,
            lost: 0,
            reordered: 0,
            duplicated: 0,
            unsent: 0,
            cpu_user: cpu,
            cpu_kernel: 0.0,
            cpu,
            cpu_of_machine: cpu,
            softirq_of_machine: 0.0,
            delay: after.delay.since(&before.delay).distribution(ticks),
            delay_with_kick: after
                .delay_with_kick
                .since(&before.delay_with_kick)
                .distribution(ticks),
            echo: Distribution::default(),
            counts: after.counts_since(&before, probes),
        })
    }
}

/// The handlers of a graph of this process.
impl Handlers for Sim {
    fn read(&mut self, handler: &str) -> Result<Reading, String> {
        let resolved = handlers::resolve(&self.plan, handler).map_err(|error| error.to_string())?;
        let value = match (handlers::of_plan(&self.plan, resolved), resolved) {
            (Some(value), _) => value,
            (None, Resolved::Element(node, name)) => {
                self.runner.graph().read(node, name).map_err(|error| error.to_string())?
            }
            // It does not wait.
            (None, Resolved::Global(_)) => 0u64.value(),
        };
        let (kind, quantity) = handlers::declared(&self.plan, resolved);
        Ok(Reading { value, kind, quantity })
    }

    fn write(&mut self, handler: &str, value: &str) -> Result<(), String> {
        let (name, handler) = handler.rsplit_once('.').ok_or("no element")?;
        let node = self.plan.find(name).ok_or_else(|| format!("no element {name}"))?;
        self.runner.graph_mut().write(node, handler, value).map_err(|error| error.to_string())
    }
}

const MAC: &str = "2:0:0:0:0:2";

fn ssid(client: usize) -> u32 {
    (client as u32 + 1) << 4
}

/// A packet of the first client's, of type ASQ, VSQ or VHQ. It has no UDP checksum:
/// whether there is one to check is the sender's choice.
fn frame(kind: usize) -> Vec<u8> {
    let mut media = vec![0x80, 96, 0, 0, 0, 0, 0, 0];
    media.extend((ssid(0) | (kind as u32 + 1)).to_be_bytes());
    media.resize(12 + PAYLOADS[kind], 0x5a);
    let link = Link {
        own: EtherAddress([2, 0, 0, 0, 0, 2]),
        peer: EtherAddress([2, 0, 0, 0, 0, 1]),
        tag: None,
    };
    let from = SocketAddr::from(([10, 0, 0, 1], 4000)).into();
    let to = SocketAddr::from(([10, 0, 9, 9], 5004)).into();
    let headers = UdpHeaders::new(&link, &from, &to).expect("of one family");
    headers.frame(&media, false).expect("short enough")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pkgraph_runtime::netmap::{Compared, DRIVERS};

    #[test]
    fn every_copy_comes_and_is_counted() {
        let wires = DRIVERS.iter().filter_map(|row| match row.compared {
            Some(Compared::InMemory { ends, .. }) => Some(ends),
            _ => None,
        });
        let repeats: Vec<_> = wires.flat_map(|ends| repeats(ends, 4, 750.0, 2).unwrap()).collect();
        assert!(!repeats.is_empty());
        for repeat in &repeats {
            assert_eq!(repeat.packets_in, PACKETS as u64);
            assert_eq!(repeat.packets_out, 4 * PACKETS as u64);
            assert_eq!(repeat.delay.count, PACKETS as u64);
            assert_eq!(repeat.delay_with_kick.count, PACKETS as u64);
            assert!(repeat.delay.p50 > 0.0 && repeat.delay_with_kick.p50 >= repeat.delay.p50);
            // Three copies, and the packet itself.
            assert!((repeat.counts.copies - 3.0).abs() < 1e-9, "{:?}", repeat.counts);
            assert_eq!(repeat.counts.kernel_crossings, 0.0);
        }
    }
}
