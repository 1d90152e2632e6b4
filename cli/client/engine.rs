//! The engine thread: all network I/O of a client.
//!
//! It sleeps in epoll until a socket is readable, the generator or the main
//! thread has signalled, or the control protocol has something to do.

use super::control::{Control, Event, Outgoing, Port};
use super::error::ClientError;
use super::generator::{Burst, Bursts};
use super::measure::{At, Measure};
use super::media::{self, Arrived};
use super::options::ClientOptions;
use super::report::{Report, Snapshot, Subscribed};
use super::sockets;
use pkgraph_runtime::{Clock, Epoll, EventFd, Nanos};
use pkgraph_sfu::wire::{Classified, Entry, Ssid, Status, classify};
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

/// Datagrams read from a socket before the others have their turn.
const TURN: usize = 64;
/// How long echoes are waited for at the end.
const SETTLE_MAX: Nanos = 300_000_000;
/// Without media for this long, nothing is taken to be under way.
const QUIET: Nanos = 50_000_000;

/// What wakes the engine: a bit each, by the token of its descriptor.
const CONTROL: u64 = Port::Control as u64;
const MEDIA: u64 = Port::Media as u64;
const WAKE: u64 = 2;

/// Where the answer to a subscription goes.
type SubscribeAnswer = Sender<Result<(), Status>>;

/// What the main thread asks for.
pub enum Order {
    Snapshot(Sender<Snapshot>),
    EndWarmup,
    Subscribe(Vec<Entry>, SubscribeAnswer),
    /// Waits for what is under way, leaves, and ends the thread.
    Finish,
}

enum Phase {
    Running,
    /// Until all echoes are in, at most until this time.
    Settling {
        since: Nanos,
    },
    Leaving,
    Ended,
}

/// All that the engine thread owns.
pub struct Engine {
    epoll: Epoll,
    /// By [`Port`].
    sockets: [UdpSocket; 2],
    wake: Arc<EventFd>,
    orders: Receiver<Order>,
    bursts: Bursts,
    control: Control,
    measure: Measure,
    clock: Clock,
    phase: Phase,
    /// Who waits for the first `Bound`.
    started: Option<Sender<Result<Granted, ClientError>>>,
    /// A subscription that the switch has not answered, and who waits for it.
    subscribing: Option<(Vec<Entry>, SubscribeAnswer)>,
    subscribed: Subscribed,
    options: ClientOptions,
    losses_of_switch: u64,
    buffer: Box<[u8]>,
}

/// What an engine is made of.
pub struct Parts {
    pub sockets: [UdpSocket; 2],
    pub wake: Arc<EventFd>,
    pub orders: Receiver<Order>,
    pub bursts: Bursts,
    pub control: Control,
    pub measure: Measure,
    pub options: ClientOptions,
    pub started: Sender<Result<Granted, ClientError>>,
}

/// What the switch has granted first.
#[derive(Clone, Copy, Debug)]
pub struct Granted {
    pub control: SocketAddr,
    pub ssid: Ssid,
    pub lease: Duration,
}

impl Engine {
    /// # Errors
    /// What epoll says.
    pub fn new(parts: Parts) -> io::Result<Engine> {
        let epoll = Epoll::new()?;
        for (socket, token) in parts.sockets.iter().zip([CONTROL, MEDIA]) {
            epoll.add(socket.as_raw_fd(), false, token)?;
        }
        epoll.add(parts.wake.as_raw_fd(), false, WAKE)?;
        Ok(Engine {
            epoll,
            sockets: parts.sockets,
            wake: parts.wake,
            orders: parts.orders,
            bursts: parts.bursts,
            control: parts.control,
            measure: parts.measure,
            clock: Clock::real(),
            phase: Phase::Running,
            started: Some(parts.started),
            subscribing: None,
            subscribed: Subscribed::Wants(parts.options.wants),
            options: parts.options,
            losses_of_switch: 0,
            buffer: vec![0; 1 << 16].into(),
        })
    }

    /// Runs until [`Order::Finish`] has been done, or the start has failed.
    pub fn run(mut self) -> Report {
        // Edge-triggered: what has not been read to its end stays ready.
        let mut ready = 0u64;
        loop {
            self.advance();
            if let Phase::Ended = self.phase {
                return self.report();
            }
            let timeout = if ready == 0 { self.timeout() } else { Duration::ZERO };
            self.epoll
                .wait(Some(timeout), |token| ready |= 1 << token)
                .expect("epoll_wait fails only on bad arguments");
            if ready & 1 << WAKE != 0 {
                self.wake.clear();
                ready &= !(1 << WAKE);
                self.send_bursts();
                self.take_orders();
            }
            for port in [Port::Control, Port::Media] {
                let bit = 1 << port as u64;
                if ready & bit != 0 && self.receive(port) {
                    ready &= !bit;
                }
            }
        }
    }

    /// What is due by now: control messages, and the end.
    fn advance(&mut self) {
        let now = self.clock.precise();
        self.control.advance(now);
        if let Phase::Settling { since } = self.phase {
            let is_quiet = now >= self.quiet_at(since);
            let is_over = now >= since + SETTLE_MAX;
            if is_over || (is_quiet && self.measure.has_all_echoes()) {
                self.phase = Phase::Leaving;
                self.control.leave(now);
            }
        }
        while let Some(outgoing) = self.control.outgoing() {
            self.send_control(&outgoing);
        }
        while let Some(event) = self.control.event() {
            self.handle(event);
        }
    }

