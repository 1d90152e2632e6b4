//! The clients: sockets that send, and that read and check what they are sent.

use crate::network::Network;
use crate::place::{self, CLIENTS, CLIENTS_CPU};
use crate::switch::{FIRST, MEDIA, Switch, Work, ssid};
use pkgraph_runtime::sys::socket::set_number;
use pkgraph_runtime::{Packet, ReceiveMany, Region};
use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// Sizes of UDP payloads, in octets.
#[derive(Clone, Copy, Debug)]
pub enum Sizes {
    /// One.
    Equal(usize),
    /// The paper's three in turn, each of a stream of its own.
    Paper,
    /// Anything from 60 to 400, of one stream.
    Random,
}

/// What the clients do.
#[derive(Clone, Copy, Debug)]
pub enum Load {
    /// One packet after the other: when all have the last, and some time has
    /// passed.
    Single { packets: usize },
    /// Every client sends one packet of each type every 2 ms, one client after
    /// the other.
    Paper { duration: Duration },
    /// As many as the switch takes, never more than some on the way.
    /// With `joined` the clients' sockets take datagrams of one size that come
    /// together as one (UDP GRO).
    Full { duration: Duration, sizes: Sizes, joined: bool },
}

/// Packets on the way under full load.
const WINDOW: u64 = 192;
/// When nothing comes for so long, what is still to come is lost.
const LOST: Duration = Duration::from_millis(1500);

struct Clients {
    sockets: Vec<UdpSocket>,
    /// By type of the stream: the next number of each client.
    next: Vec<[u16; 3]>,
    /// By receiver, sender and type: the number that has to come.
    expected: Vec<Vec<[u16; 3]>>,
    /// Packets sent, and copies received.
    total: u64,
    received: u64,
    /// Copies that have been counted as received and had not come.
    lost: u64,
    many: ReceiveMany,
    packets: Vec<Packet>,
    random: u32,
    /// What is known of sizes, if datagrams are joined.
    joined: Option<Sizes>,
}

/// What came of a load.
pub struct Done {
    /// The switch's part.
    pub work: Work,
    /// Packets sent to it.
    pub packets: u64,
    /// Copies that have not come.
    pub lost: u64,
}

/// Runs a load on a switch that has just started. What comes comes once and in
/// order.
pub fn load(network: &Network, switch: &Switch, clients: usize, load: Load) -> Done {
    network.inside(CLIENTS, || {
        place::settle(CLIENTS_CPU);
        let mut clients = Clients::new(clients);
        if let Load::Full { sizes, joined: true, .. } = load {
            clients.join(sizes);
        }
        let warm_up = Duration::from_millis(200);
        let run = |clients: &mut Clients, is_measured: bool| match load {
            Load::Single { packets } => {
                clients.single(if is_measured { packets } else { packets / 10 });
            }
            Load::Paper { duration } => {
                clients.paper(if is_measured { duration } else { warm_up });
            }
            Load::Full { duration, sizes, .. } => {
                clients.full(if is_measured { duration } else { warm_up }, sizes);
            }
        };
        run(&mut clients, false);
        let before = (clients.total, clients.lost);
        switch.work();
        run(&mut clients, true);
        let work = switch.work();
        Done { work, packets: clients.total - before.0, lost: clients.lost - before.1 }
    })
}

impl Clients {
    fn new(clients: usize) -> Clients {
        let socket = |n: usize| {
            let socket = UdpSocket::bind(("10.0.0.2", FIRST + n as u16)).expect("an address");
            socket.connect(("10.0.0.1", MEDIA)).expect("the switch's address");
            socket.set_nonblocking(true).expect("a socket");
            let (level, option) = (libc::SOL_SOCKET, libc::SO_RCVBUFFORCE);
            set_number(&socket, level, option, 8 << 20).expect("the right to");
            socket
        };
        let region = Region::new(64, 32 << 10);
        let packets = std::iter::from_fn(|| {
            let mut packet = region.alloc()?;
            packet.append(24 << 10).expect("a fresh buffer has this room");
            Some(packet)
        });
        Clients {
            sockets: (0..clients).map(socket).collect(),
            next: vec![[0; 3]; clients],
            expected: vec![vec![[0; 3]; clients]; clients],
            total: 0,
            received: 0,
            lost: 0,
            many: ReceiveMany::default(),
            packets: packets.collect(),
            random: 1,
            joined: None,
        }
    }

