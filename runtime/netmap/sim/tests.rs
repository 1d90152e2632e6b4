//! Both ends of a pipe against a model of what must hold.

use super::{Pipe, PortName, Violation, pair};
use crate::netmap::abi::{NETMAP_RESERVED_BUFS, NS_MOREFRAG};
use crate::netmap::ring::RawRing;
use crate::netmap::{Port, PortError, PortOptions, Put, Taken};
use crate::{Clock, Context, Packet, Region};
use proptest::prelude::*;
use std::collections::{BTreeSet, VecDeque};
use std::os::fd::RawFd;
use std::rc::Rc;
use std::time::Duration;

fn readable(fd: RawFd) -> bool {
    crate::sys::readable([fd], Some(Duration::ZERO)) == [true]
}

fn options(slots: u32, bufs: u32) -> PortOptions {
    PortOptions { slots, bufs, buffer_size: 128 }
}

#[derive(Clone, Copy, Debug)]
enum Source {
    /// A new packet of the ports' region.
    Fresh,
    /// One of two handles on a new packet.
    Shared,
    /// A packet of another region.
    Foreign,
    /// A packet that was taken from either port.
    Held,
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Put(usize, Source),
    Take(usize),
    TxSync(usize),
    RxSync(usize),
    DropHeld,
    /// Writes head and cur of a TX (or RX) ring, past its end, and syncs. (Wrong
    /// indices below that are believed, and then a buffer may have two places.)
    Scribble {
        end: usize,
        tx: bool,
        head: u32,
        cur: u32,
    },
}

fn op() -> impl Strategy<Value = Op> {
    let source = prop_oneof![
        Just(Source::Fresh),
        Just(Source::Shared),
        Just(Source::Foreign),
        Just(Source::Held)
    ];
    prop_oneof![
        6 => (0usize..2, source).prop_map(|(end, source)| Op::Put(end, source)),
        6 => (0usize..2).prop_map(Op::Take),
        3 => (0usize..2).prop_map(Op::TxSync),
        3 => (0usize..2).prop_map(Op::RxSync),
        2 => Just(Op::DropHeld),
        1 => (0usize..2, any::<bool>(), 0u32..9, 0u32..9)
            .prop_map(|(end, tx, head, cur)| Op::Scribble { end, tx, head, cur }),
    ]
}

/// The ports, and what a reader of netmap's manual expects of them.
struct Model {
    ports: [Port; 2],
    pipe: Rc<Pipe>,
    region: &'static Region,
    foreign: &'static Region,
    held: Vec<Packet>,
    next: u32,
    resets: u64,
    /// By the end that sends: put but not synced, and synced but not taken.
    staged: [VecDeque<u32>; 2],
    sent: [VecDeque<u32>; 2],
    /// By the end that receives: slots that a reset gives a second time, their
    /// packets gone.
    ghosts: [usize; 2],
    /// By the end that receives: its last sync found nothing, it waits.
    waits: [bool; 2],
}

impl Model {
    fn new(slots: u32, bufs: u32) -> Model {
        let (a, b, pipe) = pair(&options(slots, bufs)).unwrap();
        Model::around([a, b], pipe)
    }

    fn around(ports: [Port; 2], pipe: Rc<Pipe>) -> Model {
        let region = ports[0].region();
        Model {
            ports,
            pipe,
            region,
            foreign: Region::new(1, 128),
            held: Vec::new(),
            next: 0,
            resets: 0,
            staged: Default::default(),
            sent: Default::default(),
            ghosts: [0; 2],
            waits: [false; 2],
        }
    }

    fn step(&mut self, op: Op) {
        match op {
            Op::Put(end, source) => self.put(end, source),
            Op::Take(end) => self.take(end),
            Op::TxSync(end) => {
                self.ports[end].tx_sync().unwrap();
                let staged = std::mem::take(&mut self.staged[end]);
                self.sent[end].extend(staged);
            }
            Op::RxSync(end) => {
                self.ports[end].rx_sync().unwrap();
                self.waits[end] = self.ports[end].rx()[0].available() == 0;
            }
            Op::DropHeld => drop(self.held.pop()),
            Op::Scribble { end, tx, head, cur } => self.scribble(end, tx, head, cur),
        }
        self.check();
    }

