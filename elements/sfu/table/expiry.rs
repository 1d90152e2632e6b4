//! What ends by itself: leases, and media addresses that nobody proves again.

use super::client::Standing;
use super::streams::Slot;
use super::{Count, Nanos, Table};

impl Table {
    /// Ends what has its deadline at `now` or before. Costs one comparison
    /// when nothing has.
    #[inline]
    pub fn expire(&mut self, now: Nanos) {
        if now >= self.next_deadline {
            self.expire_due(now);
        }
    }

    /// When [`expire`](Table::expire) may have something to do next;
    /// `Nanos::MAX` for never.
    pub fn next_deadline(&self) -> Nanos {
        self.next_deadline
    }

    #[cold]
    fn expire_due(&mut self, now: Nanos) {
        self.next_deadline = Nanos::MAX;
        let mut at = 0;
        while let Some(&slot) = self.order.get(at) {
            let client = self.client(slot);
            let (lease, bound_until) = (client.deadline(), client.bound_until);
            if lease <= now {
                self.remove(slot);
                self.counters.count(Count::Expired);
                continue;
            }
            if bound_until <= now {
                self.unbind(slot);
            } else if self.streams.flow(slot).endpoint.is_some() {
                self.note_deadline(bound_until);
            }
            self.note_deadline(lease);
            at += 1;
        }
    }

    /// Takes care that [`expire`](Table::expire) looks at `deadline`.
    pub(super) fn note_deadline(&mut self, deadline: Nanos) {
        self.next_deadline = self.next_deadline.min(deadline);
    }

    /// Removes a client and everything known of it.
    pub(super) fn remove(&mut self, slot: Slot) {
        self.unbind(slot);
        let client = self.clients[usize::from(slot)].take().expect("a client is removed once");
        match &client.standing {
            Standing::Registered(session) => drop(self.by_control.remove(&session.peer)),
            Standing::Declared(declared) => self.undeclare(declared),
        }
        self.streams.remove(slot, client.ssid);
        self.order.retain(|other| *other != slot);
        self.roster_changed();
    }

    /// Forgets the media address of a client: it is in no list any more. A
    /// static client that it was taken from has it again.
    pub(super) fn unbind(&mut self, slot: Slot) {
        let Some(endpoint) = self.streams.flow(slot).endpoint else { return };
        self.by_media.remove(endpoint.peer());
        for source in &self.order {
            self.streams.set(*source, slot, Default::default());
        }
        self.streams.flow_mut(slot).endpoint = None;
        if let Some(&declared) = self.by_declared.get(endpoint.peer())
            && declared != slot
        {
            self.bind_declared(declared);
        }
    }
}
