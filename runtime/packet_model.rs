//! Packets against a model: a whole buffer as a vector, and where in it the
//! packet is. Lengths are of all sizes, up to the largest there are.

use crate::{Address, Packet, Region};
use proptest::prelude::*;

const SIZE: usize = 256;
const HEADROOM: usize = Region::HEADROOM as usize;

/// A length: one that is likely to fit, or one that only just does or not, or
/// one with which sums wrap, in 64, 32 or 16 bits.
fn length() -> impl Strategy<Value = usize> {
    prop_oneof![
        4 => 0..80usize,
        2 => 150..300usize,
        1 => (0..300usize).prop_map(|n| usize::MAX - n),
        1 => (0..600usize).prop_map(|n| u32::MAX as usize - 300 + n),
        1 => (0..600usize).prop_map(|n| (1 << 16) - 300 + n),
        1 => any::<usize>(),
    ]
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Append(usize),
    PushFront(usize),
    Prepend(usize),
    PullFront(usize),
    UnpullFront(usize),
    Truncate(usize),
    SetPayload(usize),
    SetNetwork(usize),
    WriteShared,
    CopyPayload(usize),
}

fn step() -> impl Strategy<Value = Step> {
    use Step::*;
    let kinds: [fn(usize) -> Step; 9] = [
        Append,
        PushFront,
        Prepend,
        PullFront,
        UnpullFront,
        Truncate,
        SetPayload,
        SetNetwork,
        CopyPayload,
    ];
    let one = (prop::sample::select(kinds.to_vec()), length());
    prop_oneof![9 => one.prop_map(|(kind, n)| kind(n)), 1 => Just(WriteShared)]
}

/// What a packet should be.
struct Model {
    buffer: Vec<u8>,
    start: usize,
    len: usize,
    payload: Option<usize>,
    network: Option<usize>,
}

impl Model {
    fn data(&self) -> &[u8] {
        &self.buffer[self.start..self.start + self.len]
    }

    fn payload(&self) -> &[u8] {
        let skipped = self.payload.map_or(0, |at| at.saturating_sub(self.start));
        &self.data()[skipped.min(self.len)..]
    }

    fn network(&self) -> Option<&[u8]> {
        self.data().get(self.network?.checked_sub(self.start)?..)
    }

    fn room(&self) -> usize {
        SIZE - self.start - self.len
    }

    /// Both are told that these `octets` of the packet, from the `at`th on, are
    /// `fill` now.
    fn write(&mut self, octets: &mut [u8], at: usize, fill: u8) {
        octets.fill(fill);
        let from = self.start + at;
        self.buffer[from..from + octets.len()].fill(fill);
    }

    fn move_back(&mut self, n: usize) {
        let from = self.start;
        self.buffer.copy_within(from..from + self.len, n);
        self.start = n;
        self.payload = self.payload.map(|at| at.saturating_sub(from) + n);
        self.network = self.network.and_then(|at| Some(at.checked_sub(from)? + n));
    }
}

/// Does the step with both; they must agree on whether it is possible.
fn apply(step: Step, fill: u8, packet: &mut Packet, model: &mut Model) {
    match step {
        Step::Append(n) => {
            let octets = packet.append(n);
            assert_eq!(octets.is_some(), n <= model.room());
            if let Some(octets) = octets {
                assert_eq!(octets.len(), n);
                let at = model.len;
                model.len += n;
                model.write(octets, at, fill);
            }
        }
        Step::PushFront(n) => {
            let octets = packet.push_front(n);
            assert_eq!(octets.is_some(), n <= model.start);
            if let Some(octets) = octets {
                (model.start, model.len) = (model.start - n, model.len + n);
                model.write(&mut octets[..n], 0, fill);
            }
        }
        Step::Prepend(n) => {
            let octets = packet.prepend(n);
            assert_eq!(octets.is_some(), n <= SIZE - model.len);
            if let Some(octets) = octets {
                if n > model.start {
                    model.move_back(n);
                }
                (model.start, model.len) = (model.start - n, model.len + n);
                model.write(&mut octets[..n], 0, fill);
            }
        }
        Step::PullFront(n) => {
            packet.pull_front(n);
            let n = n.min(model.len);
            (model.start, model.len) = (model.start + n, model.len - n);
        }
        Step::UnpullFront(n) => {
            let done = packet.unpull_front(n);
            assert_eq!(done, n <= model.start);
            if done {
                (model.start, model.len) = (model.start - n, model.len + n);
                // What is before the data of a fresh packet is not known.
                model.write(packet.data_mut().unwrap(), 0, fill);
            }
        }
        Step::Truncate(n) => {
            packet.truncate(n);
            model.len = model.len.min(n);
        }
        Step::SetPayload(n) => {
            packet.set_payload(n).unwrap();
            model.payload = Some(model.start + n.min(model.len));
        }
        Step::SetNetwork(n) => {
            packet.set_network_header(n).unwrap();
            model.network = Some(model.start + n.min(model.len));
        }
        Step::WriteShared => {
            let other = packet.share();
            assert!(packet.append(0).is_none() && packet.push_front(0).is_none());
            let octets = packet.data_mut().unwrap();
            assert_eq!(other.data(), model.data());
            model.write(octets, 0, fill);
        }
        Step::CopyPayload(headers) => {
            let to = Address::UNSPECIFIED;
            let copy = packet.original(0).copy(headers, &to, &to);
            let octets = headers.checked_add(model.payload().len());
            match copy {
                Some(copy) => {
                    assert_eq!(Some(copy.len()), octets);
                    assert_eq!(copy.payload(), model.payload());
                    assert_eq!(&copy.data()[headers..], model.payload());
                }
                // Where the payload is in this packet, there is no room for it
                // behind the headers.
                None => assert!(octets.is_none_or(|octets| octets > SIZE - HEADROOM)),
            }
        }
    }
}

proptest! {
    #[test]
    fn a_packet_is_what_the_model_says(steps in prop::collection::vec(step(), 1..60)) {
        let region = Region::new(2, SIZE as u32);
        let mut packet = region.alloc().unwrap();
        let mut model =
            Model { buffer: vec![0; SIZE], start: HEADROOM, len: 0, payload: None, network: None };
        for (number, step) in steps.into_iter().enumerate() {
            apply(step, number as u8 + 1, &mut packet, &mut model);
            prop_assert_eq!(packet.data(), model.data());
            prop_assert_eq!(packet.payload(), model.payload());
            prop_assert_eq!(packet.network_header(), model.network());
            let copy = packet.copy_to(region).unwrap();
            prop_assert_eq!((copy.data(), copy.payload()), (model.data(), model.payload()));
        }
        drop(packet);
        prop_assert!(region.is_home());
    }

    #[test]
    fn a_fresh_packet_is_as_long_as_was_asked_or_is_none(header in 0..300usize, len in length()) {
        let region = Region::new(1, SIZE as u32);
        let header = vec![7; header];
        let packet = region.packet_with_header(&header, len);
        let fits = header.len() <= len && len <= SIZE - HEADROOM;
        prop_assert_eq!(packet.is_some(), fits);
        if let Some(packet) = packet {
            prop_assert_eq!((packet.len(), &packet.data()[..header.len()]), (len, &header[..]));
        }
        prop_assert_eq!(region.packet(&header).is_some(), header.len() <= SIZE - HEADROOM);
        prop_assert!(region.is_home());
    }
}
