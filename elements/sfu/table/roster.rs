//! The roster: its pages, the types seen, and CHANGED (docs/wire.md,
//! "Roster" and "BYE").

use super::super::wire::{Member, Message};
use super::client::Session;
use super::{Address, Nanos, Table};
use pkgraph_ethernet::Link;

/// The least time between two CHANGEDs to a client, in nanoseconds.
const PAUSE: Nanos = 100_000_000;

/// A CHANGED that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The client's control address.
    pub peer: Address,
    /// The switch's address that heard its REGISTER.
    pub own: Address,
    /// How to reach the client, if frames are sent.
    pub link: Option<Link>,
    /// What to send.
    pub message: Message,
}

/// Who is still to hear of which version.
#[derive(Debug, Default)]
pub struct Announcer {
    /// Whether the roster has changed since the last round began.
    changed: bool,
    /// In a round: the rank of joining from which on clients have not heard.
    round: Option<u64>,
    /// When the last CHANGED was sent, or the last round began.
    last: Option<Nanos>,
}

impl Announcer {
    /// When there is a CHANGED to send, if ever.
    fn due(&self) -> Option<Nanos> {
        match (self.round, self.changed) {
            (Some(_), _) => Some(0),
            (None, true) => Some(self.last.map_or(0, |last| last.saturating_add(PAUSE))),
            (None, false) => None,
        }
    }
}

impl Table {
    /// Notes a join or a leave.
    pub(super) fn roster_changed(&mut self) {
        self.version = self.version.wrapping_add(1);
        self.announcer.changed = true;
    }

    /// When [`next_changed`](Table::next_changed) has something, if ever.
    pub fn changed_due(&self) -> Option<Nanos> {
        self.announcer.due()
    }

    /// The next CHANGED to send, if one is due. It stays the next until
    /// [`changed_sent`](Table::changed_sent), so that the last version reaches
    /// every client however little room there is.
    pub fn next_changed(&mut self, now: Nanos) -> Option<Changed> {
        self.expire(now);
        if self.announcer.due()? > now {
            return None;
        }
        if self.announcer.round.is_none() {
            self.announcer = Announcer { changed: false, round: Some(0), last: Some(now) };
        }
        let from = self.announcer.round?;
        let Some((_, session)) = self.registered_from(from).next() else {
            self.announcer.round = None;
            return None;
        };
        let message = Message::Changed { version: self.version };
        Some(Changed { peer: session.peer, own: session.own, link: session.link, message })
    }

    /// What [`next_changed`](Table::next_changed) gave has been sent.
    pub fn changed_sent(&mut self, now: Nanos) {
        let Some(from) = self.announcer.round else { return };
        let next = self.registered_from(from).nth(1).map(|(joined, _)| joined);
        self.announcer.round = next;
        self.announcer.last = Some(now);
    }

    /// The registrations of those who joined as number `joined` or later, and
    /// as which: a static client hears of no change.
    fn registered_from(&self, joined: u64) -> impl Iterator<Item = (u64, &Session)> {
        let at = self.order.partition_point(|slot| self.streams.flow(*slot).joined < joined);
        self.order[at..].iter().filter_map(|slot| {
            let session = self.client(*slot).session()?;
            Some((self.streams.flow(*slot).joined, session))
        })
    }

    /// The page of the roster that starts with member `first`.
    pub(super) fn page(&self, seq: u32, first: u32) -> Message {
        let members = self.order.iter().skip(first as usize).take(Message::ROSTER_PAGE);
        Message::Roster {
            seq,
            version: self.version,
            first,
            total: self.order.len() as u32,
            members: members
                .map(|slot| Member {
                    ssid: self.client(*slot).ssid,
                    seen: self.streams.flow(*slot).seen,
                })
                .collect(),
        }
    }

    /// Ends the "types seen" of the streams that a BYE names, if it comes from
    /// their client: from its media address, that address with the port + 1,
    /// or its control address. What was learned of a stream ends, too.
    pub(super) fn note_byes(&mut self, ssrcs: &[u32], peer: Address) {
        for ssrc in ssrcs {
            let Some(stream) = self.streams.find(*ssrc) else { continue };
            let control = self.client(stream.source).session().map(|session| session.peer);
            if self.sends_rtcp_from(stream.source, peer) || control == Some(peer) {
                let flow = self.streams.flow_mut(stream.source);
                flow.seen = flow.seen.without(stream.kind);
                self.unlearn(stream.source, *ssrc);
            }
        }
    }
}
