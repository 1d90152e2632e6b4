//! A switch for tests, on loopback: it registers clients, forwards media, and
//! keeps a tally of the harm that it does to copies on the way.

use super::sockets;
use pkgraph_runtime::{Epoll, EventFd};
use pkgraph_sfu::wire::{
    Classified, Cookie, Message, Registered, Ssid, Status, StreamType, TypeMask, classify,
    parse_datagram,
};
use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

const COOKIE: Cookie = [7; 16];

/// What became of the copies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Media packets that arrived.
    pub arrived: u64,
    /// Of those, from clients that it has forgotten.
    pub unknown: u64,
    /// Copies not sent, with those held back at the end.
    pub lost: u64,
    pub duplicated: u64,
    pub reordered: u64,
    /// Copies that it has sent.
    pub copies: u64,
    /// Packets that its own sockets dropped.
    pub socket_drops: u64,
}

struct Member {
    control: SocketAddr,
    media: Option<SocketAddr>,
    granted: Registered,
    echo: bool,
    wants: TypeMask,
}

struct Switch {
    control: UdpSocket,
    media: UdpSocket,
    lease: u32,
    members: Vec<Member>,
    joined: u32,
    /// Copies to be sent after the next of their stream, by SSRC and receiver.
    held: HashMap<(u32, SocketAddr), Vec<u8>>,
    tally: Tally,
}

/// The switch's thread.
pub struct TinySwitch {
    pub control: SocketAddr,
    pub media: SocketAddr,
    wake: Arc<EventFd>,
    orders: Arc<AtomicU64>,
    /// Packets that arrived, and copies sent, so far.
    progress: Arc<[AtomicU64; 2]>,
    thread: JoinHandle<Tally>,
}

const FORGET: u64 = 1;
const END: u64 = 2;

impl TinySwitch {
    /// `None` if this host has no such address.
    pub fn start(ip: &str, lease: u32) -> Option<TinySwitch> {
        let open = || UdpSocket::bind((ip, 0)).ok();
        let (control, media) = (open()?, open()?);
        let addresses = (control.local_addr().unwrap(), media.local_addr().unwrap());
        let (wake, orders) = (Arc::new(EventFd::new().unwrap()), Arc::new(AtomicU64::new(0)));
        let mut epoll = Epoll::new().unwrap();
        for (token, socket) in [&control, &media].into_iter().enumerate() {
            socket.set_nonblocking(true).unwrap();
            let _ = socket2::SockRef::from(socket).set_recv_buffer_size(4 << 20);
            epoll.add(socket.as_raw_fd(), false, token as u64).unwrap();
        }
        epoll.add(wake.as_raw_fd(), false, 2).unwrap();
        let progress: Arc<[AtomicU64; 2]> = Arc::default();
        let ordered = (wake.clone(), orders.clone());
        let shown = progress.clone();
        let (members, held) = (Vec::new(), HashMap::new());
        let mut switch =
            Switch { control, media, lease, members, joined: 0, held, tally: Tally::default() };
        let thread = std::thread::spawn(move || {
            loop {
                epoll.wait(None, |_| {}).unwrap();
                ordered.0.clear();
                switch.drain();
                shown[0].store(switch.tally.arrived, Ordering::SeqCst);
                shown[1].store(switch.tally.copies, Ordering::SeqCst);
                let orders = ordered.1.swap(0, Ordering::SeqCst);
                if orders & FORGET != 0 {
                    switch.members.clear();
                }
                if orders & END != 0 {
                    switch.drain();
                    return switch.end();
                }
            }
        });
        Some(TinySwitch {
            control: addresses.0,
            media: addresses.1,
            wake,
            orders,
            progress,
            thread,
        })
    }

    /// Forgets all clients, as if started anew.
    pub fn forget(&self) {
        self.orders.fetch_or(FORGET, Ordering::SeqCst);
        self.wake.signal();
    }

    /// Packets that have arrived, and copies that have been sent.
    pub fn progress(&self) -> (u64, u64) {
        (self.progress[0].load(Ordering::SeqCst), self.progress[1].load(Ordering::SeqCst))
    }

    pub fn end(self) -> Tally {
        self.orders.fetch_or(END, Ordering::SeqCst);
        self.wake.signal();
        self.thread.join().unwrap()
    }
}

