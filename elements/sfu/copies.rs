//! A media packet whose copies are not all out yet, and how one copy is made
//! (the paper's "control information is saved").

use super::table::{Count, Destination, Endpoint, Stream, Table, Traffic};
use super::wire::StreamType;
use pkgraph::runtime::{Annotations, Edges, Nanos, Original, Packet};
use pkgraph_ip::checksum;

/// Why a copy could not be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// A sink downstream has no room.
    NoRoom,
    /// There is no buffer for the copy.
    NoBuffer,
    /// It goes in a frame, and no frame gets there: it has been dropped.
    Unreachable,
}

/// What a packet is whose copies go out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Media of this type, sent with this DSCP.
    Media { dscp: u8, of: StreamType },
    /// RTCP of an RTP tool.
    Rtcp,
}

impl Kind {
    /// The DSCP of its copies.
    #[inline]
    pub fn dscp(self) -> u8 {
        match self {
            Kind::Media { dscp, .. } => dscp,
            Kind::Rtcp => 0,
        }
    }
}

/// Who receives a packet, in order.
pub trait Receivers {
    /// How many.
    fn count(&self, table: &Table) -> usize;

    /// The addresses of number `n`, and what counts its copies.
    fn receiver<'a>(
        &'a self,
        table: &'a mut Table,
        n: usize,
    ) -> (&'a Endpoint, Option<&'a mut Traffic>);

    /// Number `n` as it is remembered while its copy waits.
    fn destination(&self, table: &Table, n: usize) -> Destination;
}

/// Who receives media: a list of the table's.
impl Receivers for Stream {
    #[inline]
    fn count(&self, table: &Table) -> usize {
        table.receivers(*self)
    }

    #[inline]
    fn receiver<'a>(
        &'a self,
        table: &'a mut Table,
        n: usize,
    ) -> (&'a Endpoint, Option<&'a mut Traffic>) {
        let (endpoint, traffic) = table.receiver(*self, n);
        (endpoint, Some(traffic))
    }

    fn destination(&self, table: &Table, n: usize) -> Destination {
        table.receiver_at(*self, n)
    }
}

/// Who receives RTCP, or what has waited.
pub struct Listed<'a> {
    /// What they receive.
    pub kind: Kind,
    /// The receivers.
    pub destinations: &'a [Destination],
}

impl Receivers for Listed<'_> {
    fn count(&self, _: &Table) -> usize {
        self.destinations.len()
    }

    fn receiver<'a>(
        &'a self,
        table: &'a mut Table,
        n: usize,
    ) -> (&'a Endpoint, Option<&'a mut Traffic>) {
        let Destination { recipient, endpoint } = &self.destinations[n];
        let traffic = match self.kind {
            Kind::Media { of, .. } => table.traffic_of(*recipient, of),
            Kind::Rtcp => None,
        };
        (endpoint, traffic)
    }

    fn destination(&self, _: &Table, n: usize) -> Destination {
        self.destinations[n]
    }
}

/// A packet and the destinations that it has not reached.
pub struct Copies {
    packet: Option<Packet>,
    kind: Kind,
    /// Kept from packet to packet, so that nothing is allocated.
    destinations: Vec<Destination>,
    /// How many of them have been reached.
    reached: usize,
    /// Since when there has been no buffer, and no progress.
    starved: Option<Nanos>,
}

impl Copies {
    /// Nothing pending, and memory for so many destinations.
    pub fn with_capacity(destinations: usize) -> Copies {
        Copies {
            packet: None,
            kind: Kind::Rtcp,
            destinations: Vec::with_capacity(destinations),
            reached: 0,
            starved: None,
        }
    }

    /// Whether a packet waits.
    #[inline]
    pub fn is_pending(&self) -> bool {
        self.packet.is_some()
    }

    /// Since when there has been no buffer for the packet that waits.
    pub fn starved(&self) -> Option<Nanos> {
        self.starved
    }

    /// Remembers a packet that was stopped at `now`, and who is still to get
    /// it.
    #[cold]
    pub fn suspend(
        &mut self,
        packet: Packet,
        kind: Kind,
        destinations: impl Iterator<Item = Destination>,
        why: Stopped,
        now: Nanos,
    ) {
        self.packet = Some(packet);
        self.kind = kind;
        self.destinations.clear();
        self.destinations.extend(destinations);
        self.reached = 0;
        self.starved = (why == Stopped::NoBuffer).then_some(now);
    }

    /// Goes on where the packet was stopped. `Ok` has its timestamp, if it is
    /// media.
    pub fn resume<E: Edges>(
        &mut self,
        table: &mut Table,
        edges: &mut E,
        has_checksum: bool,
        now: Nanos,
    ) -> Result<Option<Nanos>, Stopped> {
        let Some(packet) = self.packet.take() else { return Ok(None) };
        let kind = self.kind;
        let timestamp = packet.annotations().timestamp().filter(|_| kind != Kind::Rtcp);
        let to = Listed { kind, destinations: &self.destinations[self.reached..] };
        let Err(rest) = send(packet, kind, has_checksum, &to, table, edges) else {
            self.starved = None;
            return Ok(timestamp);
        };
        let since = self.starved.filter(|_| rest.reached == 0).unwrap_or(now);
        self.starved = (rest.why == Stopped::NoBuffer).then_some(since);
        self.reached += rest.reached;
        self.packet = Some(rest.packet);
        Err(rest.why)
    }

    /// Gives up: how many copies will not be sent.
    pub fn abandon(&mut self) -> usize {
        self.packet = None;
        self.starved = None;
        self.destinations.len() - self.reached
    }
}

