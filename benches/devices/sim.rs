//! The whole switch in memory: what it costs without a device.

use crate::switch::{FIRST, MEDIA, ssid};
use crate::{OCTETS, place, rows};
use pkgraph_elements::{Builtin, ElementSet, EtherAddress, Link, UdpHeaders};
use pkgraph_lang::{Catalogue, Source, compile};
use pkgraph_runtime::netmap::{Port, PortOptions, Taken};
use pkgraph_runtime::{Clock, Context, Graph, Region, Runner};
use std::net::SocketAddr;
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

/// Media of the first client in a frame. It has no UDP checksum: what it costs to check
/// one is the sender's choice.
fn frame() -> Vec<u8> {
    let mut media = vec![0x80, 96, 0, 0, 0, 0, 0, 0];
    media.extend((ssid(0) | 1).to_be_bytes());
    media.resize(OCTETS, 0x5a);
    let link = Link {
        own: EtherAddress([2, 0, 0, 0, 0, 2]),
        peer: EtherAddress([2, 0, 0, 0, 0, 1]),
        tag: None,
    };
    let from = SocketAddr::from(([10, 0, 0, 2], FIRST)).into();
    let to = SocketAddr::from(([10, 0, 0, 1], MEDIA)).into();
    let headers = UdpHeaders::new(&link, &from, &to).expect("of one family");
    headers.frame(&media, false).expect("short enough")
}