impl Switch {
    fn drain(&mut self) {
        let mut buffer = [0; 2048];
        while let Ok((len, from)) = self.control.recv_from(&mut buffer) {
            if let Some(answer) = self.answer(&buffer[..len], from, false) {
                self.control.send_to(&answer, from).unwrap();
            }
        }
        while let Ok((len, from)) = self.media.recv_from(&mut buffer) {
            match classify(&buffer[..len]) {
                Ok(Classified::Rtp(packet)) => self.forward(packet.ssrc(), &buffer[..len], from),
                _ => {
                    if let Some(answer) = self.answer(&buffer[..len], from, true) {
                        self.media.send_to(&answer, from).unwrap();
                    }
                }
            }
        }
    }

    fn answer(&mut self, octets: &[u8], from: SocketAddr, on_media: bool) -> Option<Vec<u8>> {
        let message = parse_datagram(octets).expect("a good datagram").messages.pop()?.message;
        let answer = match message {
            Message::Hello { nonce, .. } => Message::Challenge { nonce, cookie: COOKIE },
            Message::Register(register) => {
                assert_eq!(register.cookie, COOKIE);
                Message::Registered(self.register(from, &register))
            }
            Message::Bind { token, seq, cookie } => {
                assert!(on_media);
                let member = self.members.iter_mut().find(|m| m.granted.token == token)?;
                if cookie == COOKIE {
                    member.media = Some(from);
                    Message::Ack { seq, status: Status::DONE, version: 1 }
                } else {
                    let nonce = Message::bind_nonce(seq, member.granted.ssid);
                    Message::Challenge { nonce, cookie: COOKIE }
                }
            }
            Message::Keepalive { token, seq } | Message::Leave { token, seq } => {
                self.members.iter().find(|m| m.granted.token == token)?;
                Message::Ack { seq, status: Status::DONE, version: 1 }
            }
            Message::List { seq, first, .. } => {
                Message::Roster { seq, version: 1, first, total: 0, members: Vec::new() }
            }
            other => panic!("not expected: {other:?}"),
        };
        let mut octets = Vec::new();
        answer.emit(0x10, &mut octets);
        Some(octets)
    }

    fn register(&mut self, control: SocketAddr, asked: &pkgraph_sfu::wire::Register) -> Registered {
        if let Some(same) = self.members.iter().find(|m| m.granted.nonce == asked.nonce) {
            return same.granted;
        }
        self.members.retain(|member| member.control != control);
        self.joined += 1;
        let granted = Registered {
            nonce: asked.nonce,
            ssid: Ssid::new(self.joined << 4).unwrap(),
            lease: self.lease,
            token: u64::from(self.joined),
            version: 1,
        };
        let (echo, wants) = (asked.echo, asked.wants);
        self.members.push(Member { control, media: None, granted, echo, wants });
        granted
    }

    fn forward(&mut self, ssrc: u32, packet: &[u8], from: SocketAddr) {
        self.tally.arrived += 1;
        let (ssid, kind) = (Ssid::of_ssrc(ssrc).unwrap(), StreamType::of_ssrc(ssrc).unwrap());
        let is_known = self.members.iter().any(|m| m.granted.ssid == ssid && m.media == Some(from));
        if !is_known {
            self.tally.unknown += 1;
            return;
        }
        let sequence = u16::from_be_bytes([packet[2], packet[3]]);
        for (n, member) in self.members.iter().enumerate() {
            let is_own = member.granted.ssid == ssid;
            let wanted = if is_own { member.echo } else { member.wants.contains(kind) };
            let Some(to) = member.media.filter(|_| wanted) else { continue };
            let copies = &mut self.tally.copies;
            let mut send = |packet: &[u8]| {
                self.media.send_to(packet, to).unwrap();
                *copies += 1;
            };
            // Each receiver has its own share of harm.
            match (usize::from(sequence) + 5 * n) % 16 {
                3 => self.tally.lost += 1,
                5 => {
                    send(packet);
                    send(packet);
                    self.tally.duplicated += 1;
                }
                9 => _ = self.held.insert((ssrc, to), packet.to_vec()),
                _ => {
                    send(packet);
                    if let Some(late) = self.held.remove(&(ssrc, to)) {
                        send(&late);
                        self.tally.reordered += 1;
                    }
                }
            }
        }
    }

    fn end(mut self) -> Tally {
        self.tally.lost += self.held.len() as u64;
        self.tally.socket_drops = sockets::drops([&self.control, &self.media]).unwrap_or(0);
        self.tally
    }
}
