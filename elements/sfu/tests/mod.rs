//! Tests of `SsidReplicate` behind edges that are a list of packets with a
//! room that can be set.

mod annotations;
mod arguments;
mod attack;
mod forwarding;
mod frames;
mod shortage;
mod storm;

use super::SsidReplicate;
use super::wire::{
    Cookie, Message, Register, Registered, Ssid, Status, StreamType, TypeMask, parse_datagram,
};
use pkgraph::elements::{self, Element, Handlers};
use pkgraph::runtime::{Address, Args, Clock, Context, Edges, Nanos, Packet, Progress, Region};
use std::net::SocketAddr;
use std::rc::Rc;

const SECOND: Nanos = 1_000_000_000;
const MEDIA: usize = 0;
const CONTROL: usize = 1;

fn at(text: &str) -> Address {
    text.parse::<SocketAddr>().unwrap().into()
}

fn own(port: usize) -> Address {
    at(if port == MEDIA { "192.0.2.1:5004" } else { "192.0.2.1:5005" })
}

/// What is behind the element: it keeps what it is given while it has room.
struct Sink {
    packets: Vec<Packet>,
    room: usize,
}

impl Edges for Sink {
    fn push(&mut self, port: usize, packet: Packet) {
        assert_eq!(port, 0);
        assert!(self.room > 0, "pushed without room");
        self.room = if self.room == usize::MAX { self.room } else { self.room - 1 };
        self.packets.push(packet);
    }

    fn pull(&mut self, _: usize) -> Option<Packet> {
        unreachable!("no input is pulled")
    }

    fn room(&self, _: usize) -> usize {
        self.room
    }

    fn inputs(&self) -> usize {
        0
    }

    fn outputs(&self) -> usize {
        1
    }
}

/// The element between a source and a sink.
struct Bench {
    element: SsidReplicate,
    sink: Sink,
    clock: Rc<Clock>,
    region: &'static Region,
}

/// A client as it knows itself.
#[derive(Clone, Copy)]
struct Peer {
    control: Address,
    media: Address,
    ssid: Ssid,
    token: u64,
}

/// What left the element: from, to, DSCP, payload.
type Sent = (Address, Address, u8, Vec<u8>);

impl Bench {
    fn new(buffers: u32) -> Bench {
        Bench::with(buffers, &[])
    }

    fn with(buffers: u32, arguments: &[(&str, &str)]) -> Bench {
        let mut args = Args::default();
        args.add("SEED", "1");
        for (name, value) in arguments {
            args.add(*name, *value);
        }
        let region = Region::new(buffers, 2048);
        let mut context = Context::new(Clock::manual(), region);
        let element = elements::start(&args, &mut context).unwrap();
        let sink = Sink { packets: Vec::new(), room: usize::MAX };
        Bench { element, sink, clock: context.clock(), region }
    }

    fn packet(&self, from: Address, port: usize, payload: &[u8]) -> Packet {
        let mut packet = self.region.packet(payload).expect("a free buffer");
        let annotations = packet.annotations_mut().unwrap();
        annotations.set_source(from);
        annotations.set_destination(own(port));
        packet
    }

    fn push(&mut self, from: Address, port: usize, payload: &[u8]) {
        let packet = self.packet(from, port, payload);
        self.element.push(port, packet, &mut self.sink);
    }

    fn run(&mut self) -> Progress {
        self.element.run(&mut self.sink)
    }

    /// Takes what left, and frees its buffers.
    fn sent(&mut self) -> Vec<Sent> {
        self.sink
            .packets
            .drain(..)
            .map(|packet| {
                let a = packet.annotations();
                let payload = packet.payload().to_vec();
                (a.source().unwrap(), a.destination().unwrap(), a.dscp().unwrap(), payload)
            })
            .collect()
    }

    fn destinations(&mut self) -> Vec<Address> {
        self.sent().into_iter().map(|(_, to, _, _)| to).collect()
    }

    /// Sends a control message, and takes its answer if there is one.
    fn ask(&mut self, from: Address, port: usize, ssrc: u32, message: &Message) -> Option<Message> {
        let mut octets = Vec::new();
        message.emit(ssrc, &mut octets);
        self.push(from, port, &octets);
        let mut sent = self.sent();
        assert!(sent.len() <= 1);
        let (source, to, dscp, payload) = sent.pop()?;
        assert_eq!((source, to, dscp), (own(port), from, 0));
        let datagram = parse_datagram(&payload).unwrap();
        assert_eq!(datagram.messages[0].ssrc & 15, 0);
        Some(datagram.messages[0].message.clone())
    }

    fn cookie(answer: Option<Message>) -> Cookie {
        match answer {
            Some(Message::Challenge { cookie, .. }) => cookie,
            other => panic!("not a CHALLENGE: {other:?}"),
        }
    }

    /// A client of everything, registered and bound.
    fn member(&mut self, host: &str, echo: bool) -> Peer {
        let (control, media) = (at(&format!("{host}:4000")), at(&format!("{host}:4001")));
        let nonce = self.clock.now();
        let cookie = Bench::cookie(self.ask(control, CONTROL, 0, &Message::hello(nonce)));
        let register =
            Message::Register(Register { nonce, cookie, echo, wants: TypeMask::ALL, lease: 0 });
        let answer = self.ask(control, CONTROL, 0, &register);
        let Some(Message::Registered(Registered { ssid, token, .. })) = answer else {
            panic!("not REGISTERED: {answer:?}")
        };
        let bind = |cookie| Message::Bind { token, seq: 1, cookie };
        let cookie = Bench::cookie(self.ask(media, MEDIA, ssid.get(), &bind([0; 16])));
        let answer = self.ask(media, MEDIA, ssid.get(), &bind(cookie));
        assert!(matches!(answer, Some(Message::Ack { status: Status::DONE, .. })), "{answer:?}");
        Peer { control, media, ssid, token }
    }

    /// So many members, whose CHANGEDs have gone; only the first has an echo.
    fn members(&mut self, n: usize) -> Vec<Peer> {
        let peers = (0..n).map(|n| self.member(&format!("10.0.0.{}", n + 1), n == 0)).collect();
        while self.run() == Progress::Busy {}
        self.sent();
        self.clock.advance(SECOND / 10);
        while self.run() == Progress::Busy {}
        self.sent();
        peers
    }

    fn media(&mut self, peer: &Peer, kind: StreamType, payload: &[u8]) {
        self.push(peer.media, MEDIA, &rtp(peer.ssid.ssrc(kind), payload));
    }

    fn counter(&self, name: &str) -> u64 {
        let text = self.element.read_handler("counters").unwrap().to_string();
        let line = text.lines().find(|line| line.split(' ').next() == Some(name));
        line.unwrap_or_else(|| panic!("{name}")).split_once(' ').unwrap().1.parse().unwrap()
    }

    fn delay_count(&self) -> u64 {
        let text = self.element.read_handler("delay").unwrap().to_string();
        text.lines().next().unwrap().strip_prefix("count ").unwrap().parse().unwrap()
    }
}

fn rtp(ssrc: u32, payload: &[u8]) -> Vec<u8> {
    let mut octets = vec![0x80, 96, 0, 0, 0, 0, 0, 0];
    octets.extend(ssrc.to_be_bytes());
    octets.extend(payload);
    octets
}