    fn put(&mut self, end: usize, source: Source) {
        let number = self.next.to_be_bytes();
        let packet = match source {
            Source::Fresh | Source::Shared => self.region.packet(&number),
            Source::Foreign => self.foreign.packet(&number),
            Source::Held => self.held.pop().filter(|p| p.len() == 4).map(|mut p| {
                p.data_mut().unwrap().copy_from_slice(&number);
                p
            }),
        };
        let Some(packet) = packet else { return };
        if let Source::Shared = source {
            self.held.push(packet.share());
        }
        let space = self.ports[end].space();
        let expected = match source {
            _ if space == 0 => Put::Full,
            Source::Fresh | Source::Held => Put::Swapped,
            Source::Shared | Source::Foreign => Put::Copied,
        };
        assert_eq!(self.ports[end].put(packet), expected);
        if space > 0 {
            self.staged[end].push_back(self.next);
            assert_eq!(self.ports[end].space(), space - 1);
        }
        self.next += 1;
    }

    fn take(&mut self, end: usize) {
        let available = self.ports[end].rx()[0].available();
        match self.ports[end].take() {
            Taken::Packet(packet) if self.ghosts[end] > 0 => {
                assert!(packet.is_empty());
                self.ghosts[end] -= 1;
                self.held.push(packet);
            }
            Taken::Packet(packet) => {
                let number = self.sent[1 - end].pop_front().expect("nothing was sent");
                assert_eq!(packet.data(), number.to_be_bytes());
                self.held.push(packet);
            }
            Taken::Empty => assert_eq!(available, 0),
            Taken::PoolEmpty => assert_eq!(self.region.available(), 0),
            Taken::Discarded => panic!("no packet was bad"),
        }
    }

    fn scribble(&mut self, end: usize, tx: bool, head: u32, cur: u32) {
        let port = &self.ports[end];
        let (raw, open): (RawRing, usize) = match tx {
            true => (port.tx()[0].raw(), port.pending()),
            false => (port.rx()[0].raw(), port.rx()[0].unreleased()),
        };
        let from = (0..open).fold(raw.head(), |index, _| raw.size().prev(index));
        let (head, cur, to) = (raw.size().slots() + head, raw.size().slots() + cur, raw.tail());
        raw.set_head_and_cur(head, cur);
        let result = if tx { port.tx_sync() } else { port.rx_sync() };
        let error = result.unwrap_err();
        let violation = error.get_ref().unwrap().downcast_ref::<Violation>();
        assert_eq!(violation, Some(&Violation::Indices { from, head, cur, to }));
        assert_eq!((raw.head(), raw.cur()), (from, from));
        self.resets += 1;
        if tx {
            self.staged[end].clear();
        } else {
            self.ghosts[end] += open;
            self.waits[end] = self.ports[end].rx()[0].available() == 0;
        }
    }

    /// The buffers in slots, each once. What a pipe carries is in the receiver's
    /// slot, and the sender's slot of that number is a copy.
    fn in_slots(&self) -> BTreeSet<u32> {
        let mut found = BTreeSet::new();
        for sender in 0..2 {
            let (tx, rx) = (self.ports[sender].tx()[0].raw(), self.ports[1 - sender].rx()[0].raw());
            let (first, stop) = self.pipe.receivers_slots(sender);
            let received = tx.size().distance(first, stop);
            for index in 0..tx.size().slots() {
                let is_received = tx.size().distance(first, index) < received;
                let buffer = if is_received { rx } else { tx }.slot(index).buf_idx;
                assert!(found.insert(buffer), "buffer {buffer} is in two slots");
            }
        }
        found
    }

    fn check_buffers(&self) {
        let usable = (self.pipe.buffers() - NETMAP_RESERVED_BUFS) as usize;
        assert_eq!(self.in_slots().len() + self.region.owned(), usable);
        assert_eq!(self.region.available() + self.held.len(), self.region.owned());
    }

    fn check(&self) {
        self.check_buffers();
        assert_eq!(self.pipe.broken().times, self.resets);
        for end in 0..2 {
            if self.waits[end] && !self.sent[1 - end].is_empty() {
                assert!(readable(self.ports[end].fd()), "end {end} sleeps through a packet");
            }
        }
    }

    /// Ends: what was sent arrives, and every buffer is in one place.
    fn finish(mut self) {
        self.held.clear();
        for _ in 0..=self.next {
            for end in 0..2 {
                self.step(Op::TxSync(end));
                self.step(Op::RxSync(end));
                while self.ports[end].rx()[0].available() > 0 {
                    self.step(Op::Take(end));
                    self.step(Op::DropHeld);
                }
            }
        }
        assert!(self.sent.iter().chain(&self.staged).all(VecDeque::is_empty));
        assert!(self.region.is_home() && self.foreign.is_home());
        let mut found = self.in_slots();
        while let Some(buffer) = self.region.alloc_for_slot() {
            assert!(found.insert(buffer.into_slot()), "a buffer is free and in a slot");
        }
        assert!(found.into_iter().eq(NETMAP_RESERVED_BUFS..self.pipe.buffers()));
    }
}

