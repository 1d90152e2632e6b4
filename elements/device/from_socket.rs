//! `FromSocket`.

use super::udp_port::{UdpPort, UdpPorts};
use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::{
    Address, Burst, Clock, Context, Edges, Nanos, Packet, Progress, ReceiveMany, Region,
};
use std::collections::VecDeque;
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
    sockets,
    task,
    example = "FromSocket(127.0.0.1, 5004) -> Discard",
    writes(Timestamp, Source, Destination),
    read_handler(address = FromSocket::address, "The address the socket is bound to.")
)]
pub struct FromSocket {
    /// The address to bind; 0.0.0.0 is all of IPv4, :: all of IPv4 and IPv6.
    #[arg(position)]
    host: Option<IpAddr>,
    /// The UDP port to bind; 0 lets the kernel choose.
    #[arg(position)]
    port: u16,
    /// Datagrams received each time it runs, at most.
    #[arg(keyword, default = "32")]
    burst: Burst,
    /// Whether one call receives all datagrams that are there.
    #[arg(keyword, default = "false")]
    batch: bool,
    /// Datagrams received.
    #[handler]
    count: u64,
    /// Octets received.
    #[handler]
    byte_count: u64,
    /// Datagrams dropped because they are longer than a buffer.
    #[handler]
    too_long: u64,
    /// Receive calls that failed.
    #[handler]
    errors: u64,
    /// How often reception waited for room downstream or for a buffer.
    #[handler]
    stalls: u64,
    /// Receive calls, those that found nothing included.
    #[handler]
    calls: u64,
    many: Batch,
    surroundings: Option<Surroundings>,
}

/// What a batch leaves for the next run.
#[derive(Default)]
struct Batch {
    call: ReceiveMany,
    /// Buffers to receive into.
    spare: Vec<Packet>,
    /// What was received and has not been pushed.
    waiting: VecDeque<Packet>,
}

struct Surroundings {
    port: Rc<UdpPort>,
    pool: &'static Region,
    clock: Rc<Clock>,
}

enum Received {
    Packet(Packet),
    Dropped,
    NoBuffer,
    Nothing,
}

impl FromSocket {
    fn address(&self) -> String {
        self.surroundings.as_ref().map_or(String::new(), |s| s.port.local().to_string())
    }

    /// The next datagram, by way of a batch.
    fn receive_batch(&mut self) -> Received {
        if let Some(packet) = self.many.waiting.pop_front() {
            return Received::Packet(packet);
        }
        let Some(Surroundings { port, pool, clock }) = &self.surroundings else {
            return Received::Nothing;
        };
        let most = pool.buffer_size() - pool.headroom();
        let Batch { call, spare, waiting } = &mut self.many;
        while spare.len() < self.burst.get() as usize
            && let Some(mut packet) = pool.alloc()
        {
            packet.append(most).expect("a fresh buffer has this room");
            spare.push(packet);
        }
        if spare.is_empty() {
            return Received::NoBuffer;
        }
        self.calls += 1;
        let received = match call.receive(port.as_fd(), spare) {
            Ok(received) => received,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Received::Nothing,
            Err(error) if error.kind() == ErrorKind::Interrupted => return Received::Dropped,
            Err(_) => {
                self.errors += 1;
                return Received::Dropped;
            }
        };
        // One time for all: that of the call.
        let now = clock.precise();
        for (n, mut packet) in spare.drain(..received).enumerate() {
            let Some((len, from)) = call.datagram(n) else { continue };
            if len == most {
                self.too_long += 1;
                continue;
            }
            packet.truncate(len);
            self.count += 1;
            self.byte_count += len as u64;
            if let Received::Packet(packet) = annotate(packet, from, port.local(), now) {
                waiting.push_back(packet);
            }
        }
        waiting.pop_front().map_or(Received::Dropped, Received::Packet)
    }

    #[inline]
    fn receive(&mut self) -> Received {
        if self.batch {
            return self.receive_batch();
        }
        let Some(Surroundings { port, pool, clock }) = &self.surroundings else {
            return Received::Nothing;
        };
        let Some(mut packet) = pool.alloc() else { return Received::NoBuffer };
        let most = pool.buffer_size() - pool.headroom();
        let buffer = packet.append(most).expect("a fresh buffer has this room");
        self.calls += 1;
        match port.receive(buffer) {
            // What fills the buffer may have been cut to it.
            Ok((len, _)) if len == most => {
                self.too_long += 1;
                Received::Dropped
            }
            Ok((len, from)) => {
                packet.truncate(len);
                self.count += 1;
                self.byte_count += len as u64;
                annotate(packet, from, port.local(), clock.precise())
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Received::Nothing,
            Err(_) => {
                self.errors += 1;
                Received::Dropped
            }
        }
    }
}

#[inline]
fn annotate(mut packet: Packet, from: Address, to: Address, now: Nanos) -> Received {
    let Ok(annotations) = packet.annotations_mut() else { return Received::Dropped };
    annotations.set_timestamp(now);
    annotations.set_source(from);
    annotations.set_destination(to);
    Received::Packet(packet)
}

impl Element for FromSocket {
    fn init(&mut self, context: &mut Context) -> Result<(), String> {
        let host = self.host.unwrap_or(IpAddr::from([0, 0, 0, 0]));
        let port = UdpPorts::of(context).bind(host, self.port)?;
        context.watch(port.as_raw_fd(), false);
        let (pool, clock) = (context.pool(), context.clock());
        self.surroundings = Some(Surroundings { port, pool, clock });
        Ok(())
    }

    #[inline]
    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        let mut progress = Progress::Idle;
        for _ in 0..self.burst.get() {
            let received = if edges.room(0) > 0 { self.receive() } else { Received::NoBuffer };
            match received {
                Received::Packet(packet) => edges.push(0, packet),
                Received::Dropped => {}
                Received::NoBuffer => {
                    self.stalls += 1;
                    return if progress == Progress::Idle { Progress::Blocked } else { progress };
                }
                Received::Nothing => break,
            }
            progress = Progress::Busy;
        }
        progress
    }
}
