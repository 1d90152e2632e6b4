//! What a copy of the switch costs, without a device behind it: nanoseconds,
//! and where valgrind is installed instructions, in sessions of 10 to 1,000
//! clients that all want what one of them sends, 92 octets a packet.
//!
//! `cargo bench -p pkgraph-elements --bench replicate`

use pkgraph_elements::{Declare, Element, SsidReplicate};
use pkgraph_runtime::{Address, Args, Clock, Context, Edges, Packet, Region};
use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::{Duration, Instant};

const CLIENTS: [u32; 3] = [10, 100, 1000];
/// Copies in a run that is timed, and in one that is counted.
const COPIES: u32 = 4_000_000;
const COUNTED: u32 = 100_000;
/// The fastest of so many runs counts: the others met something else.
const RUNS: usize = 7;

/// Takes what it is given and frees it.
struct Sink(u64);

impl Edges for Sink {
    fn push(&mut self, _: usize, packet: Packet) {
        self.0 += black_box(packet).len() as u64;
    }

    fn pull(&mut self, _: usize) -> Option<Packet> {
        None
    }

    fn room(&self, _: usize) -> usize {
        usize::MAX
    }

    fn inputs(&self) -> usize {
        2
    }

    fn outputs(&self) -> usize {
        1
    }
}

fn client(n: u32) -> SocketAddr {
    (Ipv4Addr::from_bits(0x0a00_0001 + n), 5004).into()
}

/// A switch of so many static clients.
fn switch(clients: u32, region: &'static Region) -> SsidReplicate {
    let mut args = Args::default();
    args.add("SEED", "1");
    for n in 0..clients {
        let text =
            format!("ssid={} media={} wants=asq own=192.0.2.1:5004", 16 * (n + 1), client(n));
        args.add("CLIENT", text);
    }
    let mut element = SsidReplicate::configure(&args).expect("the arguments are good");
    element.init(&mut Context::new(Clock::manual(), region)).expect("it opens nothing");
    element
}

/// Sends packets of the first client until there are so many copies; how long
/// that took.
fn run(element: &mut SsidReplicate, region: &'static Region, packets: u32) -> Duration {
    let mut payload = [0; 92];
    payload[..2].copy_from_slice(&[0x80, 96]);
    payload[11] = 0x11;
    let own: SocketAddr = (Ipv4Addr::new(192, 0, 2, 1), 5004).into();
    let mut sink = Sink(0);
    let start = Instant::now();
    for _ in 0..packets {
        let mut packet = region.packet(&payload).expect("a free buffer");
        let annotations = packet.annotations_mut().expect("it is not shared");
        annotations.set_source(Address::from(client(0)));
        annotations.set_destination(Address::from(own));
        element.push(0, packet, &mut sink);
    }
    let took = start.elapsed();
    assert!(sink.0 > 0, "there were copies");
    took
}

/// Instructions of a run in a process of its own; `None` without valgrind.
fn instructions(clients: u32, packets: u32) -> Option<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().ok()?)
        .args([clients.to_string(), packets.to_string()])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = text.lines().find(|line| line.contains("Collected"))?;
    line.rsplit(' ').next()?.parse().ok()
}

fn main() {
    let region = Region::new(64, Region::BUFFER_SIZE);
    let numbers: Vec<u32> = std::env::args().skip(1).filter_map(|n| n.parse().ok()).collect();
    if let [clients, packets] = numbers[..] {
        // A child under callgrind.
        run(&mut switch(clients, region), region, packets);
        return;
    }
    println!("{:>8} {:>12} {:>22}", "clients", "ns per copy", "instructions per copy");
    for clients in CLIENTS {
        let (copies, mut element) = (clients - 1, switch(clients, region));
        let packets = COPIES / copies;
        let fastest = (0..RUNS).map(|_| run(&mut element, region, packets)).min();
        let fastest = fastest.unwrap_or_default().as_nanos() as f64;
        print!("{clients:>8} {:>12.1}", fastest / f64::from(packets * copies));
        // Twice as many less once as many, so that the start does not count.
        let packets = COUNTED / copies;
        let more = instructions(clients, 2 * packets).zip(instructions(clients, packets));
        match more {
            Some((twice, once)) => {
                println!(" {:>22.1}", (twice - once) / f64::from(packets * copies));
            }
            None => println!(" {:>22}", "-"),
        }
    }
}