proptest! {
    #[test]
    fn no_interleaving_loses_doubles_or_reorders(
        slots in 2u32..8,
        bufs in 1u32..7,
        ops in prop::collection::vec(op(), 0..120),
    ) {
        let mut model = Model::new(slots, bufs);
        for op in ops {
            model.step(op);
        }
        model.finish();
    }
}

mod faults;
mod vale;

fn put(port: &Port, octets: &[u8]) {
    assert_eq!(port.put(port.region().packet(octets).unwrap()), Put::Swapped);
}

fn set_flags(ring: RawRing, index: u32, flags: u16) {
    let mut slot = ring.slot(index);
    slot.flags |= flags;
    ring.set_slot(index, slot);
}

#[test]
fn a_chain_of_fragments_is_dropped_whole() {
    let (a, b, _) = pair(&options(8, 8)).unwrap();
    for octets in [&b"one"[..], b"frag", b"ment", b"ed", b"two"] {
        put(&a, octets);
    }
    for index in [1, 2] {
        set_flags(a.tx()[0].raw(), index, NS_MOREFRAG);
    }
    a.tx_sync().unwrap();
    b.rx_sync().unwrap();
    assert!(matches!(b.take(), Taken::Packet(p) if p.data() == b"one"));
    assert!(matches!(b.take(), Taken::Discarded));
    assert!(matches!(b.take(), Taken::Packet(p) if p.data() == b"two"));
    assert!(matches!(b.take(), Taken::Empty));
    assert!(a.region().is_home());
}

#[test]
fn a_part_of_a_packet_is_not_received() {
    let (a, b, _) = pair(&options(8, 8)).unwrap();
    put(&a, b"frag");
    set_flags(a.tx()[0].raw(), 0, NS_MOREFRAG);
    a.tx_sync().unwrap();
    assert!(!readable(b.fd()));
    b.rx_sync().unwrap();
    assert_eq!(b.rx()[0].available(), 0);
    put(&a, b"ment");
    a.tx_sync().unwrap();
    b.rx_sync().unwrap();
    assert!(matches!(b.take(), Taken::Discarded));
}

#[test]
fn a_slot_that_names_no_buffer_resets_the_ring() {
    for (buf_idx, len) in [(0, 4), (1, 4), (u32::MAX, 4), (2, 200)] {
        let (a, _b, pipe) = pair(&options(4, 4)).unwrap();
        put(&a, b"abcd");
        let raw = a.tx()[0].raw();
        let mut slot = raw.slot(0);
        (slot.buf_idx, slot.len) = (buf_idx, len);
        raw.set_slot(0, slot);
        let error = a.tx_sync().unwrap_err();
        assert!(error.to_string().contains("slot 0"), "{error}");
        let slot = raw.slot(0);
        assert_eq!((slot.buf_idx, slot.len), (if buf_idx == 2 { 2 } else { 0 }, 0));
        assert_eq!((a.space(), pipe.broken().times), (3, 1));
    }
}

#[test]
fn tail_is_not_the_users_to_write() {
    let (a, _b, pipe) = pair(&options(4, 4)).unwrap();
    a.tx()[0].raw().set_tail(1);
    assert_eq!(a.space(), 1);
    a.tx_sync().unwrap();
    assert_eq!((a.space(), pipe.broken().times), (3, 0));
}

#[test]
fn an_empty_pool_stops_reception_and_loses_nothing() {
    let (a, b, _) = pair(&options(4, 2)).unwrap();
    put(&a, b"one");
    put(&a, b"two");
    a.tx_sync().unwrap();
    b.rx_sync().unwrap();
    let held = [a.region().alloc().unwrap(), a.region().alloc().unwrap()];
    assert!(matches!(b.take(), Taken::PoolEmpty));
    drop(held);
    assert!(matches!(b.take(), Taken::Packet(p) if p.data() == b"one"));
    assert!(matches!(b.take(), Taken::Packet(p) if p.data() == b"two"));
}

