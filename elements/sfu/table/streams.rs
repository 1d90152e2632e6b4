//! The media path's own data: from an SSRC to the list of its destinations
//! in one hash look-up, and from a destination to its addresses.
//!
//! It knows neither tokens nor leases nor what a client wants; the table
//! tells it who is in which list. Nothing here allocates when a packet passes,
//! only when a client joins or changes what it wants.

use super::super::wire::{Ssid, StreamType, TypeMask};
use super::Arrival;
use super::sequence::Sequence;
use pkgraph::runtime::{Address, Nanos};
use pkgraph_ethernet::Link;
use pkgraph_ip::UdpHeaders;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The place of a client in the table. Places of clients that left are used
/// again.
pub type Slot = u16;

/// A stream that was found: the source's slot and the stream's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Whose it is.
    pub source: Slot,
    /// Of which type.
    pub kind: StreamType,
}

impl Stream {
    fn list(self) -> usize {
        usize::from(self.source) * StreamType::ALL.len() + self.kind.index()
    }
}

/// Where a client receives media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    peer: Address,
    own: Address,
    link: Option<Link>,
    /// What follows from the three.
    headers: Option<UdpHeaders>,
}

impl Endpoint {
    /// A client with the media address `peer`, which copies go to from `own`,
    /// the switch's address that its BIND arrived at, in frames over `link`.
    ///
    /// `own` is [`Address::UNSPECIFIED`] while nothing tells a static client's,
    /// which receives nothing until then.
    pub fn new(peer: Address, own: Address, link: Option<Link>) -> Endpoint {
        let headers = link.and_then(|link| UdpHeaders::new(&link, &own, &peer));
        Endpoint { peer, own, link, headers }
    }

    /// The way back of what has arrived so.
    pub fn of(arrival: &Arrival) -> Endpoint {
        Endpoint::new(arrival.peer, arrival.own, arrival.link)
    }

    /// The client's media address.
    #[inline]
    pub fn peer(&self) -> &Address {
        &self.peer
    }

    /// The switch's address that copies leave from.
    #[inline]
    pub fn own(&self) -> &Address {
        &self.own
    }

    /// How frames reach it, once that is known.
    pub fn link(&self) -> Option<Link> {
        self.link
    }

    /// The headers of frames to it; `None` when no frame gets there.
    #[inline]
    pub fn headers(&self) -> Option<&UdpHeaders> {
        self.headers.as_ref()
    }

    /// Reaches it by `link` from now on.
    #[inline]
    pub fn set_link(&mut self, link: Option<Link>) {
        if self.link != link {
            *self = Endpoint::new(self.peer, self.own, link);
        }
    }

    /// Whether copies can go there.
    #[inline]
    pub fn receives(&self) -> bool {
        self.own != Address::UNSPECIFIED
    }
}

/// What the media path reads and writes of a client.
#[derive(Clone, Copy, Debug)]
pub struct Flow {
    /// The client's rank in the order of joining; never used twice.
    pub joined: u64,
    /// `None` until a BIND.
    pub endpoint: Option<Endpoint>,
    /// The types of its streams that have been seen.
    pub seen: TypeMask,
    /// When each of them was heard last, by [`StreamType::index`].
    pub heard: [Nanos; StreamType::ALL.len()],
    /// Packets and octets of payload from it, by [`StreamType::index`].
    pub received: [Traffic; StreamType::ALL.len()],
    /// What of it has not arrived, likewise.
    pub arrivals: [Sequence; StreamType::ALL.len()],
    /// Packets and octets of payload to it, likewise.
    pub sent: [Traffic; StreamType::ALL.len()],
}

/// An amount of traffic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Packets.
    pub packets: u64,
    /// Octets of UDP payload.
    pub octets: u64,
}

impl Traffic {
    /// Counts a packet.
    #[inline]
    pub fn count(&mut self, octets: usize) {
        self.packets += 1;
        self.octets += octets as u64;
    }

    /// That of all types.
    pub fn sum(of: &[Traffic]) -> Traffic {
        of.iter().fold(Traffic::default(), |sum, one| Traffic {
            packets: sum.packets + one.packets,
            octets: sum.octets + one.octets,
        })
    }
}

/// All streams, and the flows of all clients.
#[derive(Default)]
pub struct Streams {
    by_ssrc: HashMap<u32, Stream, BuildHasherDefault<SsrcHasher>>,
    /// Three for each slot. In a list: the order of joining, the source last.
    lists: Vec<Vec<Slot>>,
    flows: Vec<Flow>,
}

impl Streams {
    /// The stream of this SSRC.
    #[inline]
    pub fn find(&self, ssrc: u32) -> Option<Stream> {
        self.by_ssrc.get(&ssrc).copied()
    }

    /// Whether one of the SSRCs that belong to `ssid` is somebody's.
    pub fn has_any_of(&self, ssid: Ssid) -> bool {
        StreamType::ALL.iter().any(|kind| self.by_ssrc.contains_key(&ssid.ssrc(*kind)))
    }

    /// Gives a stream an SSRC besides the one that its SSID and type make.
    pub fn map(&mut self, ssrc: u32, stream: Stream) {
        self.by_ssrc.insert(ssrc, stream);
    }

    /// Takes an SSRC back that [`map`](Streams::map) gave.
    pub fn unmap(&mut self, ssrc: u32) {
        self.by_ssrc.remove(&ssrc);
    }

    /// Who receives the stream: the order of joining, an echo last.
    #[inline]
    pub fn destinations(&self, stream: Stream) -> &[Slot] {
        &self.lists[stream.list()]
    }

