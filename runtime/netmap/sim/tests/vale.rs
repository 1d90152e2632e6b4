//! A switch: who gets which frame, and which are lost.

use super::*;
use crate::netmap::sim::{Faults, Vale, switch};

const BROADCAST: [u8; 6] = [0xff; 6];

fn mac(port: usize) -> [u8; 6] {
    [2, 0, 0, 0, 0, port as u8]
}

fn frame(to: [u8; 6], from: usize, number: u32) -> Vec<u8> {
    [&to[..], &mac(from), &[8, 0], &number.to_be_bytes()].concat()
}

/// Who sent it, and its number.
fn read(packet: &Packet) -> (usize, u32) {
    let data = packet.data();
    (data[11].into(), u32::from_be_bytes(data[14..18].try_into().unwrap()))
}

fn ports(slots: u32, bufs: u32, faults: Faults) -> (Vec<Port>, Rc<Vale>) {
    switch(&options(slots, bufs), faults, 3).unwrap()
}

fn take(port: &Port) -> Vec<(usize, u32)> {
    port.rx_sync().unwrap();
    let packets = std::iter::from_fn(|| match port.take() {
        Taken::Packet(packet) => Some(read(&packet)),
        _ => None,
    });
    packets.collect()
}

fn send(port: &Port, frame: &[u8]) {
    put(port, frame);
    port.tx_sync().unwrap();
}

#[test]
fn frames_go_to_all_until_an_address_is_learned() {
    let (ports, _) = ports(8, 8, Faults::default());
    send(&ports[0], &frame(mac(2), 0, 1));
    assert_eq!([0, 1, 2].map(|n| take(&ports[n])), [vec![], vec![(0, 1)], vec![(0, 1)]]);
    send(&ports[2], &frame(mac(0), 2, 2));
    send(&ports[0], &frame(mac(2), 0, 3));
    assert_eq!([0, 1, 2].map(|n| take(&ports[n])), [vec![(2, 2)], vec![], vec![(0, 3)]]);
    // To itself, and too short to have addresses: nobody.
    send(&ports[0], &frame(mac(0), 0, 4));
    send(&ports[0], &[0xff; 13]);
    assert_eq!([0, 1, 2].map(|n| take(&ports[n]).len()), [0; 3]);
    assert_eq!(ports[0].space(), 7, "slots come back at once");
}

#[test]
fn a_full_port_loses_what_comes_and_holds_nobody_up() {
    let (ports, _) = ports(4, 8, Faults::default());
    for number in 0..5 {
        send(&ports[0], &frame(BROADCAST, 0, number));
        if number % 2 == 0 {
            take(&ports[1]);
        }
    }
    assert_eq!(ports[0].space(), 3);
    assert_eq!(take(&ports[2]), [(0, 0), (0, 1), (0, 2)]);
}

#[test]
fn a_port_that_was_closed_gets_nothing() {
    let (mut ports, vale) = ports(4, 8, Faults::default());
    drop(ports.pop());
    send(&ports[0], &frame(BROADCAST, 0, 1));
    assert_eq!(take(&ports[1]), [(0, 1)]);
    assert_eq!(vale.broken().times, 0);
}

#[test]
fn fragments_stay_together() {
    let (ports, _) = ports(8, 8, Faults::default());
    put(&ports[0], &frame(BROADCAST, 0, 1));
    put(&ports[0], b"more");
    set_flags(ports[0].tx()[0].raw(), 0, NS_MOREFRAG);
    ports[0].tx_sync().unwrap();
    ports[1].rx_sync().unwrap();
    let flags: Vec<u16> = ports[1].rx()[0].peek().take(2).map(|slot| slot.flags).collect();
    assert_eq!(flags, [2 << 8 | NS_MOREFRAG, 2 << 8]);
    assert!(matches!(ports[1].take(), Taken::Discarded));
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Put a frame for a port, or for all.
    Put(usize, usize),
    TxSync(usize),
    RxSync(usize),
    Take(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0usize..3, 0usize..4).prop_map(|(from, to)| Step::Put(from, to)),
        2 => (0usize..3).prop_map(Step::TxSync),
        2 => (0usize..3).prop_map(Step::RxSync),
        4 => (0usize..3).prop_map(Step::Take),
    ]
}

