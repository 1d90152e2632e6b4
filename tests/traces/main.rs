//! The model of netmap's kernel side, against what netmap's module did: rings that
//! were recorded in a virtual machine (see `tests/guest`) go through the same
//! states here, sync by sync.

mod player;

use pkgraph_runtime::netmap::sim::{self, Faults};
use pkgraph_runtime::netmap::{Port, PortOptions};
use player::{Player, normal, steps};
use std::rc::Rc;

/// Octets per buffer that the module has and packets get.
fn options(slots: u32) -> PortOptions {
    PortOptions { slots, bufs: 24, ..PortOptions::default() }
}

/// Plays the steps of a recorded trace on simulated ports.
fn replay(recorded: &str, ports: Vec<Port>, host: &mut dyn FnMut(&[u8])) {
    let mut player = Player::new(ports.into_iter().map(Rc::new).collect(), host);
    steps(recorded).for_each(|step| player.play(step));
    let (recorded, replayed) = (normal(recorded), normal(&player.finish()));
    for (number, (recorded, replayed)) in recorded.lines().zip(replayed.lines()).enumerate() {
        assert_eq!(recorded, replayed, "line {number}, without comments");
    }
    assert_eq!(recorded.lines().count(), replayed.lines().count());
    assert!(recorded.lines().count() > 300, "a trace has something in it");
}

#[test]
fn a_pipe() {
    let (a, b, _) = sim::pair(&options(8)).unwrap();
    replay(include_str!("pipe.txt"), vec![a, b], &mut |_| unreachable!("no host"));
}

#[test]
fn a_switch() {
    let (ports, _) = sim::switch(&options(8), Faults::default(), 3).unwrap();
    replay(include_str!("vale.txt"), ports, &mut |_| unreachable!("no host"));
}

#[test]
fn the_host_behind_an_interface() {
    let (port, host) = sim::host(&options(256), Faults::default()).unwrap();
    replay(include_str!("host.txt"), vec![port], &mut |frame| {
        host.send(frame);
    });
}