#[test]
fn news_of_one_direction_does_not_silence_the_other() {
    let (a, b, _) = pair(&options(2, 4)).unwrap();
    put(&a, b"1");
    a.tx_sync().unwrap();
    assert_eq!(a.space(), 0);
    assert!(readable(b.fd()) && !readable(a.fd()));
    b.rx_sync().unwrap();
    assert!(!readable(b.fd()));
    assert!(matches!(b.take(), Taken::Packet(_)));
    b.rx_sync().unwrap();
    assert!(readable(a.fd()), "slots to send with are news");
    put(&b, b"3");
    b.tx_sync().unwrap();
    a.tx_sync().unwrap();
    assert!(readable(a.fd()), "a packet waits still");
    a.rx_sync().unwrap();
    assert!(!readable(a.fd()));
    assert_eq!(a.space(), 1);
}

#[test]
fn data_keeps_its_headroom_across_a_wire() {
    let (a, b, _) = pair(&options(4, 4)).unwrap();
    put(&a, b"data");
    let foreign = Region::new(1, 512);
    assert_eq!(a.put(foreign.packet(b"copy").unwrap()), Put::Copied);
    let mut long = foreign.alloc().unwrap();
    long.append(129).unwrap();
    assert_eq!(a.put(long), Put::TooLong);
    a.tx_sync().unwrap();
    b.rx_sync().unwrap();
    for expected in [b"data", b"copy"] {
        let Taken::Packet(mut packet) = b.take() else { panic!("a packet was sent") };
        assert_eq!(packet.data(), expected);
        assert!(packet.push_front(usize::from(Region::HEADROOM)).is_some());
    }
}

#[test]
fn a_slot_that_was_read_offers_the_headroom_again() {
    let (a, b, _) = pair(&options(4, 4)).unwrap();
    let mut packet = a.region().packet(b"hhhdata").unwrap();
    packet.pull_front(3);
    assert_eq!(a.put(packet), Put::Swapped);
    a.tx_sync().unwrap();
    b.rx_sync().unwrap();
    let offset = |b: &Port| b.rx()[0].peek().next().unwrap().ptr;
    assert_eq!(offset(&b), u64::from(Region::HEADROOM) + 3);
    assert!(matches!(b.take(), Taken::Packet(p) if p.data() == b"data"));
    assert_eq!(offset(&b), u64::from(Region::HEADROOM));
}

#[test]
fn a_sync_is_due_when_nothing_is_left_or_half_the_slots_are_held_back() {
    let (a, b, _) = pair(&options(8, 8)).unwrap();
    for _ in 0..7 {
        put(&a, b"data");
    }
    a.tx_sync().unwrap();
    assert!(b.rx_sync_due());
    b.rx_sync().unwrap();
    for taken in 1..=7 {
        assert!(matches!(b.take(), Taken::Packet(_)));
        assert_eq!(b.rx_sync_due(), taken >= 4, "{taken}");
    }
}

#[test]
fn ports_are_found_by_name() {
    let pool = Region::new(1, 128);
    let mut context = Context::new(Clock::manual(), pool);
    let small = options(4, 4);
    let mut open = |name: &str| Port::open(&mut context, name, &small);
    let a = open("sim0:a").unwrap();
    assert!(Rc::ptr_eq(&a, &open("sim0:a").unwrap()));
    assert!(Rc::ptr_eq(&a, &open("sim00:a").unwrap()));
    let b = open("sim0:b").unwrap();
    assert!(std::ptr::eq(a.region(), b.region()));
    let other = open("sim1:a").unwrap();
    assert!(!std::ptr::eq(a.region(), other.region()));
    let taken = open("sim0:c").err().unwrap();
    assert!(matches!(&taken, PortError::PairTaken { wanted, joined: [a, b] }
        if wanted == "sim0:c" && a == "sim0:a" && b == "sim0:b"));
    let unknown = open("eth0:1").err().unwrap().to_string();
    assert!(unknown.contains("'eth0:1'") && unknown.contains("sim0:a"), "{unknown}");
}

#[test]
fn names_have_a_form() {
    for name in ["sim", "sim0", "sim0:", "sim:a", "simx:a", "sim-1:a", "sim0:a b", "vale0:a"] {
        assert_eq!(PortName::parse(name), None, "{name}");
    }
    assert_eq!(PortName::parse("sim12:left-1").unwrap().to_string(), "sim12:left-1");
}

#[test]
fn sizes_are_checked_before_memory_is_taken() {
    for bad in [options(1, 4), options(1 << 15, 4), options(4, 0), options(4, u32::MAX)] {
        assert!(matches!(pair(&bad), Err(PortError::OutOfRange { .. })), "{bad:?}");
    }
    let tiny = PortOptions { buffer_size: 64, ..options(4, 4) };
    assert!(matches!(pair(&tiny), Err(PortError::OutOfRange { option: "buffer size", .. })));
}