/// Every buffer of a port is in a slot, free, or in a packet.
fn check_buffers(port: &Port, held: usize, slots: u32, bufs: u32) {
    let mut found = BTreeSet::new();
    for slot in port.tx()[0].peek().chain(port.rx()[0].peek()) {
        assert!(found.insert(slot.buf_idx), "buffer {} is in two slots", slot.buf_idx);
    }
    assert_eq!(found.len(), 2 * slots as usize);
    assert_eq!(port.region().owned(), bufs as usize);
    assert_eq!(port.region().available() + held, bufs as usize);
}

proptest! {
    /// The oracle: queues, and a table of who has spoken.
    #[test]
    fn ports_get_what_the_oracle_says(
        slots in 2u32..7,
        bufs in 1u32..6,
        steps in prop::collection::vec(step(), 0..150),
    ) {
        let (ports, _) = ports(slots, bufs, Faults::default());
        let mut staged: [Vec<(usize, u32)>; 3] = Default::default();
        let mut queues: [VecDeque<(usize, u32)>; 3] = Default::default();
        // Slots that the receiver has read and not released.
        let mut read_slots = [0usize; 3];
        let mut spoken = [false; 3];
        let mut held: [Vec<Packet>; 3] = Default::default();
        for (number, step) in (0..).zip(&steps) {
            match *step {
                Step::Put(from, to) => {
                    let address = if to < 3 { mac(to) } else { BROADCAST };
                    let data = frame(address, from, number);
                    let Some(packet) = ports[from].region().packet(&data) else { continue };
                    if ports[from].put(packet) != Put::Full {
                        staged[from].push((to, number));
                    }
                }
                Step::TxSync(from) => {
                    ports[from].tx_sync().unwrap();
                    assert_eq!(ports[from].space(), slots as usize - 1);
                    let batch = std::mem::take(&mut staged[from]);
                    spoken[from] |= !batch.is_empty();
                    for (to, number) in batch {
                        for port in 0..3 {
                            let all = to == 3 || !spoken[to];
                            let wanted = port != from && (all || port == to);
                            let used = queues[port].len() + read_slots[port];
                            if wanted && used + 1 < slots as usize {
                                queues[port].push_back((from, number));
                            }
                        }
                    }
                }
                Step::RxSync(port) => {
                    ports[port].rx_sync().unwrap();
                    read_slots[port] = 0;
                    assert_eq!(ports[port].rx()[0].available(), queues[port].len());
                }
                Step::Take(port) => match ports[port].take() {
                    Taken::Packet(packet) => {
                        assert_eq!(Some(read(&packet)), queues[port].pop_front());
                        read_slots[port] += 1;
                        held[port].push(packet);
                    }
                    Taken::PoolEmpty => held[port].clear(),
                    Taken::Empty => {}
                    Taken::Discarded => panic!("no frame was bad"),
                },
            }
            for (port, held) in ports.iter().zip(&held) {
                check_buffers(port, held.len(), slots, bufs);
            }
        }
    }

    /// Faults may lose frames, never a buffer, and keep the order.
    #[test]
    fn faults_keep_buffers_and_order(
        seed in any::<u64>(),
        percent in prop::array::uniform4(0u8..50),
        steps in prop::collection::vec(step(), 0..150),
    ) {
        let [full, late, partial, reset] = percent;
        let faults = Faults { seed, full, late, partial, reset, vanish: 0 };
        let (ports, vale) = ports(6, 4, faults);
        let mut last: [[Option<u32>; 3]; 3] = Default::default();
        for (number, step) in (0..).zip(&steps) {
            match *step {
                Step::Put(from, to) => {
                    let address = if to < 3 { mac(to) } else { BROADCAST };
                    let data = frame(address, from, number);
                    let _ = ports[from].region().packet(&data).map(|p| ports[from].put(p));
                }
                Step::TxSync(port) => ports[port].tx_sync().unwrap(),
                Step::RxSync(port) => ports[port].rx_sync().unwrap(),
                Step::Take(port) => {
                    if let Taken::Packet(packet) = ports[port].take()
                        && !packet.is_empty()
                    {
                        let (from, number) = read(&packet);
                        assert!(last[port][from] < Some(number));
                        last[port][from] = Some(number);
                    }
                }
            }
            ports.iter().for_each(|port| check_buffers(port, 0, 6, 4));
        }
        prop_assert_eq!(vale.broken().times, 0);
    }
}
