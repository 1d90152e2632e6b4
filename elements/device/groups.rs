//! Datagrams of a burst in groups that leave with one call each: to one
//! destination, of one length (UDP GSO).
//!
//! Datagrams of one stream to one destination keep their order. Those of
//! several streams do not, or sizes that take turns, as of audio and video,
//! would make groups of one. A stream is what octets 8 to 11 of the payload
//! say, which is the SSRC of RTP (RFC 3550 §5.1).

use pkgraph::runtime::{Address, Packet};
use std::collections::HashMap;

/// Datagrams in a group, at most (`UDP_MAX_SEGMENTS` of the kernel, before
/// 6.9).
pub const SEGMENTS_MAX: usize = 64;
/// Octets in a group, at most: what a UDP datagram over IPv4 can hold.
const OCTETS_MAX: usize = 65_507;

/// Where datagrams leave from and go to, and with which DSCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Way {
    /// The own address, as the packet's annotation names it.
    pub from: Option<Address>,
    /// The destination.
    pub to: Address,
    /// The DSCP.
    pub dscp: u8,
}

/// Datagrams that leave together, all of one length.
#[derive(Debug)]
pub struct Group {
    /// Their way.
    pub way: Way,
    /// The packets, whose payloads they are.
    pub packets: Vec<Packet>,
    octets: usize,
    /// A bit for each stream that is in it: two may have one.
    streams: u64,
    /// The groups to the same destination that were begun before and after.
    before: Option<usize>,
    after: Option<usize>,
}

/// The groups of a burst, in the order in which they leave.
#[derive(Default)]
pub struct Groups {
    groups: Vec<Group>,
    /// How many groups are in use; what is behind keeps its memory.
    used: usize,
    packets: usize,
    /// The last group to each destination.
    last: HashMap<Address, usize>,
    /// Where the next packet may belong: copies go to one destination after the
    /// other, and the next packet's copies to the same ones.
    guess: usize,
}

impl Groups {
    /// The number of packets.
    pub fn len(&self) -> usize {
        self.packets
    }

    /// Adds a packet.
    pub fn add(&mut self, way: Way, packet: Packet) {
        let (octets, stream) = (packet.payload().len(), stream(packet.payload()));
        self.packets += 1;
        if self.fits(self.guess, way, octets, stream) {
            self.put(self.guess, packet, stream);
            return;
        }
        let last = self.last.get(&way.to).copied();
        let mut place = last;
        while let Some(at) = place {
            let group = &self.groups[at];
            if group.takes(way, octets) {
                return self.put(at, packet, stream);
            }
            // What is in this group must not be overtaken.
            place = group.before.filter(|_| group.streams & stream == 0);
        }
        if self.used == self.groups.len() {
            let packets = Vec::with_capacity(SEGMENTS_MAX);
            let (before, after) = (None, None);
            self.groups.push(Group { way, packets, octets, streams: 0, before, after });
        }
        let group = &mut self.groups[self.used];
        (group.way, group.octets, group.streams) = (way, octets, 0);
        (group.before, group.after) = (last, None);
        if let Some(last) = last {
            self.groups[last].after = Some(self.used);
        }
        self.last.insert(way.to, self.used);
        self.used += 1;
        self.put(self.used - 1, packet, stream);
    }

    /// Whether a packet may join a group: it is of its kind, and would overtake
    /// nothing in groups that were begun after it.
    #[inline]
    fn fits(&self, at: usize, way: Way, octets: usize, stream: u64) -> bool {
        let Some(group) = self.groups[..self.used].get(at) else { return false };
        let mut after = group.after;
        while let Some(next) = after.map(|at| &self.groups[at])
            && next.streams & stream == 0
        {
            after = next.after;
        }
        after.is_none() && group.takes(way, octets)
    }

