//! What `SsidReplicate` does with packets: copies of media, answers to control
//! messages, and what waits until there is room, a buffer, or time.

use super::super::copies::{Kind, Listed, Receivers, Stopped, send};
use super::super::table::{Arrival, Arrived, Count, Endpoint, Port, Reply, Stream};
use super::super::wire::{Classified, Message, StreamType, classify};
use super::SsidReplicate;
use pkgraph::runtime::{Edges, Nanos, Packet, Progress, Region};
use pkgraph_ethernet::Link;
use pkgraph_ip::checksum;

/// CHANGEDs that one run sends, at most.
const CHANGED_BURST: usize = 64;

impl SsidReplicate {
    /// Takes a packet that arrived on the media port.
    #[inline]
    pub(super) fn media<E: Edges>(&mut self, packet: Packet, edges: &mut E) {
        let Some(arrival) = self.arrival(&packet, Port::Media) else { return };
        if self.copies.is_pending() && classify(packet.payload()) != Ok(Classified::Rtcp) {
            return self.table.counters.count(Count::Full);
        }
        match self.table.media(packet.payload(), &arrival) {
            Ok(Arrived::Media(stream)) => self.replicate(packet, stream, arrival.now, edges),
            Ok(Arrived::Rtcp) => self.rtcp(packet, &arrival, edges),
            Err(_) => {}
        }
    }

    /// Takes a packet that arrived on the control port.
    pub(super) fn control<E: Edges>(&mut self, packet: Packet, edges: &mut E) {
        let Some(arrival) = self.arrival(&packet, Port::Control) else { return };
        self.rtcp(packet, &arrival, edges);
    }

    /// Timers, and what was left undelivered.
    pub(super) fn resume<E: Edges>(&mut self, edges: &mut E) -> Progress {
        let now = self.clock.now();
        self.table.expire(now);
        let was_pending = self.copies.is_pending();
        match self.copies.resume(&mut self.table, edges, self.sending.checksum, now) {
            Ok(timestamp) => self.record(timestamp),
            Err(Stopped::NoRoom) => return Progress::Blocked,
            Err(_) => {
                let until = self.copies.starved().unwrap_or(now).saturating_add(self.sending.hold);
                if now < until {
                    return Progress::Until(until);
                }
                let lost = self.copies.abandon() as u64;
                self.table.counters.add(Count::NoBuffer, lost);
            }
        }
        match self.announce(edges, now) {
            Ok(0) if !was_pending => {}
            Ok(_) => return Progress::Busy,
            Err(Stopped::NoRoom) => return Progress::Blocked,
            Err(_) => return Progress::Until(now + self.sending.hold),
        }
        let changed = self.table.changed_due().unwrap_or(Nanos::MAX);
        let look_up = self.look_up.run(&mut self.table, now);
        match self.table.next_deadline().min(changed).min(look_up) {
            Nanos::MAX => Progress::Idle,
            next => Progress::Until(next),
        }
    }

    /// Sends the packet to everyone who receives the stream.
    #[inline]
    fn replicate<E: Edges>(&mut self, packet: Packet, stream: Stream, now: Nanos, edges: &mut E) {
        let timestamp = packet.annotations().timestamp();
        let dscp = if stream.kind == StreamType::Asq { self.sending.dscp } else { 0 };
        let is_done =
            self.fan_out(packet, Kind::Media { dscp, of: stream.kind }, &stream, now, edges);
        if is_done && self.table.receivers(stream) > 0 {
            self.record(timestamp);
        }
    }

    /// Sends a copy to each receiver; whether all are out. If not, the rest
    /// waits.
    #[inline]
    fn fan_out<E: Edges, R: Receivers>(
        &mut self,
        packet: Packet,
        kind: Kind,
        to: &R,
        now: Nanos,
        edges: &mut E,
    ) -> bool {
        let Err(rest) = send(packet, kind, self.sending.checksum, to, &mut self.table, edges)
        else {
            return true;
        };
        let receivers = rest.reached..to.count(&self.table);
        let destinations = receivers.map(|n| to.destination(&self.table, n));
        self.copies.suspend(rest.packet, kind, destinations, rest.why, now);
        false
    }

