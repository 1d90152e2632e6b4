//! Who else is there: the switch's roster, fetched page by page whenever its
//! version has moved.

use pkgraph_runtime::Nanos;
use pkgraph_sfu::wire::Member;

/// From one fetch to the next at least, as often as the switch says CHANGED.
const PACE: Nanos = 100_000_000;

/// The roster as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    members: Vec<Member>,
    /// The version of `members`.
    version: Option<u32>,
    /// The last version heard of.
    heard: Option<u32>,
    /// Pages of a fetch under way, and their version.
    pages: Vec<Member>,
    pages_version: u32,
    not_before: Nanos,
}

impl Roster {
    /// The members in the order of joining, as of the last complete fetch.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The switch has mentioned this version.
    pub fn hear(&mut self, version: u32) {
        self.heard = Some(version);
    }

    /// Forgets everything: another registration, perhaps another switch.
    pub fn clear(&mut self) {
        *self = Roster::default();
    }

    /// When the next page is to be asked for, if one is.
    pub fn due(&self) -> Option<Nanos> {
        (self.heard != self.version).then_some(self.not_before)
    }

    /// The index of the next page's first member.
    pub fn next_index(&self) -> u32 {
        self.pages.len() as u32
    }

    /// Takes the answer to the request for [`next_index`](Roster::next_index).
    pub fn page(&mut self, version: u32, first: u32, total: u32, page: &[Member], now: Nanos) {
        self.heard = Some(version);
        let is_next = first == self.next_index();
        if !is_next || (first > 0 && version != self.pages_version) {
            // It moved between two pages: from the start again.
            self.pages.clear();
            self.not_before = now + PACE;
            return;
        }
        self.pages_version = version;
        self.pages.extend(page);
        if page.is_empty() || self.next_index() >= total {
            self.members = std::mem::take(&mut self.pages);
            self.version = Some(version);
            self.not_before = now + PACE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pkgraph_sfu::wire::{Ssid, TypeMask};

    fn members(range: std::ops::Range<u32>) -> Vec<Member> {
        let member = |n| Member { ssid: Ssid::new((n + 1) << 4).unwrap(), seen: TypeMask::NONE };
        range.map(member).collect()
    }

    #[test]
    fn pages_make_a_roster() {
        let mut roster = Roster::default();
        assert_eq!(roster.due(), None);
        roster.hear(5);
        assert_eq!((roster.due(), roster.next_index()), (Some(0), 0));
        roster.page(5, 0, 200, &members(0..128), 10);
        assert_eq!((roster.due(), roster.next_index()), (Some(0), 128));
        assert!(roster.members().is_empty());
        roster.page(5, 128, 200, &members(128..200), 20);
        assert_eq!(roster.members(), members(0..200));
        assert_eq!(roster.due(), None);
        roster.hear(6);
        assert_eq!(roster.due(), Some(20 + PACE));
    }

    #[test]
    fn a_change_between_two_pages_starts_again() {
        let mut roster = Roster::default();
        roster.hear(5);
        roster.page(5, 0, 200, &members(0..128), 10);
        roster.page(6, 128, 199, &members(129..200), 20);
        assert_eq!((roster.due(), roster.next_index()), (Some(20 + PACE), 0));
        roster.page(6, 0, 2, &members(1..3), 30);
        assert_eq!((roster.members(), roster.due()), (&members(1..3)[..], None));
    }
}
