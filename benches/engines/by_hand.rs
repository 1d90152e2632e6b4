//! The bench graphs as loops that a person would write: no element, no
//! engine; each packet takes a buffer of the pool, gets its header, and gives
//! the buffer back; counters are looked at when the loop has ended.

use crate::replicate;
use pkgraph_runtime::{Packet, Region};
use std::collections::VecDeque;
use std::hint::black_box;

/// What packets are made of.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    pub region: &'static Region,
    pub header: &'a [u8],
    /// Octets of a packet.
    pub len: usize,
}

impl Source<'_> {
    #[inline(always)]
    pub fn packet(&self) -> Option<Packet> {
        self.region.packet_with_header(self.header, self.len)
    }
}

/// Runs `packets` packets through the loop called `graph`.
pub fn run(graph: &str, source: Source<'_>, packets: u64) {
    match graph {
        "null16" => null(source, packets),
        "counter16" => counter::<16>(source, packets),
        "strip16" => strip(source, packets),
        "classifier3" => classifier(source, packets),
        "queue" => queue(source, packets),
        "tee8_64" | "tee8_1500" => tee(source, packets),
        "chain1000" => counter::<1000>(source, packets),
        "replicate8" => replicate::run(source, packets),
        _ => panic!("no loop by hand for {graph}"),
    }
}

fn null(source: Source<'_>, packets: u64) {
    let mut discarded = 0u64;
    for _ in 0..packets {
        let Some(packet) = source.packet() else { continue };
        drop(black_box(packet));
        discarded += 1;
    }
    black_box(discarded);
}

fn counter<const N: usize>(source: Source<'_>, packets: u64) {
    // In memory, as counters that another part of the program reads are.
    let mut counters = Box::new([(0u64, 0u64); N]);
    for _ in 0..packets {
        let Some(packet) = source.packet() else { continue };
        for (count, octets) in black_box(&mut counters).iter_mut() {
            *count += 1;
            *octets += packet.len() as u64;
        }
        drop(packet);
    }
    black_box(counters);
}

fn strip(source: Source<'_>, packets: u64) {
    // Known when the program runs, as they are in the graph.
    let mut lengths = Box::new([(14usize, 14usize); 16]);
    let (mut discarded, mut drops) = (0u64, 0u64);
    'packets: for _ in 0..packets {
        let Some(mut packet) = source.packet() else { continue };
        for (off, on) in black_box(&mut lengths).iter() {
            packet.pull_front(*off);
            if !packet.unpull_front(*on) {
                drops += 1;
                continue 'packets;
            }
        }
        drop(packet);
        discarded += 1;
    }
    black_box((discarded, drops));
}

fn classifier(source: Source<'_>, packets: u64) {
    let mut counters = Box::new([(0u64, 0u64); 3]);
    for _ in 0..packets {
        let Some(packet) = source.packet() else { continue };
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

fn tee(source: Source<'_>, packets: u64) {
    let mut discarded = Box::new([0u64; 8]);
    for _ in 0..packets {
        let Some(packet) = source.packet() else { continue };
        for count in &mut discarded[..7] {
            drop(black_box(packet.share()));
            *count += 1;
        }
        drop(black_box(packet));
        discarded[7] += 1;
    }
    black_box(discarded);
}

fn queue(source: Source<'_>, packets: u64) {
    let mut fifo: VecDeque<Packet> = VecDeque::with_capacity(64);
    let mut discarded = 0u64;
    for _ in 0..packets.div_ceil(32) {
        for _ in 0..32 {
            if let Some(packet) = source.packet() {
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
