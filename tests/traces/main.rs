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

/// A host that sends a frame.
type Host<'a> = &'a mut dyn FnMut(&[u8]);

/// Plays the steps of a recorded trace on simulated ports. With a host, the first
/// two are those that wait for it.
fn replay(recorded: &str, ports: Vec<Port>, host: Option<Host>) {
    let ports = ports.into_iter().map(Rc::new).collect();
    let (waits, mut no_host) = (host.is_some(), |_: &[u8]| unreachable!("no host"));
    let mut player = Player::new(ports, host.unwrap_or(&mut no_host));
    if waits {
        player.await_host();
    }
    steps(recorded).skip(if waits { 2 } else { 0 }).for_each(|step| player.play(step));
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
    replay(include_str!("pipe.txt"), vec![a, b], None);
}

#[test]
fn a_switch() {
    let (ports, _) = sim::switch(&options(8), Faults::default(), 3).unwrap();
    replay(include_str!("vale.txt"), ports, None);
}

#[test]
fn the_host_behind_an_interface() {
    let (port, host) = sim::host(&options(256), Faults::default()).unwrap();
    let mut send = |frame: &[u8]| {
        host.send(frame);
    };
    replay(include_str!("host.txt"), vec![port], Some(&mut send));
}
