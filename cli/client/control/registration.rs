//! What the client holds while it is registered: its token, its numbers, its
//! deadlines, and the one request under way.
//!
//! One at a time, because the switch takes numbers in rising order only: of
//! two under way, the one that arrives later may be the lower.

use super::retry::Retry;
use super::{Event, Port, Roster};
use pkgraph_runtime::Nanos;
use pkgraph_sfu::wire::{Cookie, Entry, Message, Registered, Ssid, Status};

const SECOND: Nanos = 1_000_000_000;
/// From one BIND to the next.
const BIND_EVERY: Nanos = 60 * SECOND;
/// The first try's time, and the longest.
const FIRST_PAUSE: Nanos = SECOND / 2;
const LONGEST_PAUSE: Nanos = 2 * SECOND;
/// The longest for LEAVE, for which somebody waits.
const LEAVE_PAUSE: Nanos = SECOND / 4;

/// A message that wants an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    Bind(Cookie),
    /// The entries from the first to before the second index.
    Subscribe(usize, usize),
    Keepalive,
    List,
    Leave,
}

impl Request {
    /// The message's name in docs/wire.md.
    pub fn name(self) -> &'static str {
        match self {
            Request::Bind(_) => "BIND",
            Request::Subscribe(..) => "SUBSCRIBE",
            Request::Keepalive => "KEEPALIVE",
            Request::List => "LIST",
            Request::Leave => "LEAVE",
        }
    }

    /// The port it goes to, and its answer comes from.
    pub fn port(self) -> Port {
        if let Request::Bind(_) = self { Port::Media } else { Port::Control }
    }
}

/// The request under way.
#[derive(Clone, Copy, Debug)]
pub struct Flight {
    pub request: Request,
    pub seq: u32,
    pub sent_at: Nanos,
    pub retry: Retry,
}

/// What is wanted of which source, once a SUBSCRIBE has been asked for.
#[derive(Clone, Debug, Default)]
pub struct Subscription {
    pub entries: Option<Vec<Entry>>,
    /// How many of them the switch has; `None` if it has to be told anew.
    pub told: Option<usize>,
}

impl Subscription {
    /// The next part of it to tell.
    fn next(&self) -> Option<Request> {
        let entries = self.entries.as_ref()?;
        let from = self.told.unwrap_or(0);
        if self.told.is_some() && from >= entries.len() {
            return None;
        }
        Some(Request::Subscribe(from, entries.len().min(from + Message::SUBSCRIBE_MAX)))
    }
}

/// A registration that the switch has granted.
#[derive(Debug)]
pub struct Registration {
    pub ssid: Ssid,
    pub lease: Nanos,
    pub flight: Option<Flight>,
    pub is_bound: bool,
    token: u64,
    /// The last number used.
    seq: u32,
    bind_at: Nanos,
    renew_at: Nanos,
}

impl Registration {
    pub fn new(granted: &Registered, now: Nanos) -> Registration {
        let lease = Nanos::from(granted.lease.max(1)) * SECOND;
        Registration {
            ssid: granted.ssid,
            lease,
            flight: None,
            is_bound: false,
            token: granted.token,
            seq: 0,
            bind_at: now,
            renew_at: now + lease / 3,
        }
    }

    /// When a request falls due while none is under way.
    pub fn deadline(&self, roster: &Roster) -> Nanos {
        self.bind_at.min(self.renew_at).min(roster.due().unwrap_or(Nanos::MAX))
    }

    /// Takes the request whose turn it is under way; whether there was one.
    pub fn depart(
        &mut self,
        leaving: bool,
        subscription: &Subscription,
        roster: &Roster,
        now: Nanos,
    ) -> bool {
        if self.flight.is_some() {
            return false;
        }
        let request = if leaving {
            Request::Leave
        } else if now >= self.bind_at {
            Request::Bind([0; 16])
        } else if let Some(subscribe) = subscription.next() {
            subscribe
        } else if now >= self.renew_at {
            Request::Keepalive
        } else if roster.due().is_some_and(|due| now >= due) {
            Request::List
        } else {
            return false;
        };
        self.seq += 1;
        let longest = if leaving { LEAVE_PAUSE } else { LONGEST_PAUSE.min(self.lease / 9) };
        let retry = Retry::new(now, FIRST_PAUSE, longest);
        self.flight = Some(Flight { request, seq: self.seq, sent_at: now, retry });
        true
    }

    /// The message under way.
    pub fn message(&self, subscription: &Subscription, roster: &Roster) -> Option<Message> {
        let Flight { request, seq, .. } = self.flight?;
        let token = self.token;
        Some(match request {
            Request::Bind(cookie) => Message::Bind { token, seq, cookie },
            Request::Subscribe(from, to) => {
                let entries = subscription.entries.as_deref().unwrap_or_default();
                let entries = entries.get(from..to).unwrap_or_default().to_vec();
                Message::Subscribe { token, seq, add: from > 0, entries }
            }
            Request::Keepalive => Message::Keepalive { token, seq },
            Request::List => Message::List { token, seq, first: roster.next_index() },
            Request::Leave => Message::Leave { token, seq },
        })
    }

    /// Takes the cookie of a CHALLENGE to a BIND; whether the BIND is to be
    /// sent again at once.
    pub fn challenged(&mut self, nonce: u64, fresh: Cookie) -> bool {
        let ssid = self.ssid;
        let Some(flight) = &mut self.flight else { return false };
        match &mut flight.request {
            Request::Bind(cookie)
                if Message::bind_nonce(flight.seq, ssid) == nonce && *cookie != fresh =>
            {
                *cookie = fresh;
                flight.retry.early()
            }
            _ => false,
        }
    }

    /// Ends the flight that `seq` from `port` answers; its first try may have
    /// been the one that was accepted, and that renewed the lease.
    pub fn landed(&mut self, seq: u32, port: Port) -> Option<Flight> {
        let flight =
            self.flight.take_if(|flight| flight.seq == seq && flight.request.port() == port)?;
        self.renew_at = flight.sent_at + self.lease / 3;
        Some(flight)
    }

    /// The media address is proven, since a BIND sent at `sent_at`. An event
    /// if it was not before.
    pub fn bound(&mut self, sent_at: Nanos) -> Option<Event> {
        self.bind_at = sent_at + BIND_EVERY;
        let lease = std::time::Duration::from_nanos(self.lease);
        let was_bound = std::mem::replace(&mut self.is_bound, true);
        (!was_bound).then_some(Event::Bound { ssid: self.ssid, lease })
    }
}

/// What the switch's status to a part of the subscription means.
pub fn subscribed(subscription: &mut Subscription, to: usize, status: Status) -> Option<Event> {
    if status != Status::DONE {
        *subscription = Subscription::default();
        return Some(Event::Subscribed(Err(status)));
    }
    subscription.told = Some(to);
    let all = subscription.entries.as_ref().map_or(0, Vec::len);
    (to >= all).then_some(Event::Subscribed(Ok(())))
}
