//! A media packet whose copies are not all out yet, and how one copy is made
//! (the paper's "control information is saved").

use super::table::{Count, Destination, Endpoint, Stream, Table};
use super::wire::StreamType;
use crate::ethernet::Link;
use crate::ip::FrameWriter;
use pkgraph_runtime::{Address, Edges, Nanos, Packet};

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

    /// Counts a copy that has been sent after it had waited.
    fn count(self, table: &mut Table, destination: &Destination, octets: usize) {
        match self {
            Kind::Media { of, .. } => table.sent(destination.recipient, of, octets),
            Kind::Rtcp => table.counters.count(Count::RtcpCopies),
        }
    }
}

/// Who receives a packet, in order.
pub trait Receivers {
    /// How many.
    fn count(&self, table: &Table) -> usize;

    /// The addresses of number `n`.
    fn endpoint<'a>(&'a self, table: &'a Table, n: usize) -> &'a Endpoint;

    /// Number `n` as it is remembered while its copy waits.
    fn destination(&self, table: &Table, n: usize) -> Destination;

    /// Counts a copy that has been sent to number `n`.
    fn sent(&self, table: &mut Table, n: usize, octets: usize);
}

/// Who receives media: a list of the table's.
impl Receivers for Stream {
    #[inline]
    fn count(&self, table: &Table) -> usize {
        table.receivers(*self)
    }

    #[inline]
    fn endpoint<'a>(&'a self, table: &'a Table, n: usize) -> &'a Endpoint {
        table.endpoint(*self, n)
    }

    fn destination(&self, table: &Table, n: usize) -> Destination {
        table.receiver(*self, n)
    }

    #[inline]
    fn sent(&self, table: &mut Table, n: usize, octets: usize) {
        table.copied(*self, n, octets);
    }
}

/// Who receives RTCP.
impl Receivers for [Destination] {
    fn count(&self, _: &Table) -> usize {
        self.len()
    }

    fn endpoint<'a>(&'a self, _: &'a Table, n: usize) -> &'a Endpoint {
        &self[n].endpoint
    }

    fn destination(&self, _: &Table, n: usize) -> Destination {
        self[n]
    }

    fn sent(&self, table: &mut Table, _: usize, _: usize) {
        table.counters.count(Count::RtcpCopies);
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
        let Some(packet) = &self.packet else { return Ok(None) };
        let kind = self.kind;
        let timestamp = packet.annotations().timestamp().filter(|_| kind != Kind::Rtcp);
        let octets = packet.payload().len();
        let as_what = Sent::of(packet, kind, has_checksum);
        let before = self.reached;
        let mut room = 0;
        while let Some(destination) = self.destinations.get(self.reached) {
            let last = self.reached + 1 == self.destinations.len();
            let to = &destination.endpoint;
            match send(&mut self.packet, last, to, as_what, &mut room, edges) {
                Ok(()) => kind.count(table, destination, octets),
                Err(Stopped::Unreachable) => table.counters.count(Count::NoLink),
                Err(why) => {
                    let since = self.starved.filter(|_| self.reached == before).unwrap_or(now);
                    self.starved = (why == Stopped::NoBuffer).then_some(since);
                    return Err(why);
                }
            }
            self.reached += 1;
        }
        self.starved = None;
        Ok(timestamp)
    }

    /// Gives up: how many copies will not be sent.
    pub fn abandon(&mut self) -> usize {
        self.packet = None;
        self.starved = None;
        self.destinations.len() - self.reached
    }
}

/// What all copies of a packet are sent with.
#[derive(Clone, Copy)]
pub struct Sent {
    dscp: u8,
    /// What writes their frames, if the packet came in one.
    frames: Option<FrameWriter>,
}

impl Sent {
    /// For copies of `packet`. `has_checksum` is whether UDP on IPv4 has one.
    #[inline]
    pub fn of(packet: &Packet, kind: Kind, has_checksum: bool) -> Sent {
        let is_frame = packet.annotations().ethernet().is_some();
        let frames = is_frame.then(|| FrameWriter::new(packet.payload(), has_checksum));
        Sent { dscp: kind.dscp(), frames }
    }
}

/// The link of a frame to `endpoint`, and the octets of its headers; `None`
/// when no frame gets there.
#[inline]
fn frame_to(endpoint: &Endpoint, ends: (Address, Address)) -> Option<(&Link, usize)> {
    let link = endpoint.link.as_ref()?;
    Some((link, FrameWriter::headers(link, ends)?))
}

/// Sends one copy, or with `last` the packet itself. `room` is what is left of
/// the room last asked for.
///
/// What was stopped has changed nothing: `packet` is still there. What there is
/// no link for has been dealt with, and is gone if it was the last.
#[inline]
pub fn send<E: Edges>(
    packet: &mut Option<Packet>,
    last: bool,
    endpoint: &Endpoint,
    with: Sent,
    room: &mut usize,
    edges: &mut E,
) -> Result<(), Stopped> {
    if *room == 0 {
        *room = edges.room(0);
        if *room == 0 {
            return Err(Stopped::NoRoom);
        }
    }
    let ends = (endpoint.own, endpoint.peer);
    let frame = match with.frames {
        Some(writer) => match frame_to(endpoint, ends) {
            Some((link, headers)) => Some((writer, link, headers)),
            None if last => {
                *packet = None;
                return Err(Stopped::Unreachable);
            }
            None => return Err(Stopped::Unreachable),
        },
        None => None,
    };
    let mut copy = if last {
        packet.take().expect("a packet is sent before it is moved")
    } else {
        let original = packet.as_ref().expect("a packet is sent before it is moved");
        let copy = match frame {
            Some((.., headers)) => original.copy_payload(headers),
            None => original.copy_to(original.region()),
        };
        copy.ok_or(Stopped::NoBuffer)?
    };
    // Fails only for the packet itself, when another shares its buffer.
    let Ok(annotations) = copy.annotations_mut() else {
        *packet = Some(copy);
        return Err(Stopped::NoBuffer);
    };
    annotations.set_source(endpoint.own);
    annotations.set_destination(endpoint.peer);
    annotations.set_dscp(with.dscp);
    if let Some((writer, link, _)) = frame {
        let written = match (last, copy.data_mut()) {
            (false, Ok(octets)) => writer.fill(octets, link, ends, with.dscp),
            _ => writer.write(&mut copy, link, ends, with.dscp),
        };
        written.ok_or(Stopped::Unreachable)?;
    }
    edges.push(0, copy);
    *room -= 1;
    Ok(())
}
