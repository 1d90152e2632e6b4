//! Arithmetic on the indices of a ring whose size need not be a power of two.

/// The number of slots of a ring, at least 2. Indices run from 0 to one less.
///
/// One slot always stays empty, so that "all free" and "none free" differ:
/// at most `slots() - 1` slots belong to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingSize(u32);

impl RingSize {
    /// The size of a ring of `slots` slots; `None` below 2 or past 2³¹, where
    /// sums of two indices would overflow.
    pub const fn new(slots: u32) -> Option<RingSize> {
        if slots < 2 || slots > 1 << 31 { None } else { Some(RingSize(slots)) }
    }

    /// The number of slots.
    #[inline]
    pub const fn slots(self) -> u32 {
        self.0
    }

    /// Whether `index` is one of this ring.
    #[inline]
    pub const fn contains(self, index: u32) -> bool {
        index < self.0
    }

    /// The index after `index`.
    #[inline]
    pub const fn next(self, index: u32) -> u32 {
        if index + 1 == self.0 { 0 } else { index + 1 }
    }

    /// The index before `index`.
    #[inline]
    pub const fn prev(self, index: u32) -> u32 {
        if index == 0 { self.0 - 1 } else { index - 1 }
    }

    /// How many steps of [`next`](RingSize::next) lead from `from` to `to`.
    /// From head to tail, this is the number of slots that the user has.
    #[inline]
    pub const fn distance(self, from: u32, to: u32) -> u32 {
        if to >= from { to - from } else { self.0 - from + to }
    }

    /// The rule of every sync (netmap's `nm_txsync_prologue`): going round from
    /// `hwcur`, `head` comes first, then `cur`, then `tail`, and none is past
    /// the ring.
    pub const fn in_order(self, hwcur: u32, head: u32, cur: u32, tail: u32) -> bool {
        if !(self.contains(head) && self.contains(cur)) {
            return false;
        }
        let (to_head, to_cur) = (self.distance(hwcur, head), self.distance(hwcur, cur));
        to_head <= to_cur && to_cur <= self.distance(hwcur, tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The oracle: a ring drawn as the list of indices met going round.
    fn round_from(slots: u32, start: u32) -> Vec<u32> {
        (start..slots).chain(0..start).collect()
    }

    fn ring_and_indices() -> impl Strategy<Value = (u32, [u32; 4])> {
        (2u32..40).prop_flat_map(|slots| (Just(slots), prop::array::uniform4(0..slots)))
    }

    proptest! {
        #[test]
        fn steps_and_distances_agree_with_the_drawing((slots, [a, b, ..]) in ring_and_indices()) {
            let size = RingSize::new(slots).unwrap();
            let round = round_from(slots, a);
            prop_assert_eq!(size.next(a), round[1]);
            prop_assert_eq!(size.prev(a), *round.last().unwrap());
            let steps = round.iter().position(|i| *i == b).unwrap();
            prop_assert_eq!(size.distance(a, b) as usize, steps);
        }

        #[test]
        fn the_sync_rule_agrees_with_the_drawing(
            (slots, [hwcur, head, cur, tail]) in ring_and_indices(),
            past in prop::option::of((any::<bool>(), 0u32..3)),
        ) {
            let size = RingSize::new(slots).unwrap();
            let (head, cur) = match past {
                Some((true, by)) => (slots + by, cur),
                Some((false, by)) => (head, slots + by),
                None => (head, cur),
            };
            let round = round_from(slots, hwcur);
            let users = &round[..=round.iter().position(|i| *i == tail).unwrap()];
            let at = |index| users.iter().position(|i| *i == index);
            let legal = matches!((at(head), at(cur)), (Some(h), Some(c)) if h <= c);
            prop_assert_eq!(size.in_order(hwcur, head, cur, tail), legal);
        }
    }

    #[test]
    fn sizes_have_limits() {
        assert_eq!(RingSize::new(1), None);
        assert_eq!(RingSize::new(u32::MAX), None);
        let largest = RingSize::new(1 << 31).unwrap();
        assert_eq!(largest.distance((1 << 31) - 1, (1 << 31) - 2), (1 << 31) - 1);
    }
}
