//! `ToSocket`.

use super::udp_port::{UdpPort, UdpPorts};
use crate::{Declare, Element};
use pkgraph_runtime::{Address, Context, Edges, FromArg, Packet, Progress};
use std::io::ErrorKind;
use std::net::{SocketAddr, ToSocketAddrs};
use std::rc::Rc;

/// Sends packets as UDP datagrams: the paper's baseline, one `sendto` per
/// packet.
///
/// A packet leaves from the FromSocket whose address its source annotation
/// names (or from the graph's only one), for its destination annotation, with
/// its DSCP annotation. What is sent is the payload. A datagram that the
/// kernel has no room for is dropped and counted, as one that it refuses.
#[derive(Declare)]
#[element(
    subject = "device",
    ports = "1/0",
    processing = "a/",
    input_docs("UDP payloads, with headers before them or without."),
    sockets,
    task,
    example = "FromSocket(127.0.0.1, 5004) -> ToSocket(TO 127.0.0.1:5006)",
    reads(Source, Destination, Payload, Dscp)
)]
pub struct ToSocket {
    /// Where every packet goes, whatever its destination annotation says.
    #[arg(keyword)]
    to: Option<Endpoint>,
    /// Datagrams sent.
    #[handler]
    count: u64,
    /// Octets sent.
    #[handler]
    byte_count: u64,
    /// Packets dropped because the socket's buffer was full.
    #[handler]
    drops: u64,
    /// Packets dropped because they have no destination or name no socket.
    #[handler]
    unroutable: u64,
    /// Send calls that failed.
    #[handler]
    errors: u64,
    ports: Option<Rc<UdpPorts>>,
    /// The socket that sent last: almost always the next one too.
    last: Option<(Option<Address>, Rc<UdpPort>)>,
}

/// A host and UDP port.
#[derive(Clone, Copy)]
struct Endpoint(Address);

impl FromArg for Endpoint {
    const TYPE: &'static str = "HOST:PORT";

    fn from_arg(text: &str) -> Result<Self, String> {
        let found = text.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
        found
            .map(|address: SocketAddr| Endpoint(address.into()))
            .ok_or_else(|| format!("expected HOST:PORT, not '{text}'"))
    }
}

impl ToSocket {
    #[inline]
    fn port(&mut self, source: Option<Address>) -> Option<&UdpPort> {
        if self.last.as_ref().is_none_or(|(last, _)| *last != source) {
            let port = self.ports.as_ref()?.find(source)?;
            self.last = Some((source, port));
        }
        self.last.as_ref().map(|(_, port)| &**port)
    }

    #[inline]
    fn send(&mut self, packet: &Packet) {
        let annotations = packet.annotations();
        let to = self.to.map(|to| to.0).or(annotations.destination());
        // With TO the source annotation still names the peer.
        let from = if self.to.is_some() { annotations.destination() } else { annotations.source() };
        let dscp = annotations.dscp().unwrap_or(0);
        let (Some(to), Some(port)) = (to, self.port(from)) else {
            self.unroutable += 1;
            return;
        };
        match port.send(packet.payload(), to, dscp) {
            Ok(()) => {
                self.count += 1;
                self.byte_count += packet.payload().len() as u64;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.drops += 1,
            Err(_) => self.errors += 1,
        }
    }
}

impl Element for ToSocket {
    fn init(&mut self, context: &mut Context) -> Result<(), String> {
        self.ports = Some(UdpPorts::of(context));
        Ok(())
    }

    #[inline]
    fn push<E: Edges>(&mut self, _: usize, packet: Packet, _: &mut E) {
        self.send(&packet);
    }

    #[inline]
    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        match edges.pull(0) {
            Some(packet) => {
                self.send(&packet);
                Progress::Busy
            }
            None => Progress::Idle,
        }
    }
}