    /// When nothing will have arrived for long enough.
    fn quiet_at(&self, since: Nanos) -> Nanos {
        self.measure.last_arrival().max(since) + QUIET
    }

    fn timeout(&self) -> Duration {
        let now = self.clock.precise();
        let mut deadline = self.control.deadline();
        if let Phase::Settling { since } = self.phase {
            let end = since + SETTLE_MAX;
            let quiet = self.quiet_at(since);
            // Echoes that are missing end the wait themselves when they come.
            let wake_at = if self.measure.has_all_echoes() { quiet.min(end) } else { end };
            deadline = deadline.min(wake_at);
        }
        Duration::from_nanos(deadline.saturating_sub(now))
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Bound { ssid, lease } => {
                if let Some(started) = self.started.take() {
                    let control = self.options.control;
                    // Whoever starts a client waits for this.
                    let _ = started.send(Ok(Granted { control, ssid, lease }));
                }
            }
            Event::Lost => self.losses_of_switch += 1,
            Event::Subscribed(result) => {
                if let Some((entries, asked)) = self.subscribing.take() {
                    if result.is_ok() {
                        self.subscribed = Subscribed::Entries(entries);
                    }
                    // Whoever asked may have given up.
                    let _ = asked.send(result);
                }
            }
            Event::Left => self.phase = Phase::Ended,
            Event::Failed(error) => {
                self.phase = Phase::Ended;
                if let Some(started) = self.started.take() {
                    let _ = started.send(Err(error));
                }
            }
        }
    }

    fn take_orders(&mut self) {
        while let Ok(order) = self.orders.try_recv() {
            let now = self.clock.precise();
            match order {
                Order::Snapshot(asked) => {
                    let _ = asked.send(self.snapshot(At::Time(now)));
                }
                Order::EndWarmup => self.measure.restart_delays(now),
                Order::Subscribe(entries, asked) => {
                    self.subscribing = Some((entries.clone(), asked));
                    self.control.subscribe(entries, now);
                }
                Order::Finish => {
                    if let Phase::Running = self.phase {
                        self.phase = Phase::Settling { since: now };
                    }
                }
            }
        }
    }

    fn send_control(&mut self, outgoing: &Outgoing) {
        let socket = &self.sockets[outgoing.port as usize];
        // An error of an earlier datagram is reported here, too, and this one
        // is not sent.
        for _ in 0..2 {
            match socket.send(&outgoing.octets) {
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                    self.control.refused(outgoing.port);
                }
                // Any other failure is a lost datagram: it is sent again.
                _ => return,
            }
        }
    }

    /// Sends all that the generator has filled.
    fn send_bursts(&mut self) {
        while let Ok(mut burst) = self.bursts.filled.try_recv() {
            self.send_burst(&mut burst);
            // As many places as buffers; the generator may have ended.
            let _ = self.bursts.empty.try_send(burst);
        }
    }

    fn send_burst(&mut self, burst: &mut Burst) {
        let Some(ssid) = self.control.bound() else {
            self.measure.unsent += burst.len() as u64;
            return;
        };
        for filled in burst {
            let sequence = self.measure.next_sequence(filled.kind);
            let now = self.clock.precise();
            media::stamp(&mut filled.packet, ssid.ssrc(filled.kind), sequence, now);
            let socket = &self.sockets[MEDIA as usize];
            let sent = match socket.send(&filled.packet) {
                // Of an earlier packet; this one was not tried.
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                    socket.send(&filled.packet)
                }
                other => other,
            };
            match sent {
                Ok(_) => self.measure.sent(ssid, filled.kind, filled.payload, now),
                Err(_) => self.measure.unsent += 1,
            }
        }
    }

    /// Reads from a socket; whether it has been read to its end.
    fn receive(&mut self, port: Port) -> bool {
        for _ in 0..TURN {
            let received = self.sockets[port as usize].recv(&mut self.buffer);
            let now = self.clock.precise();
            match received {
                Ok(len) => self.received(port, len, now),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return true,
                    ErrorKind::ConnectionRefused => self.control.refused(port),
                    // Errors of earlier datagrams: the next read is new.
                    _ => {}
                },
            }
        }
        false
    }

    fn received(&mut self, port: Port, len: usize, now: Nanos) {
        let octets = &self.buffer[..len];
        let is_good = match (port, classify(octets)) {
            (Port::Media, Ok(Classified::Rtp(_))) => {
                self.measure.arrived(&Arrived::read(octets), now);
                true
            }
            (_, Ok(Classified::Rtcp)) => self.control.receive(octets, port, now).is_ok(),
            _ => false,
        };
        if !is_good {
            self.measure.malformed += 1;
        }
    }

    fn snapshot(&self, at: At) -> Snapshot {
        let mut totals = self.measure.totals(at);
        totals.skipped = self.bursts.skipped.load(Ordering::Relaxed);
        Snapshot {
            at: self.clock.precise(),
            ssid: self.control.bound(),
            losses_of_switch: self.losses_of_switch,
            totals,
            delays: self.measure.delays().clone(),
            streams: self.measure.streams(),
            members: self.control.members().to_vec(),
        }
    }

    fn report(self) -> Report {
        Report {
            last: self.snapshot(At::End),
            socket_drops: sockets::drops([&self.sockets[0], &self.sockets[1]]),
            sent: self.measure.sent_streams(),
            received: self.measure.received_streams(At::End),
            subscribed: self.subscribed,
            echo: self.options.echo,
        }
    }
}
