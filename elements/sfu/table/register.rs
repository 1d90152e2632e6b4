//! REGISTER: how an address becomes a client (docs/wire.md, "Return
//! routability", "REGISTER", "Limits").

use super::super::wire::{Code, Message, Register, Registered};
use super::client::{Client, Session, grant};
use super::rate::{Window, host, network};
use super::streams::Slot;
use super::subscription::Subscription;
use super::{Arrival, Config, Count, Table, bound, draw_ssid};
use std::net::IpAddr;

impl Table {
    pub(super) fn register(
        &mut self,
        register: &Register,
        arrival: &Arrival,
    ) -> Result<Message, Count> {
        let Arrival { peer, own, now, .. } = *arrival;
        let bound = bound(register.nonce, arrival);
        let Some(good) = self.cookies.check(&register.cookie, &bound, now) else {
            return Ok(self.challenge(register.nonce, arrival));
        };
        let known = self.by_control.get(&peer).copied();
        let repeated = known
            .map(|slot| self.client(slot).session.registered)
            .filter(|registered| registered.nonce == register.nonce);
        if repeated.is_none() && self.cookies.is_used(&good) {
            return Ok(self.challenge(register.nonce, arrival));
        }
        if !self.registers.admit(peer.ip(), now, self.config.register_rate) {
            return Err(Count::Limited);
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
        let session =
            Session { peer, own, registered, deadline: now, last: None, rate: Window::default() };
        let mut client = Client {
            ssid,
            echo: register.echo,
            subscription: Subscription::from_wants(register.wants),
            bound_until: 0,
            session,
        };
        client.session.renew(now);
        self.note_deadline(client.session.deadline);
        match known {
            Some(slot) => {
                self.unbind(slot);
                self.clients[usize::from(slot)] = Some(client);
            }
            None => self.join(client),
        }
        Ok(Message::Registered(registered))
    }

    /// Whether one more client of this host fits.
    fn has_room_for(&self, ip: IpAddr) -> bool {
        let Config { clients, clients_per_host, clients_per_network, .. } = self.config;
        let others = || self.order.iter().map(|slot| self.client(*slot).session.peer.ip());
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
    fn join(&mut self, client: Client) {
        let free = self.clients.iter().position(Option::is_none).unwrap_or(self.clients.len());
        let slot = free as Slot;
        self.streams.insert(slot, client.ssid, self.joins);
        self.joins += 1;
        self.counters.count(Count::Joined);
        for other in &self.order {
            if self.streams.flow(*other).endpoint.is_some() {
                self.streams.set(slot, *other, self.client(*other).wants(client.ssid));
            }
        }
        self.by_control.insert(client.session.peer, slot);
        self.order.push(slot);
        match self.clients.get_mut(free) {
            Some(place) => *place = Some(client),
            None => self.clients.push(Some(client)),
        }
    }

    /// An SSID that nobody has.
    fn fresh_ssid(&mut self) -> super::Ssid {
        loop {
            let ssid = draw_ssid(&mut self.random);
            if ssid != self.identifier && self.streams.slot_of(ssid).is_none() {
                return ssid;
            }
        }
    }
}
