//! RTCP of RTP tools, passed on to those whom it concerns (docs/wire.md,
//! "RTCP of RTP tools").

use super::super::wire::Concerned;
use super::media::Destination;
use super::streams::Slot;
use super::{Address, Arrival, Count, Table};

impl Table {
    /// Where a compound of RTP tools goes, in the order of joining, each
    /// receiver once and its sender never.
    ///
    /// Its sender reports concern the receivers of the streams that they
    /// report on, if these are the sender's own, as only its own media passes.
    ///
    /// # Errors
    /// [`Count::RtcpIgnored`] if it comes from no client or concerns nobody
    /// who receives, [`Count::Limited`] over the sender's rate.
    pub(super) fn forward(
        &mut self,
        concerned: &Concerned,
        arrival: &Arrival,
    ) -> Result<Vec<Destination>, Count> {
        let from = self.sender_of_rtcp(arrival.peer).ok_or(Count::RtcpIgnored)?;
        let mut streams: Vec<_> =
            concerned.senders.iter().filter_map(|ssrc| self.streams.find(*ssrc)).collect();
        streams.retain(|stream| stream.source == from);
        // A compound may repeat a report as often as it has room.
        streams.sort_unstable_by_key(|stream| stream.kind);
        streams.dedup();
        let mut slots: Vec<Slot> =
            streams.iter().flat_map(|stream| self.streams.destinations(*stream)).copied().collect();
        let named = concerned.named.iter().filter_map(|ssrc| self.streams.find(*ssrc));
        slots.extend(named.map(|stream| stream.source));
        slots.sort_unstable_by_key(|slot| self.streams.flow(*slot).joined);
        slots.dedup();
        let receivers: Vec<Destination> = slots
            .into_iter()
            .filter(|slot| *slot != from)
            .filter_map(|slot| self.destination(slot))
            .collect();
        if receivers.is_empty() {
            return Err(Count::RtcpIgnored);
        }
        let rate = self.config.rtcp_rate;
        if !self.client_mut(from).rtcp_rate.admit(arrival.now, rate) {
            return Err(Count::Limited);
        }
        self.counters.count(Count::Rtcp);
        Ok(receivers)
    }

    /// Whose RTCP comes from `peer`. If it is one client's media address and
    /// another's with the port + 1, the former's.
    fn sender_of_rtcp(&self, peer: Address) -> Option<Slot> {
        let below = || peer.udp_port().checked_sub(1).map(|port| peer.with_udp_port(port));
        let slot = self.by_media.get(&peer).or_else(|| self.by_media.get(&below()?));
        slot.copied()
    }

    /// Whether `peer` is the client's media address or that with the port + 1.
    pub(super) fn sends_rtcp_from(&self, slot: Slot, peer: Address) -> bool {
        self.streams.flow(slot).endpoint.is_some_and(|endpoint| {
            let above = endpoint.peer().udp_port().checked_add(1);
            peer == *endpoint.peer()
                || above.is_some_and(|port| peer == endpoint.peer().with_udp_port(port))
        })
    }
}
