//! What a registered client asks for, under its token: BIND, SUBSCRIBE,
//! KEEPALIVE, LEAVE and LIST (docs/wire.md, "The token" and after).

use super::super::wire::{Cookie, Entry, Envelope, Message, Ssid, Status};
use super::client::BIND_LASTS;
use super::streams::{Endpoint, Slot};
use super::{Arrival, Count, Port, Signature, Table, bound};
use subtle::ConstantTimeEq;

impl Table {
    pub(super) fn request(
        &mut self,
        request: &Envelope,
        signature: &Signature<'_>,
        arrival: &Arrival,
    ) -> Result<Message, Count> {
        let (token, seq) = credentials(&request.message).ok_or(Count::Skipped)?;
        let slot = Ssid::new(request.ssrc).and_then(|ssid| self.slot_of(ssid));
        let slot = slot.ok_or(Count::Refused)?;
        let session = self.client(slot).session().ok_or(Count::Refused)?;
        let is_placed = match request.message {
            Message::Bind { .. } => arrival.port == Port::Media,
            _ => arrival.peer == session.peer,
        };
        let is_token: bool =
            token.to_be_bytes().ct_eq(&session.registered.token.to_be_bytes()).into();
        if !is_placed || !is_token {
            return Err(Count::Refused);
        }
        if !self.is_authentic(signature) {
            return Err(Count::Unauthenticated);
        }
        let control_rate = self.config.control_rate;
        if !self.client_mut(slot).control_rate.admit(arrival.now, control_rate) {
            return Err(Count::Limited);
        }
        match self.client(slot).session().and_then(|session| session.last.as_ref()) {
            Some((last, answer)) if *last == seq => return Ok(answer.clone()),
            Some((last, _)) if !rises(*last, seq) => return Err(Count::Stale),
            _ => {}
        }
        match &request.message {
            Message::Bind { cookie, .. } => Ok(self.bind(slot, seq, cookie, arrival)),
            Message::Subscribe { add, entries, .. } => {
                let status = self.subscribe(slot, *add, entries);
                Ok(self.acknowledge(slot, seq, status, arrival))
            }
            Message::List { first, .. } => {
                let page = self.page(seq, *first);
                Ok(self.accept(slot, seq, page, arrival))
            }
            Message::Leave { .. } => {
                self.remove(slot);
                self.counters.count(Count::Left);
                Ok(Message::Ack { seq, status: Status::DONE, version: self.version })
            }
            _ => Ok(self.acknowledge(slot, seq, Status::DONE, arrival)),
        }
    }

    /// Makes the address that a BIND came from its client's, once it is
    /// proven that the client receives there.
    fn bind(&mut self, slot: Slot, seq: u32, cookie: &Cookie, arrival: &Arrival) -> Message {
        let Arrival { peer, now, .. } = *arrival;
        let nonce = Message::bind_nonce(seq, self.client(slot).ssid);
        if self.cookies.check(cookie, &bound(nonce, arrival), now).is_none() {
            return self.challenge(nonce, arrival);
        }
        if self.is_own(slot, arrival) {
            return self.acknowledge(slot, seq, Status::OWN_ADDRESS, arrival);
        }
        let endpoint = Endpoint::of(arrival);
        if self.streams.flow(slot).endpoint != Some(endpoint) {
            self.unbind(slot);
            // Perhaps two: a client, and the static one that it took it from.
            while let Some(&owner) = self.by_media.get(&peer) {
                self.unbind(owner);
            }
            self.place(slot, endpoint);
        }
        let bound_until = now.saturating_add(BIND_LASTS);
        self.client_mut(slot).bound_until = bound_until;
        self.note_deadline(bound_until);
        self.acknowledge(slot, seq, Status::DONE, arrival)
    }

    /// Gives a client that has none a media address that nobody has, and puts
    /// it into the lists of what it wants.
    pub(super) fn place(&mut self, slot: Slot, endpoint: Endpoint) {
        self.by_media.insert(*endpoint.peer(), slot);
        self.streams.flow_mut(slot).endpoint = Some(endpoint);
        if endpoint.receives() {
            for source in &self.order {
                let wants = self.client(slot).wants(self.client(*source).ssid);
                self.streams.set(*source, slot, wants);
            }
        }
    }

    /// Whether a BIND comes from the switch itself: from an address that is
    /// configured as such, or that has an IP and a port which this client
    /// writes to, be it for control or for media.
    fn is_own(&self, slot: Slot, arrival: &Arrival) -> bool {
        let registered = self.client(slot).session().map_or(arrival.own, |session| session.own);
        let (peer, ours) = (arrival.peer, [registered, arrival.own]);
        let same_host = ours.iter().any(|own| own.with_udp_port(0) == peer.with_udp_port(0));
        let same_port = ours.iter().any(|own| own.udp_port() == peer.udp_port());
        same_host && same_port || self.config.own.contains(&peer)
    }

    /// Changes a subscription, and the lists that it changes.
    fn subscribe(&mut self, slot: Slot, add: bool, entries: &[Entry]) -> Status {
        let client = self.client(slot);
        let next = match client.subscription.after(client.ssid, add, entries) {
            Ok(next) => next,
            Err(status) => return status,
        };
        if self.streams.flow(slot).endpoint.is_some() {
            for source in self.order.iter().filter(|source| **source != slot) {
                let ssid = self.client(*source).ssid;
                let wants = next.wants(ssid);
                if wants != self.client(slot).subscription.wants(ssid) {
                    self.streams.set(*source, slot, wants);
                }
            }
        }
        self.client_mut(slot).subscription = next;
        Status::DONE
    }

    /// Uses the seq, and renews the lease unless `status` says that nothing
    /// was done.
    fn acknowledge(&mut self, slot: Slot, seq: u32, status: Status, at: &Arrival) -> Message {
        let answer = Message::Ack { seq, status, version: self.version };
        if status == Status::DONE {
            return self.accept(slot, seq, answer, at);
        }
        if let Some(session) = self.client_mut(slot).session_mut() {
            session.last = Some((seq, answer.clone()));
        }
        answer
    }

    fn accept(&mut self, slot: Slot, seq: u32, answer: Message, arrival: &Arrival) -> Message {
        if let Some(session) = self.client_mut(slot).session_mut() {
            session.last = Some((seq, answer.clone()));
            if arrival.peer == session.peer {
                session.link = arrival.link;
            }
            session.renew(arrival.now);
        }
        answer
    }
}

/// Token and seq of a message that carries them.
fn credentials(message: &Message) -> Option<(u64, u32)> {
    match *message {
        Message::Bind { token, seq, .. }
        | Message::Subscribe { token, seq, .. }
        | Message::Keepalive { token, seq }
        | Message::Leave { token, seq }
        | Message::List { token, seq, .. } => Some((token, seq)),
        _ => None,
    }
}

/// Whether `seq` is after `last` (RFC 1982 §3.2). Two numbers half the space
/// apart are in no order, and so neither is a rise.
fn rises(last: u32, seq: u32) -> bool {
    (1..1 << 31).contains(&seq.wrapping_sub(last))
}

#[cfg(test)]
mod unit {
    use super::rises;

    #[test]
    fn seqs_are_serial_numbers() {
        let cases = [
            (1, 2, true),
            (2, 1, false),
            (2, 2, false),
            (u32::MAX, 0, true),
            (0, u32::MAX, false),
            (0, (1 << 31) - 1, true),
            (0, 1 << 31, false),
            (1 << 31, 0, false),
        ];
        for (last, seq, expected) in cases {
            assert_eq!(rises(last, seq), expected, "{last} {seq}");
        }
    }
}