    /// Answers a datagram of RTCP or passes it on, if anything comes of it.
    fn rtcp<E: Edges>(&mut self, packet: Packet, arrival: &Arrival, edges: &mut E) {
        match self.table.control(packet.payload(), arrival) {
            Ok(Reply::Answer(message)) => self.answer(packet, &message, arrival, edges),
            Ok(Reply::Forward(_)) if self.copies.is_pending() => {
                self.table.counters.count(Count::Full);
            }
            Ok(Reply::Forward(to)) => {
                let to = Listed { kind: Kind::Rtcp, destinations: &to };
                self.fan_out(packet, Kind::Rtcp, &to, arrival.now, edges);
            }
            Err(_) => {}
        }
    }

    fn answer<E: Edges>(
        &mut self,
        packet: Packet,
        message: &Message,
        arrival: &Arrival,
        edges: &mut E,
    ) {
        let region = packet.region();
        // Its buffer may be the only one for the answer.
        drop(packet);
        let sent = self.emit(message, region, &Endpoint::of(arrival), edges);
        self.table.counters.count(match sent {
            Ok(()) => Count::Answers,
            Err(Stopped::NoRoom) => Count::NoRoom,
            Err(Stopped::NoBuffer) => Count::NoBuffer,
            Err(Stopped::Unreachable) => Count::NoLink,
        });
    }

    /// Sends CHANGEDs that are due, and says how many.
    fn announce<E: Edges>(&mut self, edges: &mut E, now: Nanos) -> Result<usize, Stopped> {
        for sent in 0..CHANGED_BURST {
            let Some(changed) = self.table.next_changed(now) else { return Ok(sent) };
            let to = Endpoint::new(changed.peer, changed.own, changed.link);
            match self.emit(&changed.message, self.pool, &to, edges) {
                Ok(()) => {
                    self.table.changed_sent(now);
                    self.table.counters.count(Count::Changed);
                }
                Err(Stopped::Unreachable) => {
                    self.table.changed_sent(now);
                    self.table.counters.count(Count::NoLink);
                }
                // What was sent is progress; the next run meets the lack again.
                Err(_) if sent > 0 => return Ok(sent),
                Err(why) => return Err(why),
            }
        }
        Ok(CHANGED_BURST)
    }

    fn emit<E: Edges>(
        &mut self,
        message: &Message,
        region: &'static Region,
        to: &Endpoint,
        edges: &mut E,
    ) -> Result<(), Stopped> {
        if edges.room(0) == 0 {
            return Err(Stopped::NoRoom);
        }
        self.octets.clear();
        message.emit(self.table.identifier().get(), &mut self.octets);
        let mut packet = region.packet(&self.octets).ok_or(Stopped::NoBuffer)?;
        let annotations = packet.annotations_mut().map_err(|_| Stopped::NoBuffer)?;
        annotations.set_source(*to.own());
        annotations.set_destination(*to.peer());
        annotations.set_dscp(0);
        if to.link().is_some() {
            let sum = self.sending.checksum.then(|| checksum::add(0, packet.data()));
            let headers = to.headers().ok_or(Stopped::Unreachable)?;
            headers.write(&mut packet, sum, 0).ok_or(Stopped::Unreachable)?;
        }
        edges.push(0, packet);
        Ok(())
    }

    /// How the packet arrived; `None`, and counted, if nobody noted it.
    #[inline]
    fn arrival(&mut self, packet: &Packet, port: Port) -> Option<Arrival> {
        let annotations = packet.annotations();
        let (Some(peer), Some(own)) = (annotations.source(), annotations.destination()) else {
            self.table.counters.count(Count::NoAddress);
            return None;
        };
        let link = packet.ethernet_header().and_then(Link::of);
        Some(Arrival { peer, own, link, port, now: self.clock.now() })
    }

    /// Records the delay of a packet that was picked up at `timestamp`. Only
    /// a packet that carries one costs a look at the clock.
    #[inline]
    fn record(&mut self, timestamp: Option<Nanos>) {
        if let Some(picked_up) = timestamp {
            self.delay.record(&self.clock, picked_up);
        }
    }
}
