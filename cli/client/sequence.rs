//! What becomes of the numbered packets of one stream: arrived, lost, out of
//! order, twice.

/// Numbers behind the highest one within which a packet is told from its
/// duplicate: 32 s of a stream of 250 packets a second.
const WINDOW: i64 = 8192;
const WORD: i64 = u64::BITS as i64;

/// What one packet was, seen from those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Higher than all before.
    InOrder,
    /// The first with its number, after a higher one (RFC 4737 §3).
    Reordered,
    /// Its number has been here.
    Duplicate,
    /// Too far behind to tell.
    Stale,
}

/// Follows the RTP sequence numbers of one stream.
///
/// Numbers are extended beyond 16 bits as in RFC 3550 A.1: the number that
/// tracking starts at keeps its value, and each wrap-around adds 65,536. A
/// packet is taken for the nearest extended number, so a step of less than
/// 32,768 in either direction is followed exactly. Unlike A.1, a long step is
/// no restart of the source: an outage has to read as loss here.
#[derive(Clone, Debug)]
pub struct Tracker {
    /// A bit for each of the last `WINDOW` numbers up to `highest`.
    seen: Box<[u64; (WINDOW / WORD) as usize]>,
    first: i64,
    highest: i64,
    received: u64,
    reordered: u64,
    duplicated: u64,
    stale: u64,
}

impl Tracker {
    /// Expects `first` as the first number: what is missing from there on is
    /// lost.
    pub fn starting_at(first: u16) -> Tracker {
        Tracker {
            seen: Box::new([0; (WINDOW / WORD) as usize]),
            first: i64::from(first),
            highest: i64::from(first) - 1,
            received: 0,
            reordered: 0,
            duplicated: 0,
            stale: 0,
        }
    }

    /// Counts a packet with this number.
    pub fn record(&mut self, sequence: u16) -> Arrival {
        self.received += 1;
        let step = sequence.wrapping_sub(self.highest as u16) as i16;
        let extended = self.highest + i64::from(step);
        if step > 0 {
            self.advance(extended);
            self.mark(extended);
            return Arrival::InOrder;
        }
        if extended <= self.highest - WINDOW {
            self.stale += 1;
            return Arrival::Stale;
        }
        if !self.mark(extended) {
            self.duplicated += 1;
            return Arrival::Duplicate;
        }
        self.first = self.first.min(extended);
        self.reordered += 1;
        Arrival::Reordered
    }

    /// Makes `to` the highest number, and room for the ones up to it.
    fn advance(&mut self, to: i64) {
        if to - self.highest >= WINDOW {
            self.seen.fill(0);
        } else {
            for number in self.highest + 1..=to {
                let (word, bit) = place(number);
                self.seen[word] &= !bit;
            }
        }
        self.highest = to;
    }

    /// Marks a number of the window as seen; whether it was not.
    fn mark(&mut self, number: i64) -> bool {
        let (word, bit) = place(number);
        let is_new = self.seen[word] & bit == 0;
        self.seen[word] |= bit;
        is_new
    }

    /// The lowest extended number expected: the one that tracking started at,
    /// or a lower one that came later. Negative if that crosses zero.
    pub fn first(&self) -> i64 {
        self.first
    }

    /// The highest extended number that arrived; `first() - 1` before any.
    pub fn highest(&self) -> i64 {
        self.highest
    }

    /// Packets that arrived, duplicates included.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Different numbers that arrived.
    pub fn unique(&self) -> u64 {
        self.received - self.duplicated - self.stale
    }

    /// Numbers from the first to the highest that have not arrived.
    pub fn lost(&self) -> u64 {
        (self.highest - self.first + 1) as u64 - self.unique()
    }

    /// Packets that came after a higher number, duplicates excluded.
    pub fn reordered(&self) -> u64 {
        self.reordered
    }

    /// Packets whose number had been here.
    pub fn duplicated(&self) -> u64 {
        self.duplicated
    }

    /// Packets too far behind to tell; their numbers count as lost.
    pub fn stale(&self) -> u64 {
        self.stale
    }
}

