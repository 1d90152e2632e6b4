//! The media path: from a datagram to its destinations (docs/wire.md,
//! "Media").

use super::super::wire::{Classified, StreamType, classify};
use super::streams::{Endpoint, Slot, Stream, Traffic};
use super::{Arrival, Count, Table};

/// What a datagram on the media port came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// Media that passed every check.
    Media(Stream),
    /// RTCP, not looked at: for [`Table::control`].
    Rtcp,
}

/// A client as the receiver of one copy. It stays what it is while the copy
/// waits, even if the client leaves and another takes its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient {
    slot: Slot,
    joined: u64,
}

/// Where a copy goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Whose it is.
    pub recipient: Recipient,
    /// From where to where.
    pub endpoint: Endpoint,
}

impl Table {
    /// A datagram on the media port, checked in the order of docs/wire.md.
    /// One that passes is counted for its client, and its type is seen.
    ///
    /// # Errors
    /// The first check that fails.
    #[inline]
    pub fn media(&mut self, octets: &[u8], arrival: &Arrival) -> Result<Arrived, Count> {
        self.expire(arrival.now);
        let arrived = self.check(octets, arrival);
        match arrived {
            Ok(Arrived::Media(_)) => self.counters.count(Count::Media),
            Ok(Arrived::Rtcp) => {}
            Err(why) => self.counters.count(why),
        }
        arrived
    }

    #[inline]
    fn check(&mut self, octets: &[u8], arrival: &Arrival) -> Result<Arrived, Count> {
        let packet = match classify(octets) {
            Ok(Classified::Rtp(packet)) => packet,
            Ok(Classified::Rtcp) => return Ok(Arrived::Rtcp),
            Err(_) => return Err(Count::Malformed),
        };
        let stream = match self.streams.find(packet.ssrc()) {
            Some(stream) => stream,
            None => self.learn(&packet, arrival)?,
        };
        let flow = self.streams.flow_mut(stream.source);
        let from = flow.endpoint.as_mut().filter(|endpoint| *endpoint.peer() == arrival.peer);
        from.ok_or(Count::Spoofed)?.set_link(arrival.link);
        flow.seen = flow.seen.with(stream.kind);
        flow.heard[stream.kind.index()] = arrival.now;
        flow.received[stream.kind.index()].count(octets.len());
        flow.arrivals[stream.kind.index()].arrived(packet.sequence());
        if self.is_unsettled {
            self.settle(arrival.own);
        }
        if self.is_unlinked {
            self.link_statics(arrival.link);
        }
        Ok(Arrived::Media(stream))
    }

    /// How many copies of the stream go out.
    #[inline]
    pub fn receivers(&self, stream: Stream) -> usize {
        self.streams.destinations(stream).len()
    }

    /// Where the copy number `n` of the stream goes, in the order of joining and
    /// the source itself last, and what counts the copies of it.
    ///
    /// # Panics
    /// If there are not so many [`receivers`](Table::receivers).
    #[inline]
    pub fn receiver(&mut self, stream: Stream, n: usize) -> (&Endpoint, &mut Traffic) {
        let flow = self.streams.flow_mut(self.streams.destinations(stream)[n]);
        let endpoint = flow.endpoint.as_ref();
        let endpoint = endpoint.expect("only who has a media address is in a list");
        (endpoint, &mut flow.sent[stream.kind.index()])
    }

    /// The same as it is remembered while the copy waits.
    ///
    /// # Panics
    /// If there are not so many [`receivers`](Table::receivers).
    pub fn receiver_at(&self, stream: Stream, n: usize) -> Destination {
        let slot = self.streams.destinations(stream)[n];
        self.destination(slot).expect("only who has a media address is in a list")
    }

    /// Where a client receives, if it does.
    pub(super) fn destination(&self, slot: Slot) -> Option<Destination> {
        let flow = self.streams.flow(slot);
        let endpoint = flow.endpoint.filter(Endpoint::receives)?;
        Some(Destination { recipient: Recipient { slot, joined: flow.joined }, endpoint })
    }

    /// What counts the copies of media of a type that had waited, if who
    /// receives them is still there.
    pub fn traffic_of(&mut self, recipient: Recipient, kind: StreamType) -> Option<&mut Traffic> {
        let flow = self.streams.flow_mut(recipient.slot);
        (flow.joined == recipient.joined).then_some(&mut flow.sent[kind.index()])
    }
}
