//! What the engine counts while it sends and receives.

use super::delays::Delays;
use super::media::Arrived;
use super::report::{ReceivedStream, SentStream, Totals};
use super::sequence::{Arrival, Tracker};
use pkgraph_runtime::Nanos;
use pkgraph_sfu::wire::{Ssid, StreamType};
use std::collections::{BTreeMap, HashMap};

/// Echoes older than this have a corrupt send time.
const DELAY_MAX: Nanos = 60_000_000_000;
/// Without an echo for this long, those outstanding are lost for now.
const SILENCE: Nanos = 1_000_000_000;

/// A stream as it arrives.
#[derive(Debug)]
struct Incoming {
    tracker: Tracker,
    good: u64,
    octets: u64,
    /// When a packet came last, or the stream began.
    last_at: Nanos,
}

impl Incoming {
    fn starting_at(sequence: u16, now: Nanos) -> Incoming {
        let tracker = Tracker::starting_at(sequence);
        Incoming { tracker, good: 0, octets: 0, last_at: now }
    }
}

/// The moment that figures are of.
#[derive(Clone, Copy, Debug)]
pub enum At {
    /// While packets may be under way.
    Time(Nanos),
    /// When none is.
    End,
}

/// The counters of one client.
#[derive(Debug)]
pub struct Measure {
    echo: bool,
    /// What was sent, by SSRC.
    sent: BTreeMap<u32, SentStream>,
    /// What arrived, by SSRC.
    incoming: HashMap<u32, Incoming>,
    delays: Delays,
    /// The next sequence number of each type, whatever the SSID.
    next: [i64; 3],
    /// Packets that were ready and not sent.
    pub unsent: u64,
    /// Datagrams that are nothing of ours.
    pub malformed: u64,
    last_arrival: Nanos,
}

impl Measure {
    /// `first`: the sequence numbers that ASQ, VSQ and VHQ start at.
    pub fn new(echo: bool, first: [u16; 3]) -> Measure {
        Measure {
            echo,
            sent: BTreeMap::new(),
            incoming: HashMap::new(),
            delays: Delays::default(),
            next: first.map(i64::from),
            unsent: 0,
            malformed: 0,
            last_arrival: 0,
        }
    }

    /// The sequence number of the next packet of a type.
    pub fn next_sequence(&self, kind: StreamType) -> u16 {
        self.next[kind.index()] as u16
    }

    /// The kernel has taken the next packet of this stream.
    pub fn sent(&mut self, ssid: Ssid, kind: StreamType, octets: usize, now: Nanos) {
        let next = &mut self.next[kind.index()];
        let ssrc = ssid.ssrc(kind);
        let stream = self.sent.entry(ssrc).or_insert_with(|| {
            // Under a new SSRC, extended numbers begin anew (RFC 3550 A.1).
            *next = i64::from(*next as u16);
            SentStream { ssrc, first: *next, last: *next - 1, packets: 0, octets: 0 }
        });
        if stream.packets == 0 && self.echo {
            self.incoming.insert(ssrc, Incoming::starting_at(*next as u16, now));
        }
        stream.last = *next;
        stream.packets += 1;
        stream.octets += octets as u64;
        *next += 1;
    }

    /// A packet has arrived.
    pub fn arrived(&mut self, packet: &Arrived, now: Nanos) {
        self.last_arrival = now;
        let incoming = self
            .incoming
            .entry(packet.ssrc)
            .or_insert_with(|| Incoming::starting_at(packet.sequence, now));
        incoming.last_at = now;
        let arrival = incoming.tracker.record(packet.sequence);
        incoming.octets += packet.payload as u64;
        let Some(sent_at) = packet.sent_at else { return };
        if !self.sent.contains_key(&packet.ssrc) {
            incoming.good += 1;
            return;
        }
        // The send time of an echo is of this clock.
        let Some(delay) = now.checked_sub(sent_at).filter(|delay| *delay <= DELAY_MAX) else {
            return;
        };
        incoming.good += 1;
        let is_first = matches!(arrival, Arrival::InOrder | Arrival::Reordered);
        if is_first {
            self.delays.record(sent_at, delay);
        }
    }

    /// Starts the delays anew: those of packets sent from `now` on.
    pub fn restart_delays(&mut self, now: Nanos) {
        self.delays = Delays::of_packets_from(now);
    }

    /// The delays so far.
    pub fn delays(&self) -> &Delays {
        &self.delays
    }

    /// When media arrived last.
    pub fn last_arrival(&self) -> Nanos {
        self.last_arrival
    }

    /// Streams that a packet came of.
    pub fn streams(&self) -> usize {
        self.incoming.values().filter(|incoming| incoming.tracker.received() > 0).count()
    }

    /// Whether every packet sent has come back, or none is asked to.
    pub fn has_all_echoes(&self) -> bool {
        let back = |ssrc| self.incoming.get(ssrc).map_or(0, |incoming| incoming.tracker.unique());
        !self.echo || self.sent.iter().all(|(ssrc, stream)| back(ssrc) >= stream.packets)
    }

    /// What was sent.
    pub fn sent_streams(&self) -> Vec<SentStream> {
        self.sent.values().copied().collect()
    }

