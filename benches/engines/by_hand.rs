//! The bench graphs as loops that a person would write: no element, no
//! engine; each packet takes a buffer of the pool, gets its octets, and gives
//! the buffer back; counters are looked at when the loop has ended.

use pkgraph_runtime::{Packet, Region};
use std::collections::VecDeque;
use std::hint::black_box;

/// Runs `packets` packets through the loop called `graph`.
pub fn run(graph: &str, region: &'static Region, data: &[u8], packets: u64) {
    match graph {
        "null16" => null(region, data, packets),
        "counter16" => counter(region, data, packets),
        "classifier3" => classifier(region, data, packets),
        "tee8" => tee(region, data, packets),
        "queue" => queue(region, data, packets),
        _ => panic!("no loop by hand for {graph}"),
    }
}

fn null(region: &'static Region, data: &[u8], packets: u64) {
    let mut discarded = 0u64;
    for _ in 0..packets {
        let Some(packet) = region.packet(data) else { continue };
        drop(black_box(packet));
        discarded += 1;
    }
    black_box(discarded);
}

fn counter(region: &'static Region, data: &[u8], packets: u64) {
    // In memory, as counters that another part of the program reads are.
    let mut counters = Box::new([(0u64, 0u64); 16]);
    for _ in 0..packets {
        let Some(packet) = region.packet(data) else { continue };
        for (count, octets) in black_box(&mut counters).iter_mut() {
            *count += 1;
            *octets += packet.len() as u64;
        }
        drop(packet);
    }
    black_box(counters);
}

fn classifier(region: &'static Region, data: &[u8], packets: u64) {
    let mut counters = Box::new([(0u64, 0u64); 3]);
    for _ in 0..packets {
        let Some(packet) = region.packet(data) else { continue };
        let ethertype = match packet.data() {
            [_, _, _, _, _, _, _, _, _, _, _, _, high, low, ..] => {
                u16::from_be_bytes([*high, *low])
            }
            _ => 0,
        };
        let way = match ethertype {
            0x0806 => 0,
            0x0800 => 1,
            _ => 2,
        };
        counters[way].0 += 1;
        counters[way].1 += packet.len() as u64;
    }
    black_box(counters);
}

fn tee(region: &'static Region, data: &[u8], packets: u64) {
    let mut discarded = Box::new([0u64; 8]);
    for _ in 0..packets {
        let Some(packet) = region.packet(data) else { continue };
        for count in &mut discarded[..7] {
            drop(black_box(packet.share()));
            *count += 1;
        }
        drop(black_box(packet));
        discarded[7] += 1;
    }
    black_box(discarded);
}

fn queue(region: &'static Region, data: &[u8], packets: u64) {
    let mut fifo: VecDeque<Packet> = VecDeque::with_capacity(64);
    let mut discarded = 0u64;
    for _ in 0..packets.div_ceil(32) {
        for _ in 0..32 {
            if let Some(packet) = region.packet(data) {
                fifo.push_back(packet);
            }
        }
        for _ in 0..32 {
            if fifo.pop_front().is_some() {
                discarded += 1;
            }
        }
    }
    black_box(discarded);
}
