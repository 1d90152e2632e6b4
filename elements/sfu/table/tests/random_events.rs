//! The table against the model: every answer, every drop and every destination
//! list, under random events.

use super::super::super::wire::Code;
use super::model::{CLIENTS, Known, Model, PER_HOST, expected};
use super::*;
use crate::table::cookie::SLOT;
use proptest::prelude::*;
use std::collections::HashMap;

#[derive(Clone, Debug)]
enum Event {
    Register { who: usize, echo: bool, wants: u32, lease: u32 },
    RegisterAgain { who: usize },
    Bind { who: usize, media: usize, good: bool },
    Subscribe { who: usize, add: bool, entries: Vec<(usize, u32)> },
    Keepalive { who: usize, back: u32, wrong: u64, from: usize },
    Leave { who: usize },
    List { who: usize, first: u32 },
    Repeat { who: usize },
    Media { who: usize, low: u32, from: usize },
    Bye { who: usize, low: u32, from: usize },
    Advance { by: Nanos },
    Announce,
}

const ACTORS: usize = 5;

fn event() -> impl Strategy<Value = Event> {
    let who = || 0..ACTORS;
    let at = || 0..ACTORS + 2;
    prop_oneof![
        4 => (who(), any::<bool>(), 0u32..8, prop::sample::select(vec![0, 5, 60, 300]))
            .prop_map(|(who, echo, wants, lease)| Event::Register { who, echo, wants, lease }),
        1 => who().prop_map(|who| Event::RegisterAgain { who }),
        4 => (who(), at(), prop::bool::weighted(0.9))
            .prop_map(|(who, media, good)| Event::Bind { who, media, good }),
        3 => (who(), any::<bool>(), prop::collection::vec((0..ACTORS + 3, 0u32..9), 0..4))
            .prop_map(|(who, add, entries)| Event::Subscribe { who, add, entries }),
        2 => (who(), 0u32..4, prop::bool::weighted(0.1), who()).prop_map(
            |(who, back, wrong, from)| {
                let from = if back == 3 { from } else { who };
                Event::Keepalive { who, back, wrong: wrong.into(), from }
            }
        ),
        1 => who().prop_map(|who| Event::Leave { who }),
        1 => (who(), 0u32..6).prop_map(|(who, first)| Event::List { who, first }),
        1 => who().prop_map(|who| Event::Repeat { who }),
        4 => (who(), 0u32..5, at()).prop_map(|(who, low, from)| Event::Media { who, low, from }),
        1 => (who(), 0u32..5, at()).prop_map(|(who, low, from)| Event::Bye { who, low, from }),
        3 => prop::sample::select(vec![
            1,
            SECOND / 100,
            SECOND / 10,
            SECOND,
            5 * SECOND,
            SLOT,
            50 * SECOND,
            119 * SECOND,
        ])
        .prop_map(|by| Event::Advance { by }),
        2 => Just(Event::Announce),
    ]
}

/// Two hosts of two actors and more, so that one host meets its limit.
fn control(who: usize) -> Address {
    at(&format!("10.0.0.{}:{}", who / 3, 1000 + who))
}

fn media(n: usize) -> Address {
    at(&format!("10.0.0.{}:{}", n / 3, 2000 + n))
}

/// The two side by side, and what the actors know.
struct Both {
    bed: Bed,
    model: Model,
    peers: Vec<Option<Peer>>,
    /// The last REGISTER of an actor, its nonce, and when its cookie was made.
    registers: Vec<Option<(Message, u64, Nanos)>>,
    /// The last message of an actor under a token.
    requests: Vec<Option<(u32, Message)>>,
    nonce: u64,
    /// When each control address last got a CHANGED.
    told: HashMap<Address, Nanos>,
    last_round: Option<Nanos>,
    told_version: u32,
}

impl Both {
    fn new() -> Both {
        let config = Config {
            clients: CLIENTS,
            clients_per_host: PER_HOST,
            control_rate: u32::MAX,
            register_rate: u32::MAX,
            ..Config::default()
        };
        Both {
            bed: Bed::with(config),
            model: Model::default(),
            peers: vec![None; ACTORS],
            registers: vec![None; ACTORS],
            requests: vec![None; ACTORS],
            nonce: 0,
            told: HashMap::new(),
            last_round: None,
            told_version: 0,
        }
    }

