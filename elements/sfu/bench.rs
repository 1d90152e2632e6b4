//! What a copy of the switch costs, without a device behind it: nanoseconds,
//! and where valgrind is installed instructions, in sessions of 10 to 1,000
//! clients that all want what one of them sends, 92 octets a packet; and how
//! long media waits while one of so many subscribes anew.
//!
//! `cargo bench -p pkgraph-sfu --bench replicate`

use pkgraph::elements::{self, Element};
use pkgraph::runtime::{Address, Args, Clock, Context, Edges, Packet, Region};
use pkgraph_sfu::SsidReplicate;
use pkgraph_sfu::wire::{Entry, Message, Register, TypeMask, parse_datagram};
use std::cell::Cell;
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

/// Takes what it is given and frees it; keeps the last.
#[derive(Default)]
struct Sink(u64, Vec<u8>);

impl Edges for Sink {
    fn push(&mut self, _: usize, packet: Packet) {
        self.0 += black_box(&packet).len() as u64;
        if KEEP.get() {
            self.1 = packet.payload().to_vec();
        }
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

thread_local! {
    /// Whether a Sink keeps what it is given.
    static KEEP: Cell<bool> = const { Cell::new(false) };
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
    elements::start(&args, &mut Context::new(Clock::manual(), region))
        .expect("the arguments are good, and it opens nothing")
}

/// Sends packets of the first client until there are so many copies; how long
/// that took.
fn run(element: &mut SsidReplicate, region: &'static Region, packets: u32) -> Duration {
    let mut payload = [0; 92];
    payload[..2].copy_from_slice(&[0x80, 96]);
    payload[11] = 0x11;
    let own: SocketAddr = (Ipv4Addr::new(192, 0, 2, 1), 5004).into();
    let mut sink = Sink::default();
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

/// How long media has to wait while a client of a session of so many
/// subscribes anew: to nothing, and to everything of everybody, so that three
/// lists of each source change. Median and longest of many.
fn pauses(clients: u32, region: &'static Region) -> [Duration; 2] {
    let mut element = switch(clients - 1, region);
    let mut sink = Sink::default();
    let mut ask = |message: &Message, port: usize| {
        let mut octets = Vec::new();
        message.emit(SSID.get(), &mut octets);
        let mut packet = region.packet(&octets).expect("a free buffer");
        let annotations = packet.annotations_mut().expect("it is not shared");
        let from: SocketAddr = (Ipv4Addr::new(198, 51, 100, 1), 6000 + port as u16).into();
        let own: SocketAddr = (Ipv4Addr::new(192, 0, 2, 1), 5004 + port as u16).into();
        annotations.set_source(from.into());
        annotations.set_destination(own.into());
        let start = Instant::now();
        element.push(port, packet, &mut sink);
        let took = start.elapsed();
        let datagram = parse_datagram(&sink.1).expect("an answer");
        (took, datagram.messages.first().expect("an answer").message.clone())
    };
    KEEP.set(true);
    let (_, Message::Challenge { cookie, .. }) = ask(&Message::hello(1), 1) else {
        panic!("HELLO gets a CHALLENGE")
    };
    let wants = TypeMask::ALL;
    let register = Register { nonce: 1, cookie, echo: false, wants, lease: 300 };
    let (_, Message::Registered(member)) = ask(&Message::Register(register), 1) else {
        panic!("REGISTER gets a REGISTERED")
    };
    SSID.set(member.ssid.get());
    let token = member.token;
    let (_, challenge) = ask(&Message::Bind { token, seq: 1, cookie: [0; 16] }, 0);
    let Message::Challenge { cookie, .. } = challenge else { panic!("BIND gets a CHALLENGE") };
    ask(&Message::Bind { token, seq: 1, cookie }, 0);
    let mut took: Vec<Duration> = (2..202)
        .map(|seq| {
            let wants = if seq % 2 == 0 { TypeMask::NONE } else { TypeMask::ALL };
            let entries = vec![Entry::new(None, wants)];
            ask(&Message::Subscribe { token, seq, add: false, entries }, 1).0
        })
        .collect();
    KEEP.set(false);
    took.sort();
    [took[took.len() / 2], took[took.len() - 1]]
}

thread_local! {
    /// Of the client that subscribes, as soon as it has one.
    static SSID: Cell<u32> = const { Cell::new(0) };
}

fn main() {
    let region = Region::new(64, Region::BUFFER_SIZE);
    let numbers: Vec<u32> = std::env::args().skip(1).filter_map(|n| n.parse().ok()).collect();
    if let [clients, packets] = numbers[..] {
        // A child under callgrind.
        run(&mut switch(clients, region), region, packets);
        return;
    }
    for clients in CLIENTS {
        let [median, longest] = pauses(clients, region);
        println!(
            "{clients:>8} clients: a new subscription to all holds media up for {:.1} µs (median), \
             {:.1} µs (longest of 200)",
            median.as_secs_f64() * 1e6,
            longest.as_secs_f64() * 1e6
        );
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