    #[inline]
    fn put(&mut self, at: usize, packet: Packet, stream: u64) {
        let group = &mut self.groups[at];
        group.streams |= stream;
        group.packets.push(packet);
        self.guess = if at + 1 == self.used { 0 } else { at + 1 };
    }

    /// Gives each group to `send`, in order, and is empty then.
    pub fn drain(&mut self, mut send: impl FnMut(&Group)) {
        for group in &mut self.groups[..self.used] {
            send(group);
            group.packets.clear();
        }
        (self.used, self.packets, self.guess) = (0, 0, 0);
        self.last.clear();
    }
}

impl Group {
    /// Whether a packet so sent and so long may join, if nothing else is said.
    #[inline]
    fn takes(&self, way: Way, octets: usize) -> bool {
        let packets = self.packets.len() + 1;
        let has_room = packets <= SEGMENTS_MAX && packets * octets <= OCTETS_MAX;
        // Segments of no octets are none.
        self.way == way && self.octets == octets && octets > 0 && has_room
    }
}

/// The bit of a payload's stream.
fn stream(payload: &[u8]) -> u64 {
    let ssrc = payload
        .get(8..12)
        .map_or(0, |octets| u32::from_be_bytes(octets.try_into().expect("four octets")));
    // The high bits of a product depend on all of the number's.
    1 << (ssrc.wrapping_mul(0x9e37_79b9) >> 26)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pkgraph::runtime::Region;
    use proptest::prelude::*;
    use std::net::SocketAddr;

    fn way(host: u8) -> Way {
        let to = SocketAddr::from(([10, 0, 0, host], 5004)).into();
        Way { from: None, to, dscp: 0 }
    }

    /// A payload of so many octets that says which number it has.
    fn payload(ssrc: u32, octets: usize, number: u16) -> Vec<u8> {
        let mut payload = vec![0; octets.max(12)];
        payload[..2].copy_from_slice(&number.to_be_bytes());
        payload[8..12].copy_from_slice(&ssrc.to_be_bytes());
        payload
    }

    proptest! {
        /// Nothing is lost, groups are of one way and length, and each stream
        /// keeps its order on its way.
        #[test]
        fn streams_keep_their_order(
            burst in prop::collection::vec((0..3u8, 0..5u32, 0..3usize), 0..300),
        ) {
            let region = Region::new(300, 512);
            let mut groups = Groups::default();
            for _ in 0..2 {
                let mut expected: HashMap<(u8, u32), Vec<u16>> = HashMap::new();
                for (number, (host, ssrc, size)) in burst.iter().enumerate() {
                    let octets = payload(*ssrc, 80 << size, number as u16);
                    groups.add(way(*host), region.packet(&octets).unwrap());
                    expected.entry((*host, *ssrc)).or_default().push(number as u16);
                }
                prop_assert_eq!(groups.len(), burst.len());
                let mut found: HashMap<(u8, u32), Vec<u16>> = HashMap::new();
                groups.drain(|group| {
                    assert!(group.packets.len() <= SEGMENTS_MAX);
                    for packet in &group.packets {
                        let payload = packet.payload();
                        assert_eq!(payload.len(), group.octets);
                        let number = u16::from_be_bytes([payload[0], payload[1]]);
                        let (host, ssrc, _) = burst[usize::from(number)];
                        assert_eq!(group.way, way(host));
                        found.entry((host, ssrc)).or_default().push(number);
                    }
                });
                prop_assert_eq!(found, expected);
                prop_assert!(region.is_home());
            }
        }
    }

    #[test]
    fn sizes_that_take_turns_make_a_group_each() {
        let region = Region::new(300, 512);
        let mut groups = Groups::default();
        for number in 0..90 {
            let octets = payload(number % 3, 80 << (number % 3), number as u16);
            groups.add(way(1), region.packet(&octets).unwrap());
        }
        let mut sizes = Vec::new();
        groups.drain(|group| sizes.push(group.packets.len()));
        assert_eq!(sizes, [30, 30, 30]);
    }
}
