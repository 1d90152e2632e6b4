//! REGISTER: how an address becomes a client (docs/wire.md, "Return
//! routability", "REGISTER", "Limits").

use super::super::wire::{Code, Message, Register, Registered};
use super::client::{Client, Session, Standing, grant};
use super::rate::{host, network};
use super::streams::Slot;
use super::{Arrival, Config, Count, Signature, Table, bound, draw_ssid};
use std::net::IpAddr;

impl Table {
    pub(super) fn register(
        &mut self,
        register: &Register,
        signature: &Signature<'_>,
        arrival: &Arrival,
    ) -> Result<Message, Count> {
        let Arrival { peer, own, link, now, .. } = *arrival;
        let bound = bound(register.nonce, arrival);
        let Some(good) = self.cookies.check(&register.cookie, &bound, now) else {
            return Ok(self.challenge(register.nonce, arrival));
        };
        let known = self.by_control.get(&peer).copied();
        let repeated = known
            .and_then(|slot| self.client(slot).session())
            .map(|session| session.registered)
            .filter(|registered| registered.nonce == register.nonce);
        if repeated.is_none() && self.cookies.is_used(&good) {
            return Ok(self.challenge(register.nonce, arrival));
        }
        if !self.registers.admit(peer.ip(), now, self.config.register_rate) {
            return Err(Count::Limited);
        }
        if !self.is_authentic(signature) {
            self.counters.count(Count::Unauthenticated);
            let code = Code::NOT_AUTHENTICATED;
            return Ok(Message::Error { nonce: register.nonce, code });
        }
        if let Some(registered) = repeated {
            return Ok(Message::Registered(registered));
        }
        if known.is_none() && !self.has_room_for(peer.ip()) {
            return Ok(Message::Error { nonce: register.nonce, code: Code::NO_ROOM });
        }
        if !self.cookies.has_room(&good) {
            return Err(Count::Limited);
        }
        self.cookies.use_up(good);
        let ssid = match known {
            Some(slot) => self.client(slot).ssid,
            None => self.fresh_ssid(),
        };
        if known.is_none() {
            self.roster_changed();
        }
        let registered = Registered {
            nonce: register.nonce,
            ssid,
            lease: grant(register.lease),
            token: self.random.number(),
            version: self.version,
        };
        let mut session = Session { peer, own, link, registered, deadline: now, last: None };
        session.renew(now);
        self.note_deadline(session.deadline);
        let standing = Standing::Registered(session);
        let mut client = Client::new(ssid, register.echo, register.wants, standing);
        match known {
            Some(slot) => {
                self.unbind(slot);
                let before = self.client(slot);
                (client.control_rate, client.rtcp_rate) = (before.control_rate, before.rtcp_rate);
                self.clients[usize::from(slot)] = Some(client);
            }
            None => {
                let slot = self.join(client);
                self.by_control.insert(peer, slot);
            }
        }
        Ok(Message::Registered(registered))
    }

    /// Whether one more client of this host fits.
    fn has_room_for(&self, ip: IpAddr) -> bool {
        let Config { clients, clients_per_host, clients_per_network, .. } = self.config;
        let others =
            || self.order.iter().filter_map(|slot| Some(self.client(*slot).session()?.peer.ip()));
        let of_host = others().filter(|other| host(*other) == host(ip)).count();
        let of_network = match network(ip) {
            Some(net) => others().filter(|other| network(*other) == Some(net)).count(),
            None => 0,
        };
        self.order.len() < clients
            && of_host < clients_per_host
            && (of_network < clients_per_network || ip.is_ipv4())
    }

    /// Adds a client in a free slot. It has no media address, so it changes
    /// only the lists of its own streams.
    pub(super) fn join(&mut self, client: Client) -> Slot {
        let free = self.clients.iter().position(Option::is_none).unwrap_or(self.clients.len());
        let slot = free as Slot;
        self.streams.insert(slot, client.ssid, self.joins);
        self.joins += 1;
        self.counters.count(Count::Joined);
        for other in &self.order {
            if self.streams.flow(*other).endpoint.is_some_and(|endpoint| endpoint.receives()) {
                self.streams.set(slot, *other, self.client(*other).wants(client.ssid));
            }
        }
        self.order.push(slot);
        match self.clients.get_mut(free) {
            Some(place) => *place = Some(client),
            None => self.clients.push(Some(client)),
        }
        slot
    }

    /// An SSID that nobody has.
    fn fresh_ssid(&mut self) -> super::Ssid {
        loop {
            let ssid = draw_ssid(&mut self.random);
            if ssid != self.identifier && !self.streams.has_any_of(ssid) {
                return ssid;
            }
        }
    }
}
