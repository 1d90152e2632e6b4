//! Tests with rings in memory, whose kernel side is under the test's control.

use super::super::memory::lay_out;
use super::*;
use crate::netmap::abi::NETMAP_RESERVED_BUFS;
use crate::netmap::{Interface, Put, Taken};
use crate::sys::pair;
use crate::{Packet, Region};
use proptest::prelude::*;

/// A port of one queue, and the kernel's side of its rings.
struct Bench {
    region: &'static Region,
    buffers: Buffers,
    user: Interface,
    fill: (Producer<u64>, Consumer<u64>),
    rx: (Producer<xdp_desc>, Consumer<xdp_desc>),
    tx: (Producer<xdp_desc>, Consumer<xdp_desc>),
    completion: (Producer<u64>, Consumer<u64>),
}

/// Buffers for packets in the graph.
const SPARE: u32 = 16;
const SIZE: u64 = 512;

fn bench(slots: u32) -> Bench {
    let count = NETMAP_RESERVED_BUFS + 2 * slots + SPARE;
    let region = Region::new(count, SIZE as u32);
    for reserved in 0..NETMAP_RESERVED_BUFS {
        assert_eq!(region.give_up(), Some(reserved));
    }
    let (rings, user) = lay_out(region, slots, 1).unwrap();
    let buffers = Buffers::new(region, rings, count as usize);
    let size = slots.next_power_of_two();
    let fill = pair(size, u32::MAX - 1);
    buffers.fill(&buffers.to_fill()[0], &fill.0);
    let (rx, tx) = (pair(size, u32::MAX), pair(size, 5));
    Bench { region, buffers, user, fill, rx, tx, completion: pair(size, 0) }
}

impl Bench {
    fn rx_sync(&self) {
        self.buffers.release(0, &self.fill.0);
        self.buffers.receive(0, &self.rx.1);
        assert!(self.user.rx[0].mark_synced());
    }

    fn tx_sync(&self) {
        self.buffers.complete(&self.completion.1);
        self.buffers.submit(&self.tx.0);
        self.buffers.complete(&self.completion.1);
        assert!(self.user.tx[0].mark_synced());
    }

    /// The kernel shows frames, whose entries of the fill ring it does not
    /// release yet.
    fn show(&self, frames: u32) -> u32 {
        let frames = frames.min(self.fill.1.available());
        let one = |_| xdp_desc { addr: self.fill.1.pop() + 256, len: 60, options: 0 };
        self.rx.0.push((0..frames).map(one));
        frames
    }

    fn take(&self) -> Vec<Packet> {
        let next = || match self.user.rx[0].take() {
            Taken::Packet(packet) => Some(packet),
            _ => None,
        };
        std::iter::from_fn(next).collect()
    }

    fn put(&self, packets: usize) -> usize {
        let put = |_: &usize| {
            let packet = self.region.packet(&[7; 60]).unwrap();
            self.user.tx[0].put(packet) == Put::Swapped
        };
        (0..packets).take_while(put).count()
    }
}

#[test]
fn a_frame_may_be_seen_before_its_entry_of_the_fill_ring_is_released() {
    let bench = bench(8);
    let mut seen = 0;
    for round in 0..20 {
        // All but one, since a ring of netmap's always has one slot empty.
        assert_eq!(bench.show(7), 7, "round {round}");
        bench.rx_sync();
        seen += bench.take().len();
        // The kernel still has all entries of the ring to release.
        bench.rx_sync();
        assert!(bench.buffers.has_unreleased());
        assert_eq!(bench.fill.1.available(), 1);
        bench.fill.1.release();
        bench.rx_sync();
        assert!(!bench.buffers.has_unreleased());
        assert_eq!(bench.fill.1.available(), 8);
    }
    assert_eq!(seen, 140);
    assert!(bench.region.is_home());
}