fn place(number: i64) -> (usize, u64) {
    let at = number.rem_euclid(WINDOW);
    ((at / WORD) as usize, 1 << (at % WORD))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    /// The same with unbounded numbers and unbounded memory.
    struct Oracle {
        seen: HashSet<i64>,
        first: i64,
        highest: i64,
        counts: [u64; 4],
    }

    impl Oracle {
        fn record(&mut self, number: i64) -> Arrival {
            let arrival = if number > self.highest {
                Arrival::InOrder
            } else if number <= self.highest - WINDOW {
                Arrival::Stale
            } else if self.seen.contains(&number) {
                Arrival::Duplicate
            } else {
                Arrival::Reordered
            };
            if arrival != Arrival::Stale {
                self.seen.insert(number);
                self.first = self.first.min(number);
                self.highest = self.highest.max(number);
            }
            self.counts[arrival as usize] += 1;
            arrival
        }
    }

    /// What the network does to the next packet of a stream.
    #[derive(Clone, Debug)]
    enum Fate {
        Arrives,
        /// This many are lost.
        Lost(i64),
        /// Arrives this many packets late.
        Late(usize),
        /// Arrives, and again this many packets later.
        Twice(usize),
    }

    fn fate() -> impl Strategy<Value = Fate> {
        prop_oneof![
            40 => Just(Fate::Arrives),
            10 => (1..5i64).prop_map(Fate::Lost),
            1 => (1..12_000i64).prop_map(Fate::Lost),
            10 => (1..40usize).prop_map(Fate::Late),
            10 => (0..40usize).prop_map(Fate::Twice),
        ]
    }

    /// The numbers in the order of their arrival.
    fn arrivals(start: u16, fates: &[Fate]) -> Vec<i64> {
        let mut number = i64::from(start);
        let mut timed = Vec::new();
        for (time, fate) in fates.iter().enumerate() {
            match *fate {
                Fate::Arrives => timed.push((time, number)),
                Fate::Lost(count) => number += count - 1,
                Fate::Late(by) => timed.push((time + by, number)),
                Fate::Twice(by) => timed.extend([(time, number), (time + by, number)]),
            }
            number += 1;
        }
        timed.sort_by_key(|(time, _)| *time);
        timed.into_iter().map(|(_, number)| number).collect()
    }

    proptest! {
        #[test]
        fn agrees_with_unbounded_numbers(start: u16, fates in prop::collection::vec(fate(), 1..400)) {
            let arrivals = arrivals(start, &fates);
            let Some(&first) = arrivals.first() else { return Ok(()) };
            let mut oracle =
                Oracle { seen: HashSet::new(), first, highest: first - 1, counts: [0; 4] };
            let mut tracker = Tracker::starting_at(first as u16);
            let offset = first - i64::from(first as u16);
            for number in arrivals {
                // A step of half the number space has two readings.
                if (number - oracle.highest).abs() >= 1 << 15 {
                    continue;
                }
                prop_assert_eq!(tracker.record(number as u16), oracle.record(number));
            }
            let [_, reordered, duplicated, stale] = oracle.counts;
            prop_assert_eq!(tracker.first() + offset, oracle.first);
            prop_assert_eq!(tracker.highest() + offset, oracle.highest);
            prop_assert_eq!(tracker.received(), oracle.counts.iter().sum::<u64>());
            prop_assert_eq!(tracker.unique(), oracle.seen.len() as u64);
            prop_assert_eq!(tracker.reordered(), reordered);
            prop_assert_eq!(tracker.duplicated(), duplicated);
            prop_assert_eq!(tracker.stale(), stale);
            let expected = oracle.highest - oracle.first + 1;
            prop_assert_eq!(tracker.lost() as i64, expected - oracle.seen.len() as i64);
        }
    }

    #[test]
    fn a_missing_start_is_lost_until_it_comes() {
        let mut tracker = Tracker::starting_at(65_534);
        assert_eq!((tracker.lost(), tracker.received()), (0, 0));
        assert_eq!(tracker.record(1), Arrival::InOrder);
        assert_eq!((tracker.highest(), tracker.lost()), (65_537, 3));
        assert_eq!(tracker.record(0), Arrival::Reordered);
        assert_eq!(tracker.record(0), Arrival::Duplicate);
        assert_eq!((tracker.lost(), tracker.unique(), tracker.received()), (2, 2, 3));
    }

    #[test]
    fn a_packet_from_before_the_first_lowers_it() {
        let mut tracker = Tracker::starting_at(1);
        tracker.record(1);
        assert_eq!(tracker.record(65_535), Arrival::Reordered);
        assert_eq!((tracker.first(), tracker.lost()), (-1, 1));
    }
}