    fn step(&mut self, event: Event) {
        let now = self.bed.now;
        self.model.pass(now);
        match event {
            Event::Register { who, echo, wants, lease } => self.register(who, echo, wants, lease),
            Event::RegisterAgain { who } => self.register_again(who),
            Event::Bind { who, media, good } => self.bind(who, media, good),
            Event::Subscribe { who, add, entries } => {
                let entries = entries.iter().map(|(n, mask)| Entry {
                    source: match *n {
                        0 => 0,
                        n if n <= ACTORS => {
                            self.peers[n - 1].as_ref().map_or(0xabc0, |p| p.ssid.get())
                        }
                        n if n == ACTORS + 1 => 0xdef0,
                        _ => 0xdef1,
                    },
                    mask: *mask,
                });
                let entries = entries.collect();
                self.ask(who, |token, seq| Message::Subscribe { token, seq, add, entries });
            }
            Event::Keepalive { who, back, wrong, from } => {
                let Some(peer) = &mut self.peers[who] else { return };
                peer.seq = peer.seq.wrapping_add(1);
                let (token, seq) = (peer.token ^ wrong, peer.seq.wrapping_sub(back));
                self.send(who, control(from), Message::Keepalive { token, seq });
            }
            Event::Leave { who } => self.ask(who, |token, seq| Message::Leave { token, seq }),
            Event::List { who, first } => {
                self.ask(who, |token, seq| Message::List { token, seq, first })
            }
            Event::Repeat { who } => {
                let Some((ssrc, message)) = self.requests[who].clone() else { return };
                let arrival = self.bed.arrival(control(who), Port::Control);
                let model = self.model.request(&arrival, ssrc, &message, None);
                let table = self.bed.send(control(who), Port::Control, ssrc, &message);
                assert_eq!(expected(table), model, "{message:?}");
            }
            Event::Media { who, low, from } => {
                let Some(peer) = &self.peers[who] else { return };
                let ssrc = peer.ssid.get() | low;
                let model = self.model.media(media(from), ssrc);
                assert_eq!(self.bed.rtp(media(from), ssrc), model);
            }
            Event::Bye { who, low, from } => {
                let Some(peer) = &self.peers[who] else { return };
                let mut octets = vec![0x81, 203, 0, 1];
                octets.extend((peer.ssid.get() | low).to_be_bytes());
                assert_eq!(
                    self.bed.raw(media(from), Port::Media, &octets),
                    Err(Count::RtcpIgnored)
                );
                let ssid = peer.ssid;
                let source = self.model.clients.iter_mut().find(|c| c.ssid == ssid);
                if let (Some(source), Some(kind)) = (source, StreamType::of_ssrc(low))
                    && let Some((address, _)) = source.media
                    && (address == media(from)
                        || address.with_udp_port(address.udp_port() + 1) == media(from))
                {
                    source.seen &= !(1 << kind.index());
                }
            }
            Event::Advance { by } => self.bed.advance(by),
            Event::Announce => self.announce(),
        }
    }

    fn register(&mut self, who: usize, echo: bool, wants: u32, lease: u32) {
        let now = self.bed.now;
        self.nonce += 1;
        let nonce = self.nonce;
        let cookie = self.bed.hello(control(who), Port::Control, nonce);
        let wants_mask = TypeMask::new(wants).unwrap();
        let message = Message::Register(Register { nonce, cookie, echo, wants: wants_mask, lease });
        let answer = self.bed.send(control(who), Port::Control, 0, &message);
        self.registers[who] = Some((message, nonce, now));
        let known = self.model.clients.iter().position(|c| c.control == control(who));
        if known.is_none() && !self.model.has_room_for(control(who)) {
            assert_eq!(answer, Ok(Message::Error { nonce, code: Code::NO_ROOM }));
            return;
        }
        let Ok(Message::Registered(got)) = answer else { panic!("{answer:?}") };
        self.model.version += u32::from(known.is_none());
        let granted = if lease == 0 { 30 } else { lease.clamp(5, 300) };
        assert_eq!((got.nonce, got.lease, got.version), (nonce, granted, self.model.version));
        let client = Known {
            control: control(who),
            ssid: got.ssid,
            token: got.token,
            answer: Message::Registered(got),
            nonce,
            echo,
            lease: u64::from(granted) * SECOND,
            deadline: now + u64::from(granted) * SECOND,
            entries: HashMap::from([(0, wants)]),
            media: None,
            last: None,
            seen: known.map_or(0, |at| self.model.clients[at].seen),
        };
        match known {
            Some(at) => {
                assert_eq!(self.model.clients[at].ssid, got.ssid);
                self.model.clients[at] = client;
            }
            None => {
                assert!(self.model.clients.iter().all(|c| c.ssid != got.ssid));
                self.model.clients.push(client);
            }
        }
        let peer =
            Peer { control: control(who), ssid: got.ssid, token: got.token, seq: u32::MAX - 3 };
        self.peers[who] = Some(peer);
    }