#[test]
fn a_buffer_may_come_back_before_its_entry_of_the_tx_ring_is_released() {
    let bench = bench(8);
    for _ in 0..20 {
        assert_eq!(bench.put(10), 7);
        bench.tx_sync();
        assert_eq!(bench.user.tx[0].space(), 0);
        // All are sent, and the ring has room for one more only.
        let sent: Vec<u64> = (0..7).map(|_| bench.tx.1.pop().addr / SIZE * SIZE).collect();
        bench.completion.0.push(sent.into_iter());
        bench.tx_sync();
        assert_eq!(bench.put(10), 7);
        bench.tx_sync();
        assert!(bench.buffers.has_unsubmitted());
        assert_eq!(bench.tx.1.available(), 1);
        bench.tx.1.release();
        bench.tx_sync();
        assert!(!bench.buffers.has_unsubmitted());
        let sent: Vec<u64> = (0..7).map(|_| bench.tx.1.pop().addr / SIZE * SIZE).collect();
        bench.tx.1.release();
        bench.completion.0.push(sent.into_iter());
        bench.tx_sync();
        assert_eq!(bench.user.tx[0].space(), 7);
    }
    assert!(bench.region.is_home());
}

#[test]
fn what_is_no_buffer_of_the_kernels_is_counted_and_changes_nothing() {
    let bench = bench(8);
    let has = bench.fill.1.pop();
    let free = bench.region.alloc().unwrap();
    // One that it has and then has not any more, one of no port, none at all.
    let addresses = [has, has, (free.data().as_ptr().addr() - bench.region.base()) as u64];
    let desc = |addr| xdp_desc { addr, len: 60, options: 0 };
    bench.rx.0.push(addresses.into_iter().chain([u64::MAX, 1 << 40]).map(desc));
    bench.completion.0.push([1 << 40, u64::MAX].into_iter());
    bench.rx_sync();
    bench.tx_sync();
    assert_eq!(bench.take().len(), 1);
    // Nothing was sent, so nothing is looked for in the completion ring.
    assert_eq!((bench.buffers.strays.get(), bench.user.tx[0].space()), (4, 7));
    assert_eq!(bench.put(1), 1);
    bench.tx_sync();
    bench.tx_sync();
    assert_eq!(bench.buffers.strays.get(), 6);
    drop(free);
    assert!(bench.region.is_home());
}

#[test]
fn a_length_past_the_buffer_is_dropped() {
    for (at, len) in [(0, SIZE as u32 + 1), (256, 257), (0, 1 << 16 | 60), (0, u32::MAX)] {
        let bench = bench(8);
        let addr = bench.fill.1.pop() + at;
        bench.rx.0.push([xdp_desc { addr, len, options: 0 }].into_iter());
        bench.rx_sync();
        assert!(matches!(bench.user.rx[0].take(), Taken::Discarded), "{len} octets at {at}");
        assert!(bench.region.is_home());
    }
}

proptest! {
    /// Whatever the kernel does when, no buffer is lost, and in the end it has
    /// them all.
    #[test]
    fn buffers_are_conserved(
        slots in 2..10u32,
        steps in prop::collection::vec((0..7u8, 1..10u32), 1..200),
    ) {
        let bench = bench(slots);
        let (mut kept, mut out) = (Vec::new(), Vec::new());
        for (step, count) in steps {
            match step {
                0 => drop(bench.show(count)),
                1 => bench.fill.1.release(),
                2 => bench.rx_sync(),
                3 => kept.extend(bench.take()),
                4 => kept.clear(),
                5 => {
                    bench.tx_sync();
                    let most = count.min(bench.tx.1.available());
                    out.extend((0..most).map(|_| bench.tx.1.pop().addr / SIZE * SIZE));
                    bench.completion.0.push(out.drain(..));
                }
                _ => {
                    let free = bench.region.available().min(count as usize);
                    bench.put(free);
                    bench.tx.1.release();
                }
            }
            prop_assert_eq!(bench.region.available() + kept.len(), SPARE as usize);
        }
        kept.clear();
        for _ in 0..3 {
            bench.fill.1.release();
            bench.rx_sync();
            bench.take();
            bench.tx_sync();
            bench.completion.0.push((0..bench.tx.1.available()).map(|_| bench.tx.1.pop().addr / SIZE * SIZE));
            bench.tx.1.release();
            bench.tx_sync();
        }
        let mut has: Vec<u64> = (0..bench.fill.1.available()).map(|_| bench.fill.1.pop()).collect();
        has.sort_unstable();
        has.dedup();
        prop_assert_eq!((has.len(), bench.user.tx[0].space()), (slots as usize, slots as usize - 1));
        prop_assert!(bench.region.is_home() && bench.buffers.strays.get() == 0);
    }
}
