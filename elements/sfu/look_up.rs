//! The Ethernet addresses of static clients that have said nothing: the host
//! knows them, or finds them out.

use super::neighbours::Neighbours;
use super::table::{Slot, Table};
use pkgraph::runtime::{Address, Context, Nanos};
use pkgraph_ethernet::EtherAddress;

/// How long until the host is asked once more, in nanoseconds: at first, and
/// at most while an answer is missing.
const SOON: Nanos = 10_000_000;
const LATER: Nanos = 1_000_000_000;
/// And when all are known: addresses change.
const AGAIN: Nanos = 30 * LATER;

/// The way to an IP address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "linux"), expect(dead_code, reason = "nobody knows a way"))]
pub enum Hop {
    /// The Ethernet address of its host, or of the router before it.
    Known(EtherAddress),
    /// The host would have to find it out.
    Unknown,
    /// Not by this interface, or there is none.
    Elsewhere,
}

/// Asks the host from time to time.
pub struct LookUp {
    /// `None` where the host has no netlink, and where there is no host: in virtual time.
    neighbours: Option<Neighbours>,
    next: Nanos,
    wait: Nanos,
    /// Kept, so that nothing is allocated when all is known.
    silent: Vec<(Slot, Address)>,
}

impl LookUp {
    pub fn new(context: &Context) -> LookUp {
        let is_alone = context.clock().is_virtual();
        let neighbours = if is_alone { None } else { Neighbours::open().ok() };
        LookUp { neighbours, next: Nanos::MAX, wait: SOON, silent: Vec::new() }
    }

    /// Asks, if it is time: when to do so again.
    #[inline]
    pub fn run(&mut self, table: &mut Table, now: Nanos) -> Nanos {
        if table.take_new_silent() {
            (self.next, self.wait) = (now, SOON);
        }
        if now >= self.next {
            self.next = self.ask(table, now);
        }
        self.next
    }

    #[cold]
    fn ask(&mut self, table: &mut Table, now: Nanos) -> Nanos {
        let Some(neighbours) = &self.neighbours else { return Nanos::MAX };
        let Some(own) = table.arrived_by().map(|link| link.own) else { return Nanos::MAX };
        self.silent.clear();
        self.silent.extend(table.silent());
        if self.silent.is_empty() {
            return Nanos::MAX;
        }
        let mut is_complete = true;
        for (slot, peer) in &self.silent {
            match neighbours.find(peer.ip(), own) {
                Hop::Known(address) => {
                    table.link_silent(*slot, address);
                    // The host forgets whom it does not speak to.
                    if self.wait == AGAIN {
                        neighbours.resolve(peer.socket_addr());
                    }
                }
                Hop::Unknown => {
                    is_complete = false;
                    neighbours.resolve(peer.socket_addr());
                }
                // Routes change.
                Hop::Elsewhere => is_complete = false,
            }
        }
        let wait = if is_complete { AGAIN } else { self.wait.min(LATER) };
        self.wait = if is_complete { AGAIN } else { (2 * wait).min(LATER) };
        now.saturating_add(wait)
    }
}
