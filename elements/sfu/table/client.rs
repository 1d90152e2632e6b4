//! A client as control knows it. What media needs of it is its
//! [`Flow`](super::streams::Flow).

use super::super::wire::{Message, Registered, Ssid, TypeMask};
use super::rate::Window;
use super::statics::Declared;
use super::subscription::Subscription;
use pkgraph::runtime::{Address, Nanos};
use pkgraph_ethernet::Link;

/// The lease granted when 0 is asked for, in seconds.
const LEASE_DEFAULT: u32 = 30;
/// The leases that are granted, in seconds.
const LEASES: std::ops::RangeInclusive<u32> = 5..=300;
/// How long a media address lasts without another BIND, in nanoseconds.
pub const BIND_LASTS: Nanos = 120 * SECOND;
/// A second in nanoseconds.
pub const SECOND: Nanos = 1_000_000_000;

/// A client of the table.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its name, for as long as it is registered.
    pub ssid: Ssid,
    /// Whether it wants its own packets back.
    pub echo: bool,
    /// What it wants from the others.
    pub subscription: Subscription,
    /// When its media address is forgotten, if it has one.
    pub bound_until: Nanos,
    /// Control messages of this second; they outlast a registration.
    pub control_rate: Window,
    /// Forwarded RTCP of this second.
    pub rtcp_rate: Window,
    /// Why it is a client.
    pub standing: Standing,
}

/// What makes a client one.
#[derive(Clone, Debug)]
pub enum Standing {
    /// It has registered, and speaks to the switch.
    Registered(Session),
    /// The graph, or whoever runs it, has declared it.
    Declared(Declared),
}

/// A registration: what is new with each REGISTER.
#[derive(Clone, Debug)]
pub struct Session {
    /// The address that the REGISTER came from.
    pub peer: Address,
    /// The switch's address that the REGISTER was sent to.
    pub own: Address,
    /// The link that the last accepted message from there came by, if it came
    /// in an Ethernet frame.
    pub link: Option<Link>,
    /// The answer to the REGISTER; holds nonce, token and lease.
    pub registered: Registered,
    /// When the lease ends.
    pub deadline: Nanos,
    /// The last accepted seq and its answer.
    pub last: Option<(u32, Message)>,
}

impl Session {
    /// Starts the lease anew.
    pub fn renew(&mut self, now: Nanos) {
        self.deadline = now.saturating_add(SECOND * Nanos::from(self.registered.lease));
    }
}

impl Client {
    /// A client that has just come to be.
    pub fn new(ssid: Ssid, echo: bool, wants: TypeMask, standing: Standing) -> Client {
        Client {
            ssid,
            echo,
            subscription: Subscription::from_wants(wants),
            bound_until: 0,
            control_rate: Window::default(),
            rtcp_rate: Window::default(),
            standing,
        }
    }

    /// Its registration; a static client has none.
    pub fn session(&self) -> Option<&Session> {
        match &self.standing {
            Standing::Registered(session) => Some(session),
            Standing::Declared(_) => None,
        }
    }

    /// Its registration, to be changed.
    pub fn session_mut(&mut self) -> Option<&mut Session> {
        match &mut self.standing {
            Standing::Registered(session) => Some(session),
            Standing::Declared(_) => None,
        }
    }

    /// When its lease ends: a static client's never does.
    pub fn deadline(&self) -> Nanos {
        self.session().map_or(Nanos::MAX, |session| session.deadline)
    }

    /// What it wants of `source`, which may be itself.
    pub fn wants(&self, source: Ssid) -> TypeMask {
        match (source == self.ssid, self.echo) {
            (false, _) => self.subscription.wants(source),
            (true, true) => TypeMask::ALL,
            (true, false) => TypeMask::NONE,
        }
    }
}

/// The lease granted for one asked for, both in seconds.
pub fn grant(asked: u32) -> u32 {
    match asked {
        0 => LEASE_DEFAULT,
        _ => asked.clamp(*LEASES.start(), *LEASES.end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leases_are_5_to_300_s_and_30_s_for_no_wish() {
        let cases = [(0, 30), (1, 5), (5, 5), (6, 6), (300, 300), (301, 300), (u32::MAX, 300)];
        for (asked, granted) in cases {
            assert_eq!(grant(asked), granted, "{asked}");
        }
    }
}
