//! Nobody is flooded through the switch: octets sent to an address that has
//! proven nothing never exceed the octets received in its name.

use super::*;
use crate::wire::{Entry, Key};
use proptest::prelude::*;
use std::collections::HashMap;

/// Datagrams in a victim's name, by someone who knows every member's token and
/// every cookie that was not sent to the victim; and a session that goes on.
#[derive(Clone, Debug)]
enum Event {
    Hello {
        victim: usize,
        port: usize,
        words: u16,
    },
    Register {
        victim: usize,
        port: usize,
        nonce: u64,
        cookie: usize,
    },
    Bind {
        victim: usize,
        who: usize,
        cookie: usize,
        seq: u32,
    },
    Request {
        victim: usize,
        port: usize,
        who: usize,
        what: usize,
        seq: u32,
    },
    Media {
        victim: usize,
        who: usize,
        low: u32,
    },
    Rtcp {
        victim: usize,
        port: usize,
        kind: u8,
        who: usize,
        low: u32,
    },
    Noise {
        victim: usize,
        port: usize,
        octets: Vec<u8>,
    },
    /// Two in one datagram.
    Compound {
        victim: usize,
        port: usize,
        who: usize,
    },
    /// A member's own doings: media, a new registration.
    Member {
        who: usize,
        low: u32,
    },
    Rejoin {
        who: usize,
    },
    Run,
    Advance {
        by: Nanos,
    },
}

const VICTIMS: usize = 3;
const MEMBERS: usize = 3;

fn event() -> impl Strategy<Value = Event> {
    let (victim, port, who) = (|| 0..VICTIMS, || 0usize..2, || 0..MEMBERS);
    prop_oneof![
        4 => (victim(), port(), prop_oneof![0u16..16, 100u16..300])
            .prop_map(|(victim, port, words)| Event::Hello { victim, port, words }),
        4 => (victim(), port(), 0u64..4, any::<usize>()).prop_map(
            |(victim, port, nonce, cookie)| Event::Register { victim, port, nonce, cookie }
        ),
        4 => (victim(), who(), any::<usize>(), 0u32..9)
            .prop_map(|(victim, who, cookie, seq)| Event::Bind { victim, who, cookie, seq }),
        4 => (victim(), port(), who(), 0usize..5, 0u32..9).prop_map(
            |(victim, port, who, what, seq)| Event::Request { victim, port, who, what, seq }
        ),
        2 => (victim(), who(), 0u32..5)
            .prop_map(|(victim, who, low)| Event::Media { victim, who, low }),
        2 => (victim(), port(), 200u8..207, who(), 0u32..5).prop_map(
            |(victim, port, kind, who, low)| Event::Rtcp { victim, port, kind, who, low }
        ),
        1 => (victim(), port(), prop::collection::vec(any::<u8>(), 0..90))
            .prop_map(|(victim, port, octets)| Event::Noise { victim, port, octets }),
        1 => (victim(), port(), who())
            .prop_map(|(victim, port, who)| Event::Compound { victim, port, who }),
        3 => (who(), 1u32..4).prop_map(|(who, low)| Event::Member { who, low }),
        1 => who().prop_map(|who| Event::Rejoin { who }),
        2 => Just(Event::Run),
        2 => prop::sample::select(vec![SECOND / 100, SECOND / 10, SECOND, 12 * SECOND])
            .prop_map(|by| Event::Advance { by }),
    ]
}

/// Octets by address.
#[derive(Default)]
struct Account {
    received: HashMap<Address, usize>,
    sent: HashMap<Address, usize>,
}

struct Scene {
    bench: Bench,
    peers: Vec<Peer>,
    key: Option<Key>,
    account: Account,
    /// Cookies that went to anybody but a victim.
    cookies: Vec<Cookie>,
}

fn victim(n: usize) -> Address {
    // A stranger, a member's host, and the port above a member's media.
    at(["10.7.7.7:7", "10.0.0.1:7", "10.0.0.2:4002"][n])
}

impl Scene {
    fn new(key: bool) -> Scene {
        const KEY: &str = "a key of theirs!";
        let bench = match key {
            true => Bench::with(64, &[("KEY", KEY)]),
            false => Bench::new(64),
        };
        let key = key.then(|| Key::new(KEY.as_bytes()).unwrap());
        let account = Account::default();
        let mut scene = Scene { bench, peers: Vec::new(), key, account, cookies: vec![[0; 16]] };
        for who in 0..MEMBERS {
            let peer = scene.join(who);
            scene.peers.push(peer);
        }
        scene
    }

    /// A datagram in somebody's name; what it makes leave.
    fn push(&mut self, from: Address, port: usize, octets: &[u8]) -> Vec<Message> {
        *self.account.received.entry(from).or_default() += octets.len();
        self.bench.push(from, port, octets);
        self.collect()
    }

    fn collect(&mut self) -> Vec<Message> {
        let mut messages = Vec::new();
        for (_, to, _, octets) in self.bench.sent() {
            *self.account.sent.entry(to).or_default() += octets.len();
            let Ok(datagram) = parse_datagram(&octets) else { continue };
            for envelope in datagram.messages {
                if let Message::Challenge { cookie, .. } = envelope.message
                    && !(0..VICTIMS).any(|n| victim(n) == to)
                {
                    self.cookies.push(cookie);
                }
                messages.push(envelope.message);
            }
        }
        messages
    }

    fn datagram(&self, ssrc: u32, message: &Message) -> Vec<u8> {
        let mut octets = Vec::new();
        message.emit(ssrc, &mut octets);
        if let Some(key) = self.key.as_ref().filter(|_| message.subtype() != 1) {
            key.sign(ssrc, &mut octets);
        }
        octets
    }