    /// Has the kernel join datagrams of one size (`UDP_GRO` of `linux/udp.h`).
    fn join(&mut self, sizes: Sizes) {
        self.joined = Some(sizes);
        for socket in &self.sockets {
            set_number(socket, libc::SOL_UDP, libc::UDP_GRO, 1).expect("Linux since 5.0");
        }
    }

    fn send(&mut self, client: usize, kind: usize, octets: usize) {
        let mut packet = [0x5a; 512];
        packet[..2].copy_from_slice(&[0x80, 96]);
        packet[2..4].copy_from_slice(&self.next[client][kind].to_be_bytes());
        packet[8..12].copy_from_slice(&(ssid(client) | (kind as u32 + 1)).to_be_bytes());
        self.next[client][kind] = self.next[client][kind].wrapping_add(1);
        self.sockets[client].send(&packet[..octets]).expect("a veth pair takes it");
        self.total += 1;
    }

    /// Reads what there is.
    fn drain(&mut self) {
        for receiver in 0..self.sockets.len() {
            loop {
                let socket = self.sockets[receiver].as_fd();
                let read = self.many.receive(socket, &mut self.packets).unwrap_or(0);
                for n in 0..read {
                    let (octets, _) = self.many.datagram(n).expect("an address of the Internet");
                    let mut rest = &self.packets[n].data()[..octets];
                    while let Some(packet) = next(&mut rest, self.joined) {
                        let ssrc = u32::from_be_bytes(*packet[8..].first_chunk().expect("RTP"));
                        let (client, kind) = ((ssrc >> 4) as usize - 1, (ssrc & 15) as usize - 1);
                        let number = u16::from_be_bytes([packet[2], packet[3]]);
                        let expected = &mut self.expected[receiver][client][kind];
                        let missing = number.wrapping_sub(*expected);
                        assert!(missing < 1 << 15, "twice, or out of order");
                        *expected = number.wrapping_add(1);
                        assert_eq!(packet.last(), Some(&0x5a));
                        self.received += 1 + u64::from(missing);
                        self.lost += u64::from(missing);
                    }
                }
                if read < self.packets.len() {
                    break;
                }
            }
        }
    }

    /// Reads until no more than so many packets are on the way.
    fn wait(&mut self, packets: u64) {
        let copies = self.sockets.len() as u64 - 1;
        let all = self.total * copies;
        let enough = all.saturating_sub(packets * copies);
        let (mut before, mut since) = (self.received, Instant::now());
        while self.received < enough {
            self.drain();
            if self.received != before {
                (before, since) = (self.received, Instant::now());
            } else if since.elapsed() > LOST {
                self.lost += all - self.received;
                self.received = all;
                self.expected.iter_mut().for_each(|expected| expected.clone_from(&self.next));
            }
        }
    }

    fn single(&mut self, packets: usize) {
        for _ in 0..packets {
            self.send(0, 0, crate::OCTETS);
            self.wait(0);
            // The switch sleeps again.
            let pause = Instant::now();
            while pause.elapsed() < Duration::from_micros(100) {}
        }
    }

    fn paper(&mut self, duration: Duration) {
        let clients = self.sockets.len();
        let step = Duration::from_millis(2) / clients as u32;
        let since = Instant::now();
        let mut turn = 0;
        while since.elapsed() < duration {
            std::thread::sleep((step * turn).saturating_sub(since.elapsed()));
            for (kind, octets) in [80, 160, 320].into_iter().enumerate() {
                self.send(turn as usize % clients, kind, octets);
            }
            turn += 1;
            self.drain();
        }
        self.wait(0);
    }

    fn full(&mut self, duration: Duration, sizes: Sizes) {
        let since = Instant::now();
        while since.elapsed() < duration {
            for _ in 0..32 {
                let turn = self.total as usize % 3;
                self.random = self.random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let (kind, octets) = match sizes {
                    Sizes::Equal(octets) => (0, octets),
                    Sizes::Paper => (turn, 80 << turn),
                    Sizes::Random => (0, 60 + (self.random >> 16) as usize % 341),
                };
                self.send(0, kind, octets);
            }
            self.wait(WINDOW);
        }
        self.wait(0);
    }
}

/// The first of the datagrams that were joined.
fn next<'a>(rest: &mut &'a [u8], joined: Option<Sizes>) -> Option<&'a [u8]> {
    let kind = usize::from(rest.get(11)? & 15) - 1;
    let octets = match joined {
        Some(Sizes::Equal(octets)) => octets,
        Some(Sizes::Paper) => 80 << kind,
        Some(Sizes::Random) | None => rest.len(),
    };
    let (packet, after) = rest.split_at(octets.min(rest.len()));
    *rest = after;
    Some(packet)
}
