//! Eight clients at the other ends of two pipes of four slots and sixteen
//! buffers, one to the switch and one from it: the switch has to stop in the middle of a packet's copies and go
//! on exactly there. Like `trace.rs`, this file is part of both programs.

use crate::trace::handlers;
use pkgraph_elements::sfu::wire::{Message, Register, Registered, TypeMask, parse_datagram};
use pkgraph_elements::{EtherAddress, Link, UdpHeaders};
use pkgraph_runtime::netmap::{Port, PortOptions, Put, Taken};
use pkgraph_runtime::{Clock, Context, Graph, Plan, Region, Runner, StartError};
use std::fmt::Write;
use std::net::SocketAddr;
use std::rc::Rc;

/// The switch on raw frames; `order` sees what leaves, in order.
pub const GRAPH: &str = "
FromNetmap(sim0:a, SLOTS 4, BUFS 16) -> c :: Classifier(MEDIA 5004, CONTROL 5005);
c[media] -> [media] sfu :: SsidReplicate(SEED 7);
c[control] -> [control] sfu;
c[host] -> Discard;
sfu -> order :: Record -> ToNetmap(sim1:a, SLOTS 4, BUFS 16);
";

const CLIENTS: u8 = 8;
const PACKETS: u16 = 5;
const MEDIA: u16 = 5004;
const CONTROL: u16 = 5005;

struct Session<G> {
    runner: Runner<G>,
    port: Rc<Port>,
    /// The far end of the pipe that the switch sends to.
    out: Rc<Port>,
    /// What came out of the pipe.
    received: Vec<Vec<u8>>,
}

/// Runs the session and says what happened, as [`crate::trace::trace`] does.
pub fn trace<G: Graph>(
    plan: &Plan,
    start: impl FnOnce(&Plan, &mut Context) -> Result<G, StartError>,
) -> String {
    let mut context = Context::new(Clock::manual(), Region::new(16, 256));
    let options = PortOptions { slots: 4, bufs: 16, ..PortOptions::default() };
    let port = Port::open(&mut context, "sim0:b", &options).expect("the far end opens");
    let out = Port::open(&mut context, "sim1:b", &options).expect("the far end opens");
    let runner = Runner::start(plan, &mut context, start).expect("it starts");
    let mut session = Session { runner, port, out, received: Vec::new() };
    let members: Vec<Registered> = (0..CLIENTS).map(|client| session.join(client)).collect();
    session.received.clear();
    for sequence in 0..PACKETS {
        for (client, member) in (0..CLIENTS).zip(&members) {
            session.send(client, MEDIA, &rtp(member, sequence));
        }
    }
    session.settle();
    let mut text = String::new();
    for frame in &session.received {
        let _ = writeln!(text, "{frame:02x?}");
    }
    handlers(&mut text, plan, session.runner.graph());
    let regions = context.regions().to_vec();
    drop(session);
    drop(context);
    let missing: usize = regions.iter().map(|r| r.owned() - r.available()).sum();
    let _ = writeln!(text, "missing buffers: {missing}, {} copies", text.matches("90, 78").count());
    text
}

/// Copies that must have left: every packet to all eight, the echo included.
pub fn copies() -> usize {
    usize::from(PACKETS) * usize::from(CLIENTS) * usize::from(CLIENTS)
}

impl<G: Graph> Session<G> {
    /// Registers and binds a client.
    fn join(&mut self, client: u8) -> Registered {
        let nonce = u64::from(client) + 1;
        let Message::Challenge { cookie, .. } =
            self.ask(client, CONTROL, &Message::hello(nonce), 0)
        else {
            panic!("HELLO gets a CHALLENGE")
        };
        let wants = TypeMask::new(7).expect("three types");
        let register = Register { nonce, cookie, echo: true, wants, lease: 30 };
        let Message::Registered(member) =
            self.ask(client, CONTROL, &Message::Register(register), 0)
        else {
            panic!("REGISTER gets a REGISTERED")
        };
        let mut bind = Message::Bind { token: member.token, seq: 1, cookie: [0; 16] };
        loop {
            match self.ask(client, MEDIA, &bind, member.ssid.get()) {
                Message::Challenge { cookie, .. } => {
                    bind = Message::Bind { token: member.token, seq: 1, cookie };
                }
                Message::Ack { .. } => return member,
                other => panic!("BIND got {other:?}"),
            }
        }
    }

    /// Sends a message and returns the answer to it.
    fn ask(&mut self, client: u8, udp_port: u16, message: &Message, ssrc: u32) -> Message {
        let mut octets = Vec::new();
        message.emit(ssrc, &mut octets);
        self.received.clear();
        self.send(client, udp_port, &octets);
        self.settle();
        // Behind Ethernet, IPv4 and UDP headers.
        let answers = self.received.iter().filter_map(|frame| parse_datagram(&frame[42..]).ok());
        let mut messages = answers.flat_map(|datagram| datagram.messages).map(|e| e.message);
        messages.find(|m| !matches!(m, Message::Changed { .. })).expect("an answer")
    }

    /// Puts a frame into the pipe, as soon as it has room.
    fn send(&mut self, client: u8, udp_port: u16, payload: &[u8]) {
        // Each turn frees a slot, unless the switch holds packets for ever.
        for _ in 0..100 {
            if self.port.space() > 0 {
                break;
            }
            self.turn();
            // Slots come back at a sync.
            self.port.tx_sync().expect("the pipe is there");
        }
        let packet = self.port.region().packet(&frame(client, udp_port, payload));
        let put = self.port.put(packet.expect("the client keeps no buffer"));
        assert!(matches!(put, Put::Swapped), "{put:?}");
        self.port.tx_sync().expect("the pipe is there");
    }

    /// Lets the switch run and takes what came out; whether something did.
    fn turn(&mut self) -> bool {
        assert!(self.runner.settle(1000).expect("it runs"), "the switch does not come to rest");
        let before = self.received.len();
        self.out.rx_sync().expect("the pipe is there");
        while let Taken::Packet(packet) = self.out.take() {
            self.received.push(packet.data().to_vec());
        }
        self.out.rx_sync().expect("the pipe is there");
        self.received.len() > before
    }

    fn settle(&mut self) {
        while self.turn() {}
    }
}

/// An RTP packet of the client's ASQ with a sequence number (RFC 3550 §5.1).
fn rtp(member: &Registered, sequence: u16) -> Vec<u8> {
    let mut octets = vec![0x80, 0x60];
    octets.extend(sequence.to_be_bytes());
    octets.extend([0; 4]);
    octets.extend((member.ssid.get() | 1).to_be_bytes());
    octets.extend([0x90, 0x78, 0x90]);
    octets
}

/// A payload in a frame, from 10.0.0.CLIENT.
fn frame(client: u8, udp_port: u16, payload: &[u8]) -> Vec<u8> {
    let link = Link {
        own: EtherAddress([2, 0, 0, 0, 0, client]),
        peer: EtherAddress([2, 0, 0, 0, 0, 0xff]),
        tag: None,
    };
    let from = SocketAddr::from(([10, 0, 0, client + 1], udp_port + 1000)).into();
    let to = SocketAddr::from(([10, 0, 0, 100], udp_port)).into();
    UdpHeaders::new(&link, &from, &to).unwrap().frame(payload, false).unwrap()
}