    /// What arrived, by SSRC. What was sent and has not come back is lost at
    /// the `end`; at a time before it may be under way, unless there has been
    /// no echo for a second.
    pub fn received_streams(&self, at: At) -> Vec<ReceivedStream> {
        let mut streams: Vec<_> = self
            .incoming
            .iter()
            .map(|(&ssrc, i)| {
                let mut stream = ReceivedStream::new(ssrc, &i.tracker);
                (stream.good, stream.octets) = (i.good, i.octets);
                if let Some(sent) = self.sent.get(&ssrc) {
                    stream.is_echo = true;
                    let is_over = match at {
                        At::End => true,
                        At::Time(now) => now > i.last_at + SILENCE,
                    };
                    if is_over && self.echo {
                        stream.lost = sent.packets.saturating_sub(stream.unique);
                    }
                }
                stream
            })
            .collect();
        streams.sort_by_key(|stream| stream.ssrc);
        streams
    }

    /// The totals, with `lost` as in [`received_streams`](Measure::received_streams).
    pub fn totals(&self, at: At) -> Totals {
        let mut totals =
            Totals { unsent: self.unsent, malformed: self.malformed, ..Totals::default() };
        for stream in self.sent.values() {
            totals.sent += stream.packets;
            totals.sent_octets += stream.octets;
        }
        for stream in self.received_streams(at) {
            totals.received += stream.received;
            totals.received_octets += stream.octets;
            totals.lost += stream.lost;
            totals.reordered += stream.reordered;
            totals.duplicated += stream.duplicated;
            totals.stale += stream.stale;
            totals.corrupt += stream.corrupt();
        }
        totals
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: StreamType = StreamType::Asq;

    fn ssid(n: u32) -> Ssid {
        Ssid::new(n << 4).unwrap()
    }

    fn packet(ssid: Ssid, sequence: u16, sent_at: Option<Nanos>) -> Arrived {
        Arrived { ssrc: ssid.ssrc(KIND), sequence, payload: 80, sent_at }
    }

    #[test]
    fn echoes_are_expected_from_the_first_to_the_last_sent() {
        let mut measure = Measure::new(true, [65_534, 0, 0]);
        for n in 0..6u16 {
            assert_eq!(measure.next_sequence(KIND), 65_534u16.wrapping_add(n));
            measure.sent(ssid(1), KIND, 80, 5);
        }
        assert!(!measure.has_all_echoes());
        for sequence in [65_535, 0, 0, 2] {
            measure.arrived(&packet(ssid(1), sequence, Some(10)), 30);
        }
        let running = measure.totals(At::Time(30));
        assert_eq!((running.lost, running.duplicated), (2, 1));
        assert_eq!(measure.totals(At::Time(31 + SILENCE)).lost, 3);
        assert_eq!(measure.totals(At::End).lost, 3);
        assert_eq!(measure.delays().figures().echoes, 3);
        let [sent] = measure.sent_streams()[..] else { panic!("one stream") };
        assert_eq!((sent.first, sent.last, sent.packets), (65_534, 65_539, 6));
        let [received] = measure.received_streams(At::End)[..] else { panic!("one stream") };
        assert_eq!((received.first, received.highest), (65_534, 65_538));
        for sequence in [65_534, 1, 3] {
            measure.arrived(&packet(ssid(1), sequence, Some(10)), 30);
        }
        assert!(measure.has_all_echoes());
        assert_eq!(measure.totals(At::End).lost, 0);
    }

    #[test]
    fn streams_of_others_are_expected_from_their_first_packet() {
        let mut measure = Measure::new(true, [0; 3]);
        for sequence in [100, 101, 103] {
            measure.arrived(&packet(ssid(2), sequence, Some(u64::MAX)), 30);
        }
        measure.arrived(&packet(ssid(2), 104, None), 30);
        // Another tool's stream has no good packet, and none is corrupt.
        measure.arrived(&packet(ssid(3), 7, None), 30);
        let totals = measure.totals(At::End);
        assert_eq!((totals.received, totals.lost, totals.corrupt), (5, 1, 1));
        assert_eq!(totals.received_octets, 5 * 80);
        assert_eq!(measure.streams(), 2);
        assert_eq!(measure.delays().figures().echoes, 0);
    }

    #[test]
    fn delays_begin_anew_after_the_warm_up() {
        let mut measure = Measure::new(true, [0; 3]);
        measure.sent(ssid(1), KIND, 80, 5);
        measure.sent(ssid(1), KIND, 80, 5);
        measure.restart_delays(100);
        measure.arrived(&packet(ssid(1), 0, Some(90)), 120);
        measure.arrived(&packet(ssid(1), 1, Some(101)), 120);
        assert_eq!(measure.delays().figures().echoes, 1);
        assert_eq!(measure.totals(At::End).lost, 0);
    }

    #[test]
    fn a_send_time_in_the_future_is_corrupt() {
        let mut measure = Measure::new(true, [0; 3]);
        measure.sent(ssid(1), KIND, 80, 5);
        measure.arrived(&packet(ssid(1), 0, Some(1000)), 999);
        assert_eq!(measure.totals(At::End).corrupt, 1);
    }

    #[test]
    fn another_ssid_continues_the_numbers() {
        let mut measure = Measure::new(false, [65_535, 0, 0]);
        measure.sent(ssid(1), KIND, 80, 5);
        measure.sent(ssid(2), KIND, 80, 5);
        let sent = measure.sent_streams();
        assert_eq!((sent[0].first, sent[1].first, sent[1].last), (65_535, 0, 0));
    }
}
