//! `FromSocket`.

use super::batch::{Batch, Received, capacity, push_burst};
use super::counters::Counters;
use super::udp_port::{UdpPort, UdpPorts};
use pkgraph::elements::{Arguments, Declare, Element, Start};
use pkgraph::runtime::{
    Address, BoxError, Burst, Clock, Context, Edges, Host, Nanos, Packet, Progress, ReceiveMany,
    Region,
};
use std::io::ErrorKind;
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::rc::Rc;

/// Receives UDP datagrams from a socket: the paper's baseline, one `recvfrom`
/// per packet, or, with BATCH, one `recvmmsg` for up to BURST of them.
///
/// A packet is the payload of a datagram. Its annotations say where it comes
/// from, where it came to and when it was picked up. While downstream has no
/// room or the pool is empty, datagrams wait in the socket's buffer.
#[derive(Declare)]
#[element(
    subject = "device",
    ports = "0/1",
    processing = "/h",
    output_docs("UDP payloads."),
    declared = FromSocketArgs,
    sockets,
    task,
    example = "FromSocket(127.0.0.1, 5004) -> Discard",
    writes(Timestamp, Source, Destination),
    read_handler(address = FromSocket::address, "The address the socket is bound to.")
)]
pub struct FromSocket {
    #[handlers(
        count(unit = "packets", grows) = "Datagrams received.",
        byte_count(unit = "octets", grows) = "Octets received.",
        too_long(unit = "packets", grows) = "Datagrams dropped because they are longer than a buffer.",
        errors(unit = "errors", grows) = "Receive calls that failed.",
        stalls(unit = "stalls", grows) = "How often reception waited for room downstream or for a buffer.",
        calls(unit = "calls", grows) = "Receive calls, those that found nothing included."
    )]
    counters: Counters,
    burst: Burst,
    /// Whether one call receives several datagrams, by `call` into `batch`.
    batches: bool,
    call: ReceiveMany,
    batch: Batch,
    port: Rc<UdpPort>,
    pool: &'static Region,
    clock: Rc<Clock>,
}

/// The arguments of FromSocket.
#[derive(Arguments)]
pub struct FromSocketArgs {
    /// The address to bind; 0.0.0.0 is all of IPv4, :: all of IPv4 and IPv6.
    #[arg(position)]
    host: Option<Host>,
    /// The UDP port to bind; 0 lets the kernel choose.
    #[arg(position)]
    port: u16,
    /// Datagrams received each time it runs, at most.
    #[arg(keyword, default = "32")]
    burst: Burst,
    /// Whether one call receives all datagrams that are there.
    #[arg(keyword, default = "false")]
    batch: bool,
}

impl Start for FromSocket {
    fn start(args: FromSocketArgs, context: &mut Context) -> Result<FromSocket, BoxError> {
        let host = args.host.map_or(Ok(IpAddr::from([0, 0, 0, 0])), |host| host.resolve())?;
        let port = UdpPorts::of(context).bind(host, args.port)?;
        context.watch(port.as_raw_fd(), false);
        Ok(FromSocket {
            counters: Counters::default(),
            burst: args.burst,
            batches: args.batch,
            call: ReceiveMany::default(),
            batch: Batch::default(),
            port,
            pool: context.pool(),
            clock: context.clock(),
        })
    }
}

impl FromSocket {
    fn address(&self) -> Address {
        self.port.local()
    }

    /// The next datagram, by way of a batch.
    fn receive_batch(&mut self) -> Received {
        if let Some(packet) = self.batch.next() {
            return Received::Packet(packet);
        }
        if self.batch.has_found_all() {
            return Received::Nothing;
        }
        let buffers = self.batch.buffers(self.pool, self.burst);
        if buffers.is_empty() {
            return Received::NoBuffer;
        }
        self.counters.calls += 1;
        let received = match self.call.receive(self.port.as_fd(), buffers) {
            Ok(received) => received,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Received::Nothing,
            Err(error) if error.kind() == ErrorKind::Interrupted => return Received::Dropped,
            Err(_) => {
                self.counters.errors += 1;
                return Received::Dropped;
            }
        };
        // One time for all: that of the call.
        let now = self.clock.precise();
        let FromSocket { counters, call, batch, port, .. } = self;
        batch.take(received, |n, mut packet| {
            let (len, from) = call.datagram(n)?;
            if len == packet.len() {
                counters.too_long += 1;
                return None;
            }
            packet.truncate(len);
            counters.add(1, len);
            annotate(packet, from, port.local(), now)
        });
        batch.next().map_or(Received::Dropped, Received::Packet)
    }

    #[inline]
    fn receive(&mut self) -> Received {
        if self.batches {
            return self.receive_batch();
        }
        let Some(mut packet) = self.pool.alloc() else { return Received::NoBuffer };
        let most = capacity(self.pool);
        let buffer = packet.append(most).expect("a fresh buffer has this room");
        self.counters.calls += 1;
        match self.port.receive(buffer) {
            // What fills the buffer may have been cut to it.
            Ok((len, _)) if len == most => {
                self.counters.too_long += 1;
                Received::Dropped
            }
            Ok((len, from)) => {
                packet.truncate(len);
                self.counters.add(1, len);
                let packet = annotate(packet, from, self.port.local(), self.clock.precise());
                packet.map_or(Received::Dropped, Received::Packet)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Received::Nothing,
            Err(_) => {
                self.counters.errors += 1;
                Received::Dropped
            }
        }
    }
}

#[inline]
fn annotate(mut packet: Packet, from: Address, to: Address, now: Nanos) -> Option<Packet> {
    let annotations = packet.annotations_mut().ok()?;
    annotations.set_timestamp(now);
    annotations.set_source(from);
    annotations.set_destination(to);
    Some(packet)
}

impl Element for FromSocket {
    #[inline]
    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        push_burst(self.burst, edges, || self.receive()).unwrap_or_else(|progress| {
            self.counters.stalls += 1;
            progress
        })
    }
}
