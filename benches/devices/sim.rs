//! The whole switch in memory: what it costs without a device.

use crate::switch::{FIRST, MEDIA, ssid};
use crate::{OCTETS, place, rows};
use pkgraph_elements::{Builtin, ElementSet};
use pkgraph_lang::{Catalogue, Source, compile};
use pkgraph_runtime::netmap::{Port, PortOptions, Taken};
use pkgraph_runtime::{Clock, Context, Graph, Region, Runner};
use std::time::Instant;

include!(concat!(env!("OUT_DIR"), "/devices.rs"));

/// Packets in of a burst.
const BURST: usize = 8;
/// Bursts of a turn, and turns; the first warms the caches.
const BURSTS: usize = 20_000;
const TURNS: usize = 11;

/// Nanoseconds per packet in, the copies included: the engine's round alone.
/// What the other end of the wire does is not counted. With `measures` the switch
/// measures its delays exactly, as `pkgraph compare` has it.
pub fn run(copies: usize, measures: bool) -> f64 {
    std::thread::spawn(move || {
        place::settle(place::SWITCH_CPU);
        let mut turns = turns(copies, measures);
        turns.remove(0);
        rows::median(&turns)
    })
    .join()
    .expect("the switch in memory runs")
}

fn turns(copies: usize, measures: bool) -> Vec<f64> {
    let path = format!("{}/benches/devices/sim.click", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("a bench graph");
    let client = |n: usize| {
        let udp_port = FIRST + n as u16;
        format!("ssid={} media=10.0.0.2:{udp_port} wants=asq mac=2:0:0:0:0:2", ssid(n))
    };
    let list = (0..=copies).map(client).collect::<Vec<_>>().join(", ");
    let text = text.replace("SsidReplicate", &format!("SsidReplicate({list})"));
    let catalogue = Catalogue::new(Builtin::CATALOGUE);
    let plan = compile(&Source { name: path, text }, &[], &catalogue)
        .unwrap_or_else(|errors| panic!("{errors:#?}"));
    let start = benches_devices_sim_click::Compiled::start;
    let mut context = Context::new(Clock::real(), Region::new(64, Region::BUFFER_SIZE));
    let mut runner =
        Runner::start(&plan, &mut context, start).unwrap_or_else(|error| panic!("{error}"));
    if measures {
        let node = plan.find("sfu").expect("it has one");
        runner.graph_mut().write(node, "measure", "true").expect("a handler");
    }
    let peer = Port::open(&mut context, "sim0:b", &PortOptions::default()).expect("an end");
    let own = Region::new(1, 2048);
    let frame = frame();
    let turn = || {
        let mut nanos = 0;
        for _ in 0..BURSTS {
            for _ in 0..BURST {
                let _ = peer.put(own.packet(&frame).expect("its buffer is back"));
            }
            peer.tx_sync().expect("the rules are kept");
            // Its descriptor is read, outside of what is timed.
            let _ = runner.settle(1).expect("a wait");
            let begun = Instant::now();
            runner.round();
            nanos += begun.elapsed().as_nanos();
            let mut came = 0;
            while came < BURST * copies {
                peer.rx_sync().expect("the rules are kept");
                match peer.take() {
                    Taken::Packet(_) => came += 1,
                    _ => assert!(came == BURST * copies, "{came} copies have come"),
                }
            }
            peer.rx_sync().expect("the rules are kept");
        }
        nanos as f64 / (BURSTS * BURST) as f64
    };
    std::iter::repeat_with(turn).take(TURNS).collect()
}

/// Media of the first client in a frame.
fn frame() -> Vec<u8> {
    let (udp_len, ip_len) = (8 + OCTETS as u16, 28 + OCTETS as u16);
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0];
    frame.extend(ip_len.to_be_bytes());
    frame.extend([0, 0, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1]);
    let sum: u32 = frame[14..34].chunks(2).map(|w| u32::from(w[0]) << 8 | u32::from(w[1])).sum();
    let sum = (sum & 0xffff) + (sum >> 16);
    frame[24..26].copy_from_slice(&(!(sum as u16)).to_be_bytes());
    // No UDP checksum: what it costs to check one is the sender's choice.
    frame.extend([FIRST, MEDIA, udp_len, 0].iter().flat_map(|word| word.to_be_bytes()));
    frame.extend([0x80, 96, 0, 0, 0, 0, 0, 0]);
    frame.extend((ssid(0) | 1).to_be_bytes());
    frame.resize(42 + OCTETS, 0x5a);
    frame
}