    /// The flow of the client in `slot`.
    #[inline]
    pub fn flow(&self, slot: Slot) -> &Flow {
        &self.flows[usize::from(slot)]
    }

    /// The flow of the client in `slot`, to be changed. Its rank and endpoint
    /// must not change while it is in a list.
    #[inline]
    pub fn flow_mut(&mut self, slot: Slot) -> &mut Flow {
        &mut self.flows[usize::from(slot)]
    }

    /// Adds a client. `slot` is free, and at most one past those in use.
    pub fn insert(&mut self, slot: Slot, ssid: Ssid, joined: u64) {
        let flow = Flow {
            joined,
            endpoint: None,
            seen: TypeMask::NONE,
            heard: Default::default(),
            received: Default::default(),
            arrivals: Default::default(),
            sent: Default::default(),
        };
        match self.flows.get_mut(usize::from(slot)) {
            Some(place) => *place = flow,
            None => {
                self.flows.push(flow);
                self.lists.extend([const { Vec::new() }; StreamType::ALL.len()]);
            }
        }
        for kind in StreamType::ALL {
            self.by_ssrc.insert(ssid.ssrc(kind), Stream { source: slot, kind });
        }
    }

    /// Removes a client that is in nobody's lists.
    pub fn remove(&mut self, slot: Slot, ssid: Ssid) {
        for kind in StreamType::ALL {
            self.by_ssrc.remove(&ssid.ssrc(kind));
            self.lists[Stream { source: slot, kind }.list()].clear();
        }
    }

    /// Makes `destination` receive from `source` the types in `wanted`, and
    /// no others.
    pub fn set(&mut self, source: Slot, destination: Slot, wanted: TypeMask) {
        for kind in StreamType::ALL {
            let stream = Stream { source, kind };
            match (self.place(stream, destination), wanted.contains(kind)) {
                (Err(at), true) => self.lists[stream.list()].insert(at, destination),
                (Ok(at), false) => {
                    self.lists[stream.list()].remove(at);
                }
                _ => {}
            }
        }
    }

    /// Where `destination` is in a list, or belongs.
    fn place(&self, stream: Stream, destination: Slot) -> Result<usize, usize> {
        let rank = |slot: Slot| (slot == stream.source, self.flow(slot).joined);
        self.lists[stream.list()].binary_search_by_key(&rank(destination), |slot| rank(*slot))
    }
}

/// A hash of one multiplication. It need not withstand chosen keys: those in
/// the map are SSIDs, which the switch itself draws at random, and what static
/// clients add to them, which is little.
#[derive(Default)]
struct SsrcHasher(u64);

impl Hasher for SsrcHasher {
    fn write(&mut self, octets: &[u8]) {
        for octet in octets {
            self.write_u32(u32::from(*octet));
        }
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        // 2^64 divided by the golden ratio. The product's high half, where
        // all bits of the key meet, is folded onto the low half, since the
        // map takes its bucket from the low bits and its tag from the high.
        let product = (self.0 ^ u64::from(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ product >> 32;
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ssid(n: u32) -> Ssid {
        Ssid::new(n << 4).unwrap()
    }

    fn list(streams: &Streams, n: u32, kind: StreamType) -> Vec<Slot> {
        streams.destinations(streams.find(ssid(n).ssrc(kind)).unwrap()).to_vec()
    }

    #[test]
    fn lists_keep_the_order_of_joining_and_the_echo_last() {
        let mut streams = Streams::default();
        // Slots in another order than the ranks.
        for (slot, rank) in [(0, 30), (1, 10), (2, 20), (3, 5)] {
            streams.insert(slot, ssid(u32::from(slot) + 1), rank);
        }
        for destination in [0, 1, 2, 3] {
            streams.set(3, destination, TypeMask::ALL);
        }
        assert_eq!(list(&streams, 4, StreamType::Vsq), [1, 2, 0, 3]);
        streams.set(3, 2, StreamType::Asq.into());
        assert_eq!(list(&streams, 4, StreamType::Vsq), [1, 0, 3]);
        assert_eq!(list(&streams, 4, StreamType::Asq), [1, 2, 0, 3]);
        streams.set(3, 2, StreamType::Asq.into());
        assert_eq!(list(&streams, 4, StreamType::Asq), [1, 2, 0, 3], "set twice, in once");
    }

    #[test]
    fn a_removed_client_leaves_no_stream() {
        let mut streams = Streams::default();
        streams.insert(0, ssid(1), 1);
        streams.set(0, 0, TypeMask::ALL);
        streams.remove(0, ssid(1));
        assert!(!streams.has_any_of(ssid(1)));
        streams.insert(0, ssid(2), 2);
        assert!(list(&streams, 2, StreamType::Asq).is_empty());
        assert_eq!(streams.find(ssid(2).ssrc(StreamType::Vhq)).unwrap().source, 0);
    }

    #[test]
    fn hashes_spread_over_low_and_high_bits() {
        use std::collections::HashSet;
        use std::hash::BuildHasher;
        let hasher = BuildHasherDefault::<SsrcHasher>::default();
        let hashes: Vec<u64> = (0..1024u32).map(|n| hasher.hash_one(n << 4 | 1)).collect();
        let distinct =
            |f: fn(u64) -> u64| hashes.iter().map(|h| f(*h)).collect::<HashSet<_>>().len();
        assert!(distinct(|h| h & 1023) > 500, "{}", distinct(|h| h & 1023));
        assert_eq!(distinct(|h| h >> 57), 128);
    }
}