/// A packet that could not be sent to all.
pub struct Rest {
    /// The packet.
    pub packet: Packet,
    /// How many it has been sent to, or that no frame gets to.
    pub reached: usize,
    /// Why no further.
    pub why: Stopped,
}

/// Sends a copy of the packet to each of `to`, and to the last the packet
/// itself. `has_checksum` is whether UDP in frames has one on IPv4.
#[inline]
pub fn send<E: Edges, R: Receivers>(
    packet: Packet,
    kind: Kind,
    has_checksum: bool,
    to: &R,
    table: &mut Table,
    edges: &mut E,
) -> Result<(), Rest> {
    let mut sent = 0;
    let outcome = send_counted(packet, kind, has_checksum, to, table, edges, &mut sent);
    let what = if kind == Kind::Rtcp { Count::RtcpCopies } else { Count::Copies };
    table.counters.add(what, sent);
    outcome
}

/// The same, and adds to `sent` what has left.
#[inline]
fn send_counted<E: Edges, R: Receivers>(
    packet: Packet,
    kind: Kind,
    has_checksum: bool,
    to: &R,
    table: &mut Table,
    edges: &mut E,
    sent: &mut u64,
) -> Result<(), Rest> {
    let Some(last) = to.count(table).checked_sub(1) else { return Ok(()) };
    let original = packet.original(kind.dscp());
    let octets = original.payload().len();
    let with = Sent::of(&packet, original.payload(), kind, has_checksum);
    let mut count = |traffic: Option<&mut Traffic>| {
        *sent += 1;
        if let Some(traffic) = traffic {
            traffic.count(octets);
        }
    };
    let mut room = 0;
    for n in 0..last {
        let (endpoint, traffic) = to.receiver(table, n);
        match send_copy(&packet, &original, endpoint, with, &mut room, edges) {
            Ok(()) => count(traffic),
            Err(Stopped::Unreachable) => table.counters.count(Count::NoLink),
            Err(why) => return Err(Rest { packet, reached: n, why }),
        }
    }
    let (endpoint, traffic) = to.receiver(table, last);
    match send_itself(packet, endpoint, with, &mut room, edges) {
        Ok(()) => count(traffic),
        Err((_, Stopped::Unreachable)) => table.counters.count(Count::NoLink),
        Err((packet, why)) => return Err(Rest { packet, reached: last, why }),
    }
    Ok(())
}

/// What all copies of a packet are sent with.
#[derive(Clone, Copy)]
struct Sent {
    dscp: u8,
    /// Whether the packet came in a frame, as they then go.
    in_frames: bool,
    /// The sum of the payload, if UDP in frames has a checksum on IPv4.
    sum: Option<u32>,
}

impl Sent {
    #[inline]
    fn of(packet: &Packet, payload: &[u8], kind: Kind, has_checksum: bool) -> Sent {
        let in_frames = packet.annotations().ethernet().is_some();
        let sum = (in_frames && has_checksum).then(|| checksum::add(0, payload));
        Sent { dscp: kind.dscp(), in_frames, sum }
    }
}

/// Sends one copy; in a frame, its headers go straight into the fresh buffer.
/// `room` is what is left of the room last asked for.
#[inline(always)]
fn send_copy<E: Edges>(
    packet: &Packet,
    original: &Original<'_>,
    endpoint: &Endpoint,
    with: Sent,
    room: &mut usize,
    edges: &mut E,
) -> Result<(), Stopped> {
    take_room(room, edges)?;
    let (own, peer) = (endpoint.own(), endpoint.peer());
    let copy = if with.in_frames {
        let headers = endpoint.headers().ok_or(Stopped::Unreachable)?;
        let mut copy = original.copy(headers.octets(), own, peer).ok_or(Stopped::NoBuffer)?;
        let frame = copy.data_mut().map_err(|_| Stopped::NoBuffer)?;
        headers.fill(frame, with.sum, with.dscp).ok_or(Stopped::Unreachable)?;
        copy
    } else {
        let mut copy = packet.copy_to(packet.region()).ok_or(Stopped::NoBuffer)?;
        let annotations = copy.annotations_mut().map_err(|_| Stopped::NoBuffer)?;
        address(annotations, endpoint, with.dscp);
        copy
    };
    edges.push(0, copy);
    *room -= 1;
    Ok(())
}

/// Sends the packet itself. When it cannot be, it comes back: as it was, unless
/// no frame gets there.
#[inline]
fn send_itself<E: Edges>(
    mut packet: Packet,
    endpoint: &Endpoint,
    with: Sent,
    room: &mut usize,
    edges: &mut E,
) -> Result<(), (Packet, Stopped)> {
    if let Err(why) = take_room(room, edges) {
        return Err((packet, why));
    }
    // Fails when another shares its buffer and none is free.
    let Ok(annotations) = packet.annotations_mut() else {
        return Err((packet, Stopped::NoBuffer));
    };
    address(annotations, endpoint, with.dscp);
    if with.in_frames {
        let headers = endpoint.headers();
        if headers.and_then(|h| h.write(&mut packet, with.sum, with.dscp)).is_none() {
            return Err((packet, Stopped::Unreachable));
        }
    }
    edges.push(0, packet);
    Ok(())
}

/// Asks for room when there is none left.
#[inline]
fn take_room<E: Edges>(room: &mut usize, edges: &mut E) -> Result<(), Stopped> {
    if *room == 0 {
        *room = edges.room(0);
    }
    if *room == 0 { Err(Stopped::NoRoom) } else { Ok(()) }
}

#[inline]
fn address(annotations: &mut Annotations, endpoint: &Endpoint, dscp: u8) {
    annotations.set_source(*endpoint.own());
    annotations.set_destination(*endpoint.peer());
    annotations.set_dscp(dscp);
}