    fn send(&mut self, from: Address, port: usize, ssrc: u32, message: &Message) -> Vec<Message> {
        let octets = self.datagram(ssrc, message);
        self.push(from, port, &octets)
    }

    /// Registers and binds a member, as one that receives may.
    fn join(&mut self, who: usize) -> Peer {
        let host = format!("10.0.0.{}", who + 1);
        let (control, media) = (at(&format!("{host}:4000")), at(&format!("{host}:4001")));
        let nonce = 1_000_000 + self.bench.clock.now() + who as u64;
        self.send(control, CONTROL, 0, &Message::hello(nonce));
        let cookie = *self.cookies.last().unwrap();
        let register = Register { nonce, cookie, echo: true, wants: TypeMask::ALL, lease: 300 };
        let answer = self.send(control, CONTROL, 0, &Message::Register(register));
        let Some(Message::Registered(Registered { ssid, token, .. })) = answer.last() else {
            return self.peers[who];
        };
        let (ssid, token) = (*ssid, *token);
        let bind = |cookie| Message::Bind { token, seq: 1, cookie };
        self.send(media, MEDIA, ssid.get(), &bind([0; 16]));
        let cookie = *self.cookies.last().unwrap();
        self.send(media, MEDIA, ssid.get(), &bind(cookie));
        Peer { control, media, ssid, token }
    }

    fn step(&mut self, event: Event) {
        match event {
            Event::Hello { victim: v, port, words } => {
                let message = Message::Hello { nonce: 1, zero_words: words };
                self.send(victim(v), port, 0, &message);
            }
            Event::Register { victim: v, port, nonce, cookie } => {
                let cookie = self.cookies[cookie % self.cookies.len()];
                let register =
                    Register { nonce, cookie, echo: true, wants: TypeMask::ALL, lease: 0 };
                self.send(victim(v), port, 0, &Message::Register(register));
            }
            Event::Bind { victim: v, who, cookie, seq } => {
                let cookie = self.cookies[cookie % self.cookies.len()];
                let Peer { ssid, token, .. } = self.peers[who];
                self.send(victim(v), MEDIA, ssid.get(), &Message::Bind { token, seq, cookie });
            }
            Event::Request { victim: v, port, who, what, seq } => {
                let Peer { ssid, token, .. } = self.peers[who];
                let entries = vec![Entry { source: 0, mask: 7 }];
                let message = match what {
                    0 => Message::Keepalive { token, seq },
                    1 => Message::List { token, seq, first: 0 },
                    2 => Message::Subscribe { token, seq, add: false, entries },
                    3 => Message::Leave { token, seq },
                    _ => Message::Changed { version: seq },
                };
                self.send(victim(v), port, ssid.get(), &message);
            }
            Event::Media { victim: v, who, low } => {
                let packet = rtp(self.peers[who].ssid.get() | low, b"in a victim's name");
                self.push(victim(v), MEDIA, &packet);
            }
            Event::Rtcp { victim: v, port, kind, who, low } => {
                let ssrc = (self.peers[who].ssid.get() | low).to_be_bytes();
                let octets = [&[0x81, kind, 0, 7][..], &ssrc, &ssrc, &[0; 20]].concat();
                self.push(victim(v), port, &octets);
            }
            Event::Noise { victim: v, port, octets } => drop(self.push(victim(v), port, &octets)),
            Event::Compound { victim: v, port, who } => {
                let Peer { ssid, token, .. } = self.peers[who];
                let hello = self.datagram(0, &Message::hello(1));
                let bind = Message::Bind { token, seq: 0, cookie: [0; 16] };
                let both = [hello, self.datagram(ssid.get(), &bind)].concat();
                self.push(victim(v), port, &both);
            }
            Event::Member { who, low } => {
                let Peer { media, ssid, .. } = self.peers[who];
                self.push(media, MEDIA, &rtp(ssid.get() | low, &[0; 100]));
            }
            Event::Rejoin { who } => self.peers[who] = self.join(who),
            Event::Run => {
                self.bench.run();
                self.collect();
            }
            Event::Advance { by } => self.bench.clock.advance(by),
        }
    }

    fn check(&self) {
        for n in 0..VICTIMS {
            let of =
                |octets: &HashMap<Address, usize>| octets.get(&victim(n)).copied().unwrap_or(0);
            let (sent, received) = (of(&self.account.sent), of(&self.account.received));
            assert!(sent <= received, "{}: {sent} sent for {received}", victim(n));
        }
    }
}

proptest! {
    #[test]
    fn nobody_gets_more_than_was_sent_in_their_name(
        key in any::<bool>(),
        events in prop::collection::vec(event(), 1..150),
    ) {
        let mut scene = Scene::new(key);
        for event in events {
            scene.step(event);
            scene.check();
        }
    }
}

#[test]
fn every_datagram_that_is_challenged_is_longer_than_the_challenge() {
    let mut challenge = Vec::new();
    Message::Challenge { nonce: 1, cookie: [1; 16] }.emit(1, &mut challenge);
    let register =
        Register { nonce: 1, cookie: [0; 16], echo: true, wants: TypeMask::ALL, lease: 0 };
    for message in [
        Message::hello(1),
        Message::Register(register),
        Message::Bind { token: 1, seq: 1, cookie: [0; 16] },
    ] {
        let mut octets = Vec::new();
        message.emit(1, &mut octets);
        assert!(octets.len() > challenge.len(), "{message:?}");
    }
    assert_eq!((HELLO_MIN, challenge.len()), (64, 36));
}
