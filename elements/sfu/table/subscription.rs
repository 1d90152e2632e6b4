//! What one client wants from the others (docs/wire.md, "SUBSCRIBE").

use super::super::wire::{Entry, Message, Ssid, Status, TypeMask};

/// Entries of a subscription, at most.
const ENTRIES_MAX: usize = 1024;

/// A mask for every other client, and masks for single ones that override it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subscription {
    every: TypeMask,
    /// Whether `every` is an entry of a SUBSCRIBE and not REGISTER's `wants`.
    every_is_entry: bool,
    /// Sorted by source.
    sources: Vec<(Ssid, TypeMask)>,
}

impl Subscription {
    /// The subscription of a client that has only registered.
    pub fn from_wants(wants: TypeMask) -> Subscription {
        Subscription { every: wants, ..Subscription::default() }
    }

    /// What is wanted from `source`.
    pub fn wants(&self, source: Ssid) -> TypeMask {
        match self.find(source) {
            Ok(at) => self.sources[at].1,
            Err(_) => self.every,
        }
    }

    /// What is wanted from those without an entry of their own.
    pub fn every(&self) -> TypeMask {
        self.every
    }

    /// How many sources have an entry of their own.
    pub fn overrides(&self) -> usize {
        self.sources.len()
    }

    /// The subscription after a SUBSCRIBE of the client `own`.
    ///
    /// # Errors
    /// The status to answer with: more than 128 entries, an entry for `own`,
    /// for no SSID, or with bits that must be 0, or more than 1,024 in all.
    pub fn after(&self, own: Ssid, add: bool, entries: &[Entry]) -> Result<Subscription, Status> {
        if entries.len() > Message::SUBSCRIBE_MAX {
            return Err(Status::TOO_MANY_ENTRIES);
        }
        let mut next = if add { self.clone() } else { Subscription::default() };
        for entry in entries {
            let mask = TypeMask::new(entry.mask).ok_or(Status::MALFORMED_ENTRY)?;
            if entry.source == 0 {
                next.every = mask;
                next.every_is_entry = true;
                continue;
            }
            let source = Ssid::new(entry.source).filter(|source| *source != own);
            let source = source.ok_or(Status::MALFORMED_ENTRY)?;
            match next.find(source) {
                Ok(at) => next.sources[at].1 = mask,
                Err(at) => next.sources.insert(at, (source, mask)),
            }
        }
        if next.sources.len() + usize::from(next.every_is_entry) > ENTRIES_MAX {
            return Err(Status::TOO_MANY_ENTRIES);
        }
        Ok(next)
    }

    fn find(&self, source: Ssid) -> Result<usize, usize> {
        self.sources.binary_search_by_key(&source, |(ssid, _)| *ssid)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::wire::StreamType;
    use super::*;

    fn ssid(n: u32) -> Ssid {
        Ssid::new(n << 4).unwrap()
    }

    fn mask(bits: u32) -> TypeMask {
        TypeMask::new(bits).unwrap()
    }

    const OWN: u32 = 0xfff;

    fn after(
        before: &Subscription,
        add: bool,
        entries: &[(u32, u32)],
    ) -> Result<Subscription, Status> {
        let entries: Vec<Entry> = entries
            .iter()
            .map(|(source, mask)| Entry { source: source << 4, mask: *mask })
            .collect();
        before.after(ssid(OWN), add, &entries)
    }

    #[test]
    fn an_entry_overrides_the_one_for_every_other() {
        let first = Subscription::from_wants(mask(1));
        assert_eq!(first.wants(ssid(5)), mask(1));
        let second = after(&first, true, &[(5, 6)]).unwrap();
        assert_eq!((second.wants(ssid(5)), second.wants(ssid(6))), (mask(6), mask(1)));
        // An added entry for 0 replaces `wants`, and leaves the override.
        let third = after(&second, true, &[(0, 4)]).unwrap();
        assert_eq!((third.wants(ssid(5)), third.wants(ssid(6))), (mask(6), mask(4)));
        // An override of nothing is an override.
        let fourth = after(&third, true, &[(6, 0)]).unwrap();
        assert!(fourth.wants(ssid(6)).is_empty());
    }

    #[test]
    fn without_add_everything_is_replaced() {
        let before = after(&Subscription::from_wants(TypeMask::ALL), true, &[(5, 1)]).unwrap();
        let replaced = after(&before, false, &[(6, 2)]).unwrap();
        assert!(replaced.wants(ssid(5)).is_empty() && replaced.wants(ssid(7)).is_empty());
        assert_eq!(replaced.wants(ssid(6)), StreamType::Vsq.into());
        assert_eq!(after(&before, false, &[]), Ok(Subscription::default()));
    }

    #[test]
    fn the_last_of_duplicates_wins() {
        let got =
            after(&Subscription::default(), false, &[(5, 1), (0, 1), (5, 2), (0, 4)]).unwrap();
        assert_eq!((got.wants(ssid(5)), got.wants(ssid(6))), (mask(2), mask(4)));
        assert_eq!(got.overrides(), 1);
    }

    #[test]
    fn bad_entries_are_malformed() {
        let none = Subscription::default();
        assert_eq!(after(&none, false, &[(OWN, 1)]), Err(Status::MALFORMED_ENTRY));
        assert_eq!(after(&none, false, &[(5, 8)]), Err(Status::MALFORMED_ENTRY));
        for source in [1, 8, 0x51] {
            let entry = Entry { source, mask: 1 };
            assert_eq!(none.after(ssid(OWN), true, &[entry]), Err(Status::MALFORMED_ENTRY));
        }
    }

    #[test]
    fn at_most_128_a_datagram_and_1024_in_all() {
        let page = |from: u32, n: u32| (from..from + n).map(|i| (i, 1)).collect::<Vec<_>>();
        let wants = Subscription::from_wants(TypeMask::ALL);
        assert_eq!(after(&wants, true, &page(1, 129)), Err(Status::TOO_MANY_ENTRIES));
        let mut all = wants;
        for n in 0..8 {
            all = after(&all, true, &page(1 + 128 * n, 128)).unwrap();
        }
        assert_eq!(all.overrides(), 1024);
        assert_eq!(after(&all, true, &page(2000, 1)), Err(Status::TOO_MANY_ENTRIES));
        assert_eq!(after(&all, true, &[(0, 1)]), Err(Status::TOO_MANY_ENTRIES));
        assert!(after(&all, true, &page(1, 128)).is_ok(), "known sources need no room");
    }
}
