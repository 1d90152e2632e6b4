//! Tests of the table: every rule of docs/wire.md, and a naive model of all
//! of them under random events.

mod auth;
mod limits;
mod media;
mod model;
mod octets;
mod random_events;
mod register;
mod requests;
mod roster;
mod rtcp;
mod statics;

use super::super::wire::{
    Cookie, Entry, Member, Message, Register, Registered, Ssid, Status, StreamType, TypeMask,
};
use super::client::SECOND;
use super::*;
use std::net::SocketAddr;

const MEDIA: &str = "192.0.2.1:5004";
const CONTROL: &str = "192.0.2.1:5005";

fn at(text: &str) -> Address {
    text.parse::<SocketAddr>().unwrap().into()
}

fn asq() -> TypeMask {
    StreamType::Asq.into()
}

/// A table, the time, and what peers do with it.
struct Bed {
    table: Table,
    now: Nanos,
    /// What signs the datagrams that peers send.
    key: Option<Key>,
}

/// A registered client as it knows itself.
#[derive(Clone, Debug)]
struct Peer {
    control: Address,
    ssid: Ssid,
    token: u64,
    seq: u32,
}

impl Bed {
    fn new() -> Bed {
        Bed::with(Config::default())
    }

    fn with(config: Config) -> Bed {
        let table = Table::new(config, Random::from_seed(1));
        Bed { table, now: 7 * SECOND, key: None }
    }

    fn arrival(&self, peer: Address, port: Port) -> Arrival {
        let own = at(if port == Port::Media { MEDIA } else { CONTROL });
        Arrival { peer, own, link: None, port, now: self.now }
    }

    /// Octets to a port that are answered or dropped.
    fn raw(&mut self, peer: Address, port: Port, octets: &[u8]) -> Result<Message, Count> {
        match self.reply(peer, port, octets)? {
            Reply::Answer(message) => Ok(message),
            Reply::Forward(to) => panic!("forwarded to {to:?}"),
        }
    }

    /// Octets to a port.
    fn reply(&mut self, peer: Address, port: Port, octets: &[u8]) -> Result<Reply, Count> {
        let arrival = self.arrival(peer, port);
        if port == Port::Media {
            assert_eq!(self.table.media(octets, &arrival), Ok(Arrived::Rtcp));
        }
        self.table.control(octets, &arrival)
    }

    /// RTCP of an RTP tool: where it is forwarded.
    fn rtcp(&mut self, peer: Address, port: Port, octets: &[u8]) -> Result<Vec<Address>, Count> {
        match self.reply(peer, port, octets)? {
            Reply::Forward(to) => Ok(to.iter().map(|to| *to.endpoint.peer()).collect()),
            Reply::Answer(message) => panic!("answered with {message:?}"),
        }
    }

    fn send(
        &mut self,
        peer: Address,
        port: Port,
        ssrc: u32,
        message: &Message,
    ) -> Result<Message, Count> {
        let mut octets = Vec::new();
        message.emit(ssrc, &mut octets);
        if let Some(key) = self.key.as_ref().filter(|_| message.subtype() != 1) {
            key.sign(ssrc, &mut octets);
        }
        self.raw(peer, port, &octets)
    }

    fn hello(&mut self, peer: Address, port: Port, nonce: u64) -> Cookie {
        match self.send(peer, port, 0, &Message::hello(nonce)) {
            Ok(Message::Challenge { nonce: answered, cookie }) if answered == nonce => cookie,
            other => panic!("HELLO was answered with {other:?}"),
        }
    }

    /// Registers with a fresh cookie on the control port.
    fn register(&mut self, peer: &str, register: Register) -> Result<Message, Count> {
        let cookie = self.hello(at(peer), Port::Control, register.nonce);
        let message = Message::Register(Register { cookie, ..register });
        self.send(at(peer), Port::Control, 0, &message)
    }

    /// A new client that wants everything and no echo.
    fn join(&mut self, peer: &str) -> Peer {
        self.join_as(peer, TypeMask::ALL, false)
    }

    fn join_as(&mut self, peer: &str, wants: TypeMask, echo: bool) -> Peer {
        let nonce = self.now ^ at(peer).udp_port() as u64;
        match self.register(peer, Register { nonce, echo, wants, ..REGISTER }) {
            Ok(Message::Registered(Registered { ssid, token, .. })) => {
                Peer { control: at(peer), ssid, token, seq: 100 }
            }
            other => panic!("REGISTER was answered with {other:?}"),
        }
    }

