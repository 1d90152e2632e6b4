//! Several clients of one process, as one session: begun evenly, ended
//! together, and summed up without guessing.

use super::delays::Delays;
use super::handle::Client;
use super::report::{Report, SentStream};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Starts all to stream, their ticks spread evenly over one `interval`, as
/// those of clients on different machines are.
pub fn begin(clients: &[Client], interval: Duration) {
    for (n, client) in clients.iter().enumerate() {
        client.begin_after(interval.mul_f64(n as f64 / clients.len() as f64));
    }
}

/// Ends all: nobody leaves before everybody has stopped to stream, so that
/// everything sent had its receivers.
pub fn finish(clients: Vec<Client>) -> Vec<Report> {
    clients.iter().for_each(Client::stop_streaming);
    clients.iter().for_each(Client::begin_finish);
    clients.into_iter().map(Client::finish).collect()
}

/// What a session of clients did together.
///
/// Every client was there from the first packet to the last, so each packet
/// sent was due to every client that wanted it, its sender included if it
/// asked for the echo. A packet that did not come is lost, at the start and
/// at the end of a stream, too.
#[derive(Clone, Debug, Default)]
pub struct SessionSummary {
    /// The figures.
    pub figures: SessionFigures,
    /// The delays of all echoes.
    pub delays: Delays,
}

/// The figures of a [`SessionSummary`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SessionFigures {
    /// Clients.
    pub clients: u64,
    /// Packets that the clients sent.
    pub sent: u64,
    /// Copies that the switch owed: packets sent × clients that wanted them.
    pub expected: u64,
    /// Packets that the clients received, duplicates included.
    pub received: u64,
    /// Copies that were owed and did not come.
    pub lost: u64,
    /// Copies that this host dropped because a client's socket was full; they
    /// are among the lost, and not the switch's fault.
    pub socket_drops: u64,
    /// Copies that came after a later one of their stream.
    pub reordered: u64,
    /// Copies that came again.
    pub duplicated: u64,
    /// Copies too far behind to tell whether they came again. They count as
    /// lost, too.
    pub stale: u64,
    /// Packets of the session's streams that came and were not wanted.
    pub unwanted: u64,
    /// Packets of streams that no client of the session sent.
    pub foreign: u64,
    /// Packets of the session that were not, octet for octet, as sent.
    pub corrupt: u64,
    /// Packets that were ready and not sent.
    pub unsent: u64,
    /// Ticks that found every buffer of a client full.
    pub skipped: u64,
    /// How often a client lost the switch.
    pub losses_of_switch: u64,
}

/// Sums up the reports of all clients of a session.
pub fn summary(reports: &[Report]) -> SessionSummary {
    let mut summary = SessionSummary::default();
    let figures = &mut summary.figures;
    figures.clients = reports.len() as u64;
    let sent: Vec<&SentStream> = reports.iter().flat_map(|report| &report.sent).collect();
    let of_session: HashSet<u32> = sent.iter().map(|stream| stream.ssrc).collect();
    for report in reports {
        let received: HashMap<u32, _> = report.received.iter().map(|s| (s.ssrc, s)).collect();
        for stream in &sent {
            let here = received.get(&stream.ssrc);
            if report.expects(stream.ssrc) {
                figures.expected += stream.packets;
                let unique = here.map_or(0, |here| here.unique);
                figures.lost += stream.packets.saturating_sub(unique);
            } else {
                figures.unwanted += here.map_or(0, |here| here.received);
            }
        }
        for stream in &report.received {
            figures.received += stream.received;
            if of_session.contains(&stream.ssrc) {
                figures.reordered += stream.reordered;
                figures.duplicated += stream.duplicated;
                figures.stale += stream.stale;
                figures.corrupt += stream.received - stream.good;
            } else {
                figures.foreign += stream.received;
            }
        }
        let totals = &report.last.totals;
        figures.sent += totals.sent;
        figures.unsent += totals.unsent;
        figures.skipped += totals.skipped;
        figures.socket_drops += report.socket_drops.unwrap_or(0);
        figures.losses_of_switch += report.last.losses_of_switch;
        summary.delays.add(&report.last.delays);
    }
    summary
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{At, Measure};
    use crate::media::Arrived;
    use crate::report::{Snapshot, Subscribed};
    use pkgraph_sfu::wire::{Ssid, StreamType, TypeMask};

    const KIND: StreamType = StreamType::Asq;

    fn ssid(n: u32) -> Ssid {
        Ssid::new(n << 4).unwrap()
    }

    fn report(measure: &Measure, wants: TypeMask, echo: bool) -> Report {
        Report {
            last: Snapshot {
                at: 0,
                ssid: None,
                losses_of_switch: 0,
                totals: measure.totals(At::End),
                delays: measure.delays().clone(),
                streams: 0,
                members: Vec::new(),
            },
            subscribed: Subscribed::Wants(wants),
            echo,
            socket_drops: Some(1),
            sent: measure.sent_streams(),
            received: measure.received_streams(At::End),
        }
    }

    /// Three clients send ten packets each; what becomes of each copy is said
    /// by `fate`, as how often it arrives.
    fn session(fate: impl Fn(usize, usize, u16) -> usize, wants: TypeMask) -> SessionSummary {
        let mut clients: Vec<_> = (0..3).map(|_| Measure::new(true, [65_530; 3])).collect();
        for (n, client) in clients.iter_mut().enumerate() {
            (0..10).for_each(|_| client.sent(ssid(n as u32 + 1), KIND, 80, 0));
        }
        for (to, client) in clients.iter_mut().enumerate() {
            for from in 0..3 {
                for number in 0..10u16 {
                    let packet = Arrived {
                        ssrc: ssid(from as u32 + 1).ssrc(KIND),
                        sequence: 65_530u16.wrapping_add(number),
                        payload: 80,
                        sent_at: Some(5),
                    };
                    (0..fate(from, to, number)).for_each(|_| client.arrived(&packet, 1005));
                }
            }
        }
        let reports: Vec<_> = clients.iter().map(|client| report(client, wants, true)).collect();
        summary(&reports)
    }

    #[test]
    fn every_copy_is_accounted_for() {
        let all = session(|_, _, _| 1, TypeMask::ALL);
        let expected = SessionFigures {
            clients: 3,
            sent: 30,
            expected: 90,
            received: 90,
            socket_drops: 3,
            ..SessionFigures::default()
        };
        assert_eq!(all.figures, expected);
        assert_eq!(all.delays.figures().echoes, 30);
    }

    #[test]
    fn losses_at_both_ends_and_of_whole_streams_are_exact() {
        let fate = |from: usize, to: usize, number: u16| match (from, to) {
            (0, 1) => 0,
            (1, 2) => usize::from((3..9).contains(&number)),
            (2, 2) => usize::from(number < 9),
            (2, 0) => 2,
            _ => 1,
        };
        let figures = session(fate, TypeMask::ALL).figures;
        assert_eq!((figures.lost, figures.duplicated), (10 + 4 + 1, 10));
        assert_eq!(figures.received, 90 - 15 + 10);
    }

    #[test]
    fn what_was_not_asked_for_is_not_lost() {
        let figures = session(|from, to, _| usize::from(from == to), TypeMask::NONE).figures;
        assert_eq!((figures.expected, figures.lost, figures.unwanted), (30, 0, 0));
        let figures = session(|_, _, _| 1, TypeMask::NONE).figures;
        assert_eq!((figures.lost, figures.unwanted), (0, 60));
    }
}
