//! A pipe on which things go wrong: what is lost, and what is never lost.

use super::*;
use crate::netmap::sim::{Faults, pair_with};

fn number(packet: &Packet) -> Option<u32> {
    packet.data().try_into().ok().map(u32::from_be_bytes)
}

/// Random syncs under faults. By the end that sends: what was put, and what came.
fn run(slots: u32, bufs: u32, faults: Faults, ops: &[Op]) -> ([Vec<u32>; 2], [Vec<u32>; 2]) {
    let (a, b, pipe) = pair_with(&options(slots, bufs), faults).unwrap();
    let mut model = Model::around([a, b], pipe);
    let mut put: [Vec<u32>; 2] = Default::default();
    let mut came: [Vec<u32>; 2] = Default::default();
    let mut step = |model: &mut Model, op: Op| -> bool {
        match op {
            Op::Put(end, _) => {
                let number = model.next;
                if let Some(packet) = model.region.packet(&number.to_be_bytes())
                    && model.ports[end].put(packet) != Put::Full
                {
                    put[end].push(number);
                    model.next += 1;
                }
            }
            Op::Take(end) => match model.ports[end].take() {
                // Slots that a reset gives a second time have nothing in them.
                Taken::Packet(packet) if packet.is_empty() => assert!(faults.reset > 0),
                Taken::Packet(packet) => {
                    came[1 - end].push(number(&packet).expect("four octets"));
                    model.held.push(packet);
                }
                Taken::Discarded => panic!("no packet was bad"),
                Taken::Empty | Taken::PoolEmpty => {}
            },
            Op::TxSync(end) => model.ports[end].tx_sync().unwrap(),
            Op::RxSync(end) => model.ports[end].rx_sync().unwrap(),
            Op::DropHeld => drop(model.held.pop()),
            Op::Scribble { .. } => {}
        }
        model.check_buffers();
        assert_eq!(model.pipe.broken().times, 0, "an injected reset is nobody's mistake");
        (0..2).all(|end| put[end].len() == came[end].len())
    };
    for op in ops {
        let _ = step(&mut model, *op);
    }
    // Late and partial syncs are made up for by more of them; each is certain to come
    // in time, since no fault has a chance of 1.
    model.held.clear();
    let mut all_came = false;
    for _ in 0..if faults.reset > 0 { 20 } else { 1000 } {
        for end in 0..2 {
            let _ = step(&mut model, Op::TxSync(end));
            let _ = step(&mut model, Op::RxSync(end));
            for _ in 0..slots {
                let _ = step(&mut model, Op::Take(end));
                all_came = step(&mut model, Op::DropHeld);
            }
        }
        if all_came {
            break;
        }
    }
    assert!(model.region.is_home());
    (put, came)
}

fn faults() -> impl Strategy<Value = Faults> {
    (any::<u64>(), 0u8..60, 0u8..60, 0u8..60, prop_oneof![Just(0u8), 0u8..30]).prop_map(
        |(seed, full, late, partial, reset)| Faults { seed, full, late, partial, reset, vanish: 0 },
    )
}

proptest! {
    #[test]
    fn faults_lose_no_buffer_and_keep_the_order(
        slots in 2u32..8,
        bufs in 1u32..7,
        faults in faults(),
        ops in prop::collection::vec(op(), 0..120),
    ) {
        let (put, came) = run(slots, bufs, faults, &ops);
        for (put, came) in put.iter().zip(&came) {
            prop_assert!(came.is_sorted_by(|a, b| a < b), "{:?}", came);
            prop_assert!(came.iter().all(|number| put.contains(number)));
            if faults.reset == 0 {
                prop_assert_eq!(put, came);
            }
        }
    }
}

#[test]
fn every_fault_comes_and_a_seed_repeats_it() {
    let faults = Faults { seed: 3, full: 20, late: 20, partial: 20, reset: 10, vanish: 0 };
    let met = || {
        let (a, b, pipe) = pair_with(&options(8, 8), faults).unwrap();
        for _ in 0..200 {
            for _ in 0..4 {
                if let Some(packet) = a.region().packet(b"data") {
                    let _ = a.put(packet);
                }
            }
            a.tx_sync().unwrap();
            b.rx_sync().unwrap();
            while let Taken::Packet(packet) = b.take() {
                drop(packet);
            }
        }
        pipe.met()
    };
    assert!(met().iter().all(|times| *times > 10), "{:?}", met());
    assert_eq!(met(), met());
}

#[test]
fn what_a_late_sync_has_left_is_news() {
    let faults = Faults { seed: 1, late: 60, ..Faults::default() };
    let (a, b, _) = pair_with(&options(4, 4), faults).unwrap();
    // Each end syncs only when its bell rings.
    for round in 0..100 {
        put(&a, b"data");
        a.tx_sync().unwrap();
        for _ in 0..1000 {
            if a.has_unsent() {
                assert!(readable(a.fd()), "round {round}");
                a.tx_sync().unwrap();
            }
            if b.rx()[0].available() > 0 {
                break;
            }
            if readable(b.fd()) {
                b.rx_sync().unwrap();
            }
        }
        assert!(matches!(b.take(), Taken::Packet(_)), "round {round}");
        b.rx_sync().unwrap();
        a.tx_sync().unwrap();
    }
}

#[test]
fn a_port_that_vanished_says_so() {
    let faults = Faults { vanish: 3, ..Faults::default() };
    let (a, b, _) = pair_with(&options(4, 4), faults).unwrap();
    for _ in 0..3 {
        a.tx_sync().unwrap();
        assert!(!a.is_gone());
    }
    let error = a.tx_sync().unwrap_err();
    assert_eq!(error.raw_os_error(), Some(libc::ENXIO));
    assert!(a.is_gone() && !b.is_gone());
    b.rx_sync().unwrap();
}
