//! A switch in memory, and a script of what arrives at it.

use pkgraph_elements::sfu::wire::{Entry, Message, Register, Ssid, TypeMask, parse_datagram};
use pkgraph_elements::{Element, SsidReplicate, start};
use pkgraph_runtime::{Address, Args, Clock, Context, Edges, Packet, Progress, Region};
use std::net::SocketAddr;

const MEDIA: usize = 0;
const CONTROL: usize = 1;
const CLIENTS: usize = 6;

/// What leaves the switch.
struct Out(Vec<(Address, Address, Vec<u8>)>);

impl Edges for Out {
    fn push(&mut self, _: usize, packet: Packet) {
        let notes = packet.annotations();
        let from = notes.source().expect("the switch says where it sends from");
        let to = notes.destination().expect("the switch says where it sends to");
        self.0.push((from, to, packet.payload().to_vec()));
    }

    fn pull(&mut self, _: usize) -> Option<Packet> {
        None
    }

    fn room(&self, _: usize) -> usize {
        usize::MAX
    }

    fn outputs(&self) -> usize {
        1
    }

    fn inputs(&self) -> usize {
        2
    }
}

/// What a client remembers.
#[derive(Clone, Copy, Default)]
struct Client {
    nonce: u64,
    cookie: [u8; 16],
    ssid: Option<Ssid>,
    token: u64,
    seq: u32,
}

struct World {
    element: SsidReplicate,
    context: Context,
    out: Out,
    clients: [Client; CLIENTS],
    /// Octets received from and sent to each address that proved nothing.
    pool: &'static Region,
}

thread_local! {
    /// Leaked once, not per input.
    static POOL: &'static Region = Region::new(64, 2048);
}

/// Plays the script.
pub fn run(script: &[u8]) {
    let pool = POOL.with(|pool| *pool);
    let mut context = Context::new(Clock::manual(), pool);
    let mut args = Args::default();
    args.add("SEED", "1");
    let element: SsidReplicate = start(&args, &mut context).expect("it starts");
    let mut world =
        World { element, context, out: Out(Vec::new()), clients: Default::default(), pool };
    let mut script = script;
    while let Some(step) = world.step(script) {
        script = step;
    }
    drop(world);
    assert!(pool.is_home(), "a buffer is missing");
}

fn address(client: usize, udp_port: u16) -> Address {
    let octet = client as u8 % 3 + 1;
    SocketAddr::from(([10, 0, 0, octet], udp_port + client as u16)).into()
}

impl World {
    /// One step; the rest of the script, or `None` at its end.
    fn step<'s>(&mut self, script: &'s [u8]) -> Option<&'s [u8]> {
        let [op, who, value, rest @ ..] = script else { return None };
        let n = usize::from(*who) % CLIENTS;
        let value = *value;
        let client = self.clients[n];
        let ssrc = client.ssid.map_or(0, Ssid::get);
        let (token, seq) = (client.token, client.seq.wrapping_add(u32::from(value >> 4)));
        let mask = TypeMask::new(u32::from(value & 7)).expect("three bits");
        match op % 12 {
            0 | 1 => {
                let (raw, rest) = rest.split_at(rest.len().min(usize::from(value)));
                self.send(n, usize::from(op % 12), raw.to_vec());
                return Some(rest);
            }
            2 => {
                self.clients[n].nonce = u64::from(value);
                self.message(n, CONTROL, 0, &Message::hello(u64::from(value)));
            }
            3 => {
                let register = Register {
                    nonce: client.nonce,
                    cookie: client.cookie,
                    echo: value & 8 != 0,
                    wants: mask,
                    lease: u32::from(value >> 4),
                };
                self.message(n, CONTROL, 0, &Message::Register(register));
            }
            4 => {
                let bind = Message::Bind { token, seq, cookie: client.cookie };
                self.message(n, MEDIA, ssrc, &bind);
            }
            5 => {
                let other = self.clients[usize::from(value >> 4) % CLIENTS].ssid;
                let entries = vec![Entry::new(other, mask); usize::from(value & 15)];
                let subscribe = Message::Subscribe { token, seq, add: value & 128 != 0, entries };
                self.message(n, CONTROL, ssrc, &subscribe);
            }
            6 => self.message(n, CONTROL, ssrc, &Message::Keepalive { token, seq }),
            7 => self.message(n, CONTROL, ssrc, &Message::Leave { token, seq }),
            8 => {
                let list = Message::List { token, seq, first: u32::from(value) };
                self.message(n, CONTROL, ssrc, &list);
            }
            9 | 10 => {
                let mut rtp = vec![0x80, 96, 0, value, 0, 0, 0, 0];
                rtp.extend((ssrc | u32::from(value & 3)).to_be_bytes());
                self.send(n, MEDIA, rtp);
            }
            _ => {
                self.context.clock().advance(u64::from(value) * 100_000_000);
                for _ in 0..8 {
                    if self.element.run(&mut self.out) != Progress::Busy {
                        break;
                    }
                }
                self.read();
            }
        }
        Some(rest)
    }

    fn message(&mut self, client: usize, port: usize, ssrc: u32, message: &Message) {
        let mut octets = Vec::new();
        message.emit(ssrc, &mut octets);
        self.send(client, port, octets);
    }

    fn send(&mut self, client: usize, port: usize, octets: Vec<u8>) {
        let Some(mut packet) = self.pool.packet(&octets) else { panic!("the pool is empty") };
        let udp_port = [5004, 5005][port];
        let notes = packet.annotations_mut().expect("a fresh packet");
        notes.set_source(address(client, udp_port + 1000));
        notes.set_destination(SocketAddr::from(([10, 0, 0, 100], udp_port)).into());
        self.element.push(port, packet, &mut self.out);
        self.read();
    }

    /// Clients read what came: cookies, SSIDs and tokens.
    fn read(&mut self) {
        for (_, to, octets) in std::mem::take(&mut self.out.0) {
            let reached = (0..CLIENTS)
                .find(|n| [6004, 6005].iter().any(|udp_port| address(*n, *udp_port) == to));
            let client = &mut self.clients[reached.expect("it was sent to somebody")];
            // Media is no RTCP.
            let Ok(datagram) = parse_datagram(&octets) else { continue };
            for envelope in datagram.messages {
                match envelope.message {
                    Message::Challenge { cookie, .. } => client.cookie = cookie,
                    Message::Registered(registered) => {
                        client.ssid = Some(registered.ssid);
                        client.token = registered.token;
                        client.seq = 0;
                    }
                    Message::Ack { seq, .. } | Message::Roster { seq, .. } => client.seq = seq,
                    _ => {}
                }
            }
        }
    }
}
