//! Whole clients against a switch that says what it did to their packets.

use super::session;
use super::tiny_switch::TinySwitch;
use super::*;
use pkgraph_sfu::wire::{StreamType, TypeMask};
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_millis(1);

fn options(switch: &TinySwitch) -> ClientOptions {
    ClientOptions { interval: INTERVAL, ..ClientOptions::new(switch.control, switch.media) }
}

/// Waits until what is asked of its state holds for every client.
fn until(clients: &[Client], holds: impl Fn(&Snapshot) -> bool) {
    for client in clients {
        while !holds(&client.snapshot()) {
            std::thread::yield_now();
        }
    }
}

/// Ends a session when nothing is under way any more, however slow this host.
/// Where a socket was full, some never comes: then after a while.
fn finish(clients: Vec<Client>, switch: &TinySwitch) -> Vec<Report> {
    clients.iter().for_each(Client::stop_streaming);
    let since = Instant::now();
    let total = |of: fn(&Totals) -> u64| -> u64 {
        clients.iter().map(|client| of(&client.snapshot().totals)).sum()
    };
    while (total(|t| t.sent), total(|t| t.received)) != switch.progress()
        && since.elapsed() < Duration::from_secs(10)
    {
        std::thread::yield_now();
    }
    session::finish(clients)
}

fn session_on(ip: &str) {
    let Some(switch) = TinySwitch::start(ip, 30) else {
        assert_ne!(ip, "127.0.0.1");
        return;
    };
    let clients: Vec<_> = (0..3).map(|_| Client::start(options(&switch)).unwrap()).collect();
    session::begin(&clients, INTERVAL);
    until(&clients, |snapshot| snapshot.totals.sent >= 200);
    let reports = finish(clients, &switch);
    let tally = switch.end();
    let summary = session::summary(&reports);
    let figures = summary.figures;
    assert_eq!(figures.expected, 3 * figures.sent);
    assert_eq!(figures.lost, tally.lost + figures.socket_drops + 3 * tally.socket_drops);
    assert_eq!(figures.received, figures.expected - figures.lost + figures.duplicated);
    if figures.socket_drops + tally.socket_drops == 0 {
        assert_eq!(figures.sent, tally.arrived);
        assert_eq!(figures.duplicated, tally.duplicated);
        assert_eq!(figures.reordered, tally.reordered);
    }
    let others = [figures.corrupt, figures.foreign, figures.unwanted, figures.stale];
    assert_eq!(others, [0; 4]);
    assert!(summary.delays.figures().echoes > 100 && summary.delays.figures().min_us > 0.0);
    let malformed: u64 = reports.iter().map(|report| report.last.totals.malformed).sum();
    assert_eq!(malformed, 0);
}

#[test]
fn a_session_is_counted_exactly() {
    session_on("127.0.0.1");
}

#[test]
fn a_session_over_ipv6_is_counted_exactly() {
    session_on("::1");
}

#[test]
fn wants_and_no_echo_are_what_arrives() {
    let switch = TinySwitch::start("127.0.0.1", 30).unwrap();
    let only = |wants, echo| ClientOptions { wants, echo, ..options(&switch) };
    let clients = vec![
        Client::start(only(TypeMask::ALL, false)).unwrap(),
        Client::start(only(StreamType::Asq.into(), true)).unwrap(),
    ];
    session::begin(&clients, INTERVAL);
    until(&clients, |snapshot| snapshot.totals.sent >= 100);
    let reports = finish(clients, &switch);
    let tally = switch.end();
    let figures = session::summary(&reports).figures;
    let sent = |n: usize| reports[n].last.totals.sent;
    // All of the other's; a third of the other's, and all of the own.
    assert_eq!(figures.expected, sent(1) + sent(0) / 3 + sent(1));
    assert_eq!(figures.unwanted, 0);
    if figures.socket_drops + tally.socket_drops == 0 {
        assert_eq!(figures.lost, tally.lost);
    }
    assert!(reports[0].last.delays.figures().echoes == 0);
}

#[test]
fn a_switch_that_forgets_is_registered_with_again() {
    let switch = TinySwitch::start("127.0.0.1", 1).unwrap();
    let client = Client::start(options(&switch)).unwrap();
    let first = client.ssid();
    client.begin();
    let clients = [client];
    until(&clients, |snapshot| snapshot.totals.received >= 50);
    switch.forget();
    until(&clients, |snapshot| snapshot.ssid.is_some_and(|ssid| ssid != first));
    let before = clients[0].snapshot().totals.received;
    until(&clients, |snapshot| snapshot.totals.received >= before + 50);
    let reports = finish(clients.into(), &switch);
    let tally = switch.end();
    let figures = session::summary(&reports).figures;
    assert_eq!((figures.losses_of_switch, reports[0].sent.len()), (1, 6));
    if figures.socket_drops + tally.socket_drops == 0 {
        assert_eq!(figures.lost, tally.lost + tally.unknown);
    }
}

#[test]
fn a_client_that_is_dropped_ends_its_threads() {
    let switch = TinySwitch::start("127.0.0.1", 30).unwrap();
    let client = Client::start(options(&switch)).unwrap();
    client.begin();
    drop(client);
    switch.end();
}
