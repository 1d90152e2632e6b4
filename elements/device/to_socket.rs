//! `ToSocket`.

use super::counters::Counters;
use super::groups::{Group, Groups, SEGMENTS_MAX, Way};
use super::udp_port::{UdpPort, UdpPorts};
use pkgraph::elements::{Arguments, Declare, Element, Start};
use pkgraph::runtime::{
    Address, BoxError, Context, Edges, FromArg, Host, NoAddress, Packet, Progress,
};
use std::io::{self, ErrorKind, IoSlice};
use std::net::SocketAddr;
use std::rc::Rc;

/// Sends packets as UDP datagrams: the paper's baseline, one `sendto` per
/// packet. With BATCH, what a burst brings is sent at its end: one call for all
/// datagrams of one length to one destination (UDP GSO). A burst is what its
/// sources had at once, so that a single packet does not wait for others.
/// Datagrams to one destination keep their order unless octets 8 to 11 of their
/// payloads differ, which are the SSRC of RTP.
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
    declared = ToSocketArgs,
    sockets,
    task,
    flush,
    example = "FromSocket(127.0.0.1, 5004) -> ToSocket(TO 127.0.0.1:5006)",
    reads(Source, Destination, Payload, Dscp),
    read_handler(
        settings = ToSocket::settings,
        "Calls that changed the DSCP of a socket of the graph.",
        unit = "calls", grows
    )
)]
pub struct ToSocket {
    #[handlers(
        count(unit = "packets", grows) = "Datagrams sent.",
        byte_count(unit = "octets", grows) = "Octets sent.",
        drops(unit = "packets", grows) = "Packets dropped because the socket's buffer was full.",
        errors(unit = "errors", grows) = "Send calls that failed.",
        calls(unit = "calls", grows) = "Send calls."
    )]
    counters: Counters,
    /// Packets dropped because they have no destination or name no socket.
    #[handler(unit = "packets", grows)]
    unroutable: u64,
    to: Option<Address>,
    /// Whether it sends at the end of a burst.
    #[handler]
    batch: bool,
    groups: Groups,
    ports: Rc<UdpPorts>,
    /// The socket that sent last: almost always the next one too.
    last: Option<(Option<Address>, Rc<UdpPort>)>,
}

/// The arguments of ToSocket.
#[derive(Arguments)]
pub struct ToSocketArgs {
    /// Where every packet goes, whatever its destination annotation says.
    #[arg(keyword)]
    to: Option<Endpoint>,
    /// Whether datagrams that can leave with one call do.
    #[arg(keyword, default = "false")]
    batch: bool,
}

impl Start for ToSocket {
    fn start(args: ToSocketArgs, context: &mut Context) -> Result<ToSocket, BoxError> {
        Ok(ToSocket {
            counters: Counters::default(),
            unroutable: 0,
            to: args.to.map(|to| to.resolve()).transpose()?,
            batch: args.batch,
            groups: Groups::default(),
            ports: UdpPorts::of(context),
            last: None,
        })
    }
}

/// A host and UDP port.
struct Endpoint(Host, u16);

impl Endpoint {
    fn resolve(&self) -> Result<Address, NoAddress> {
        Ok(SocketAddr::new(self.0.resolve()?, self.1).into())
    }
}

impl FromArg for Endpoint {
    const TYPE: &'static str = "HOST:PORT";

    fn from_arg(text: &str) -> Result<Self, String> {
        let bad = || format!("expected HOST:PORT, not '{text}'");
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Endpoint(Host::Address(address.ip()), address.port()));
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(bad)?;
        let host = Host::from_arg(host).map_err(|_| bad())?;
        // An IPv6 address has brackets here, which were taken as an address above.
        match (&host, port.parse()) {
            (Host::Name(_), Ok(port)) => Ok(Endpoint(host, port)),
            _ => Err(bad()),
        }
    }
}

/// Packets that wait for the end of a burst, at most.
const HELD_MAX: usize = 1024;

/// Whether UDP GSO is not for these datagrams, or not for this interface.
fn is_refusal(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EINVAL | libc::EMSGSIZE | libc::EIO))
}

impl ToSocket {
    fn settings(&self) -> u64 {
        self.ports.settings()
    }

    #[inline]
    fn port(&mut self, source: Option<Address>) -> Option<&UdpPort> {
        if self.last.as_ref().is_none_or(|(last, _)| *last != source) {
            let port = self.ports.find(source)?;
            self.last = Some((source, port));
        }
        self.last.as_ref().map(|(_, port)| &**port)
    }

    /// Where a packet leaves from and goes to.
    #[inline]
    fn way(&self, packet: &Packet) -> Option<Way> {
        let annotations = packet.annotations();
        let to = self.to.or(annotations.destination())?;
        // With TO the source annotation still names the peer.
        let from = if self.to.is_some() { annotations.destination() } else { annotations.source() };
        Some(Way { from, to, dscp: annotations.dscp().unwrap_or(0) })
    }

    #[inline]
    fn take(&mut self, packet: Packet) {
        let Some(way) = self.way(&packet) else {
            self.unroutable += 1;
            return;
        };
        if !self.batch {
            return self.send(way, &packet);
        }
        self.groups.add(way, packet);
        if self.groups.len() >= HELD_MAX {
            self.send_groups();
        }
    }

    #[inline]
    fn send(&mut self, way: Way, packet: &Packet) {
        let Some(port) = self.port(way.from) else {
            self.unroutable += 1;
            return;
        };
        let outcome = port.send(packet.payload(), way.to, way.dscp);
        self.counters.calls += 1;
        self.note(outcome, 1, packet.payload().len());
    }

    fn note(&mut self, outcome: io::Result<()>, datagrams: usize, octets: usize) {
        match outcome {
            Ok(()) => self.counters.add(datagrams, octets),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.counters.drops += datagrams as u64;
            }
            Err(_) => self.counters.errors += datagrams as u64,
        }
    }

    #[cold]
    fn send_groups(&mut self) {
        let mut groups = std::mem::take(&mut self.groups);
        groups.drain(|group| self.send_group(group));
        self.groups = groups;
    }

    fn send_group(&mut self, group: &Group) {
        let Group { way, packets, .. } = group;
        if let [packet] = &packets[..] {
            return self.send(*way, packet);
        }
        let Some(port) = self.port(way.from) else {
            self.unroutable += packets.len() as u64;
            return;
        };
        let mut segments = [IoSlice::new(&[]); SEGMENTS_MAX];
        for (segment, packet) in segments.iter_mut().zip(packets) {
            *segment = IoSlice::new(packet.payload());
        }
        let outcome = port.send_segments(&segments[..packets.len()], way.to, way.dscp);
        self.counters.calls += 1;
        match outcome {
            // What cannot be cut, as a datagram longer than the MTU, goes by
            // itself.
            Err(error) if is_refusal(&error) => {
                packets.iter().for_each(|packet| self.send(*way, packet));
            }
            outcome => {
                let octets = packets.iter().map(|packet| packet.payload().len()).sum();
                self.note(outcome, packets.len(), octets);
            }
        }
    }
}

impl Element for ToSocket {
    #[inline]
    fn push<E: Edges>(&mut self, _: usize, packet: Packet, _: &mut E) {
        self.take(packet);
    }

    #[inline]
    fn flush<E: Edges>(&mut self, _: &mut E) {
        if self.groups.len() > 0 {
            self.send_groups();
        }
    }

    #[inline]
    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        match edges.pull(0) {
            Some(packet) => {
                self.take(packet);
                Progress::Busy
            }
            None => Progress::Idle,
        }
    }
}