    /// A new client with a media address, one port above.
    fn member(&mut self, peer: &str) -> Peer {
        let mut member = self.join(peer);
        let media = member.media();
        assert_eq!(self.bind(&mut member, media), Status::DONE);
        member
    }

    /// A message of a client from its control address.
    fn ask(&mut self, peer: &Peer, message: &Message) -> Result<Message, Count> {
        self.send(peer.control, Port::Control, peer.ssid.get(), message)
    }

    fn keepalive(&mut self, peer: &mut Peer) -> Result<Message, Count> {
        peer.seq += 1;
        self.ask(peer, &Message::Keepalive { token: peer.token, seq: peer.seq })
    }

    fn leave(&mut self, peer: &mut Peer) -> Result<Message, Count> {
        peer.seq += 1;
        self.ask(peer, &Message::Leave { token: peer.token, seq: peer.seq })
    }

    fn subscribe(&mut self, peer: &mut Peer, add: bool, entries: &[(u32, u32)]) -> Status {
        peer.seq += 1;
        let entries = entries.iter().map(|&(source, mask)| Entry { source, mask }).collect();
        let message = Message::Subscribe { token: peer.token, seq: peer.seq, add, entries };
        status(self.ask(peer, &message))
    }

    fn list(&mut self, peer: &mut Peer, first: u32) -> (u32, u32, Vec<Member>) {
        peer.seq += 1;
        let message = Message::List { token: peer.token, seq: peer.seq, first };
        match self.ask(peer, &message) {
            Ok(Message::Roster { seq, version, first: f, total, members }) => {
                assert_eq!((seq, f), (peer.seq, first));
                (version, total, members)
            }
            other => panic!("LIST was answered with {other:?}"),
        }
    }

    /// BIND without and then with its cookie.
    fn bind(&mut self, peer: &mut Peer, media: Address) -> Status {
        peer.seq += 1;
        let cookie = self.bind_cookie(peer, media);
        status(self.bind_with(peer, media, cookie))
    }

    fn bind_cookie(&mut self, peer: &Peer, media: Address) -> Cookie {
        match self.bind_with(peer, media, [0; 16]) {
            Ok(Message::Challenge { nonce, cookie }) => {
                assert_eq!(nonce, Message::bind_nonce(peer.seq, peer.ssid));
                cookie
            }
            other => panic!("BIND was answered with {other:?}"),
        }
    }

    fn bind_with(&mut self, peer: &Peer, media: Address, cookie: Cookie) -> Result<Message, Count> {
        let message = Message::Bind { token: peer.token, seq: peer.seq, cookie };
        self.send(media, Port::Media, peer.ssid.get(), &message)
    }

    /// An RTP packet: where its copies go.
    fn rtp(&mut self, from: Address, ssrc: u32) -> Result<Vec<Address>, Count> {
        let mut octets = vec![0x80, 96, 0, 0, 0, 0, 0, 0];
        octets.extend(ssrc.to_be_bytes());
        octets.extend(b"payload");
        let arrival = self.arrival(from, Port::Media);
        match self.table.media(&octets, &arrival)? {
            Arrived::Media(stream) => Ok((0..self.table.receivers(stream))
                .map(|n| self.table.receiver_at(stream, n))
                .inspect(|destination| assert_eq!(*destination.endpoint.own(), at(MEDIA)))
                .map(|destination| *destination.endpoint.peer())
                .collect()),
            Arrived::Rtcp => panic!("RTP was taken for RTCP"),
        }
    }

    /// ASQ of a client from its media address: where its copies go.
    fn audio(&mut self, peer: &Peer) -> Result<Vec<Address>, Count> {
        self.rtp(peer.media(), peer.ssid.ssrc(StreamType::Asq))
    }

    fn count(&self, what: Count) -> u64 {
        self.table.counters.get(what)
    }

    fn advance(&mut self, by: Nanos) {
        self.now += by;
    }
}

impl Peer {
    fn media(&self) -> Address {
        self.control.with_udp_port(self.control.udp_port() + 1)
    }
}

/// A REGISTER to be completed.
const REGISTER: Register =
    Register { nonce: 1, cookie: [0; 16], echo: false, wants: TypeMask::ALL, lease: 0 };

fn status(answer: Result<Message, Count>) -> Status {
    match answer {
        Ok(Message::Ack { status, .. }) => status,
        other => panic!("not an ACK: {other:?}"),
    }
}

fn is_challenge(answer: &Result<Message, Count>) -> bool {
    matches!(answer, Ok(Message::Challenge { .. }))
}