    fn register_again(&mut self, who: usize) {
        let Some((message, nonce, made)) = &self.registers[who] else { return };
        let answer = self.bed.send(control(who), Port::Control, 0, message);
        let good = self.bed.now / SLOT <= made / SLOT + 1;
        let client = self.model.clients.iter().find(|c| c.control == control(who));
        match client.filter(|client| good && client.nonce == *nonce) {
            Some(client) => assert_eq!(answer, Ok(client.answer.clone())),
            // One that was turned away for want of room has not registered:
            // it may now get in, or be turned away again.
            None if good && !matches!(answer, Ok(Message::Challenge { .. })) => {
                let Message::Register(register) = message else { unreachable!() };
                let (register, nonce) = (*register, *nonce);
                match answer {
                    Ok(Message::Error { code: Code::NO_ROOM, .. }) => {
                        assert!(!self.model.has_room_for(control(who)));
                    }
                    Ok(Message::Registered(got)) => {
                        assert!(client.is_none() && self.model.has_room_for(control(who)));
                        self.model.version += 1;
                        let lease = u64::from(got.lease) * SECOND;
                        self.model.clients.push(Known {
                            control: control(who),
                            ssid: got.ssid,
                            token: got.token,
                            answer: Message::Registered(got),
                            nonce,
                            echo: register.echo,
                            lease,
                            deadline: self.bed.now + lease,
                            entries: HashMap::from([(0, register.wants.bits())]),
                            media: None,
                            last: None,
                            seen: 0,
                        });
                    }
                    other => panic!("{other:?}"),
                }
            }
            None => assert!(is_challenge(&answer), "{answer:?}"),
        }
    }

    fn bind(&mut self, who: usize, to: usize, good: bool) {
        let Some(peer) = &mut self.peers[who] else { return };
        peer.seq = peer.seq.wrapping_add(1);
        let peer = peer.clone();
        let arrival = self.bed.arrival(media(to), Port::Media);
        let Peer { token, seq, .. } = peer;
        let message = Message::Bind { token, seq, cookie: [0; 16] };
        let model = self.model.request(&arrival, peer.ssid.get(), &message, Some(false));
        let answer = self.bed.bind_with(&peer, media(to), [0; 16]);
        let cookie = match answer {
            Ok(Message::Challenge { cookie, .. }) => Some(cookie),
            _ => None,
        };
        assert_eq!(expected(answer), model);
        if let Some(cookie) = cookie.filter(|_| good) {
            let model = self.model.request(&arrival, peer.ssid.get(), &message, Some(true));
            assert_eq!(expected(self.bed.bind_with(&peer, media(to), cookie)), model);
        }
    }

    fn ask(&mut self, who: usize, message: impl FnOnce(u64, u32) -> Message) {
        let Some(peer) = &mut self.peers[who] else { return };
        peer.seq = peer.seq.wrapping_add(1);
        let message = message(peer.token, peer.seq);
        self.send(who, control(who), message);
    }

    fn send(&mut self, who: usize, from: Address, message: Message) {
        let ssrc = self.peers[who].as_ref().unwrap().ssid.get();
        let arrival = self.bed.arrival(from, Port::Control);
        let model = self.model.request(&arrival, ssrc, &message, None);
        let table = self.bed.send(from, Port::Control, ssrc, &message);
        assert_eq!(expected(table), model, "{message:?}");
        self.requests[who] = Some((ssrc, message));
    }

    fn announce(&mut self) {
        let now = self.bed.now;
        let due = self.model.version != self.told_version
            && self.last_round.is_none_or(|last| now >= last + SECOND / 10);
        let mut heard = Vec::new();
        while let Some(changed) = self.bed.table.next_changed(now) {
            assert_eq!(changed.message, Message::Changed { version: self.model.version });
            let before = self.told.insert(changed.peer, now);
            assert!(before.is_none_or(|before| now >= before + SECOND / 10));
            heard.push(changed.peer);
            self.bed.table.changed_sent(now);
        }
        let everyone: Vec<Address> = self.model.clients.iter().map(|c| c.control).collect();
        assert_eq!(heard, if due { everyone } else { vec![] });
        if due {
            self.told_version = self.model.version;
            self.last_round = Some(now);
        }
    }

    /// Everything that the table keeps, against what the model works out.
    fn compare(&mut self) {
        self.model.pass(self.bed.now);
        let table = &mut self.bed.table;
        table.expire(self.bed.now);
        assert_eq!(table.version(), self.model.version);
        let order: Vec<Ssid> = table.order.iter().map(|slot| table.client(*slot).ssid).collect();
        assert_eq!(order, self.model.clients.iter().map(|c| c.ssid).collect::<Vec<_>>());
        assert_eq!(table.by_control.len(), order.len());
        let bound = self.model.clients.iter().filter(|c| c.media.is_some()).count();
        assert_eq!(table.by_media.len(), bound);
        assert_eq!(table.clients.iter().flatten().count(), order.len());
        for client in &self.model.clients {
            for kind in StreamType::ALL {
                let stream = table.streams.find(client.ssid.ssrc(kind)).unwrap();
                let got: Vec<Address> = (0..table.receivers(stream))
                    .map(|n| *table.receiver_at(stream, n).endpoint.peer())
                    .collect();
                assert_eq!(got, self.model.destinations(client, kind), "{kind} of {}", client.ssid);
            }
            let slot = table.slot_of(client.ssid).unwrap();
            assert_eq!(table.streams.flow(slot).seen.bits(), client.seen);
            let next = client.media.map_or(Nanos::MAX, |(_, proven)| proven + 120 * SECOND);
            assert!(table.next_deadline() <= client.deadline.min(next));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_table_does_what_the_words_say(events in prop::collection::vec(event(), 1..120)) {
        let mut both = Both::new();
        for event in events {
            both.step(event);
            both.compare();
        }
    }
}
