//! The client's side of the control protocol (docs/wire.md, "Control") as a
//! state machine: octets and times go in, octets and events come out.
//!
//! It knows no socket and no clock. HELLO, REGISTER and BIND follow one
//! another; then it keeps the lease and the media address, fetches the roster
//! when that changes, and starts at HELLO again when the switch is silent.

mod registration;
mod retry;
mod roster;

use super::error::{ClientError, Unanswered};
use pkgraph_runtime::Nanos;
use pkgraph_sfu::wire::{
    Cookie, Entry, Key, Malformed, Member, Message, Register, Ssid, Status, TypeMask,
    parse_datagram,
};
use registration::{Flight, Registration, Request, Subscription, subscribed};
use retry::Retry;
use roster::Roster;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

/// Tries of a request before the client has been bound once: 6.2 s for HELLO.
const START_TRIES: u32 = 5;
/// Tries of a request later on.
const TRIES: u32 = 3;
/// Pauses after HELLO and REGISTER: the first, and the longest.
const FIRST_PAUSE: Nanos = 200_000_000;
const LONGEST_PAUSE: Nanos = 4_000_000_000;

/// Which of the client's sockets, and the switch's port it talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    Control,
    Media,
}

/// What is asked of the switch.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The switch's control address.
    pub control: SocketAddr,
    /// Its media address.
    pub media: SocketAddr,
    /// Whether to receive the own packets.
    pub echo: bool,
    /// What to receive from every other client.
    pub wants: TypeMask,
    /// The lease asked for, in seconds.
    pub lease: u32,
    /// What signs all messages but HELLO, if they are to be signed.
    pub key: Option<Key>,
}

/// A datagram to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    pub port: Port,
    pub octets: Vec<u8>,
}

/// What has come about.
#[derive(Debug)]
pub enum Event {
    /// Registered and bound: media may flow.
    Bound { ssid: Ssid, lease: Duration },
    /// The switch is silent: no media until the next `Bound`.
    Lost,
    /// What became of a subscription.
    Subscribed(Result<(), Status>),
    /// The registration is over, for the switch too if it answered.
    Left,
    /// The client cannot start. Only before the first `Bound`.
    Failed(ClientError),
}

#[derive(Debug)]
enum State {
    Hello { nonce: u64, retry: Retry },
    Register { nonce: u64, cookie: Cookie, retry: Retry },
    Registered(Registration),
    Ended,
}

/// The state machine.
pub struct Control {
    settings: Settings,
    /// Where nonces come from; unpredictable outside of tests.
    nonces: Box<dyn FnMut() -> u64 + Send>,
    state: State,
    was_bound: bool,
    leaving: bool,
    refused: [bool; 2],
    subscription: Subscription,
    roster: Roster,
    outgoing: VecDeque<Outgoing>,
    events: VecDeque<Event>,
}

impl Control {
    /// A client that says HELLO now.
    pub fn new(
        settings: Settings,
        nonces: impl FnMut() -> u64 + Send + 'static,
        now: Nanos,
    ) -> Control {
        let mut control = Control {
            settings,
            nonces: Box::new(nonces),
            state: State::Ended,
            was_bound: false,
            leaving: false,
            refused: [false; 2],
            subscription: Subscription::default(),
            roster: Roster::default(),
            outgoing: VecDeque::new(),
            events: VecDeque::new(),
        };
        control.hello(now);
        control
    }

    /// The next datagram to send.
    pub fn outgoing(&mut self) -> Option<Outgoing> {
        self.outgoing.pop_front()
    }

    /// The next event.
    pub fn event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The SSID to send media under; `None` while the switch would drop it.
    pub fn bound(&self) -> Option<Ssid> {
        match &self.state {
            State::Registered(registration) if registration.is_bound => Some(registration.ssid),
            _ => None,
        }
    }

    /// The clients of the switch, as of the last look.
    pub fn members(&self) -> &[Member] {
        self.roster.members()
    }

    /// When [`advance`](Control::advance) has something to do.
    pub fn deadline(&self) -> Nanos {
        match &self.state {
            State::Hello { retry, .. } | State::Register { retry, .. } => retry.at(),
            State::Registered(registration) => match &registration.flight {
                Some(flight) => flight.retry.at(),
                None => registration.deadline(&self.roster),
            },
            State::Ended => Nanos::MAX,
        }
    }

    /// Does what is due at `now`.
    pub fn advance(&mut self, now: Nanos) {
        if now < self.deadline() {
            return;
        }
        let limit = if self.was_bound { TRIES } else { START_TRIES };
        let retry = match &mut self.state {
            State::Hello { retry, .. } | State::Register { retry, .. } => Some(retry),
            State::Registered(registration) => registration.flight.as_mut().map(|f| &mut f.retry),
            State::Ended => None,
        };
        match retry {
            None => self.depart(now),
            Some(retry) if retry.tries() < limit => {
                retry.again(now);
                self.transmit();
            }
            Some(retry) => {
                let retry = *retry;
                self.unanswered(retry, now);
            }
        }
    }

    /// Reads a datagram from the switch; what does not belong to a request
    /// under way has no effect.
    ///
    /// # Errors
    /// [`Malformed`] if it is not what docs/wire.md says.
    pub fn receive(&mut self, octets: &[u8], port: Port, now: Nanos) -> Result<(), Malformed> {
        let datagram = parse_datagram(octets)?;
        for envelope in datagram.messages {
            self.refused[port as usize] = false;
            self.hear(envelope.message, port, now);
        }
        self.depart(now);
        Ok(())
    }

    /// The switch's host says that nobody has this port.
    pub fn refused(&mut self, port: Port) {
        self.refused[port as usize] = true;
    }

    /// Replaces what is wanted, [`Settings::wants`] included.
    pub fn subscribe(&mut self, entries: Vec<Entry>, now: Nanos) {
        self.subscription = Subscription { entries: Some(entries), told: None };
        if let State::Registered(registration) = &mut self.state {
            registration.flight.take_if(|f| matches!(f.request, Request::Subscribe(..)));
        }
        self.depart(now);
    }

    /// Ends the registration, with a LEAVE if there is one.
    pub fn leave(&mut self, now: Nanos) {
        self.leaving = true;
        if let State::Registered(registration) = &mut self.state {
            registration.flight = None;
            self.depart(now);
        } else {
            self.end(Event::Left);
        }
    }

    fn hello(&mut self, now: Nanos) {
        let retry = Retry::new(now, FIRST_PAUSE, LONGEST_PAUSE);
        self.state = State::Hello { nonce: (self.nonces)(), retry };
        self.transmit();
    }

    /// HELLO again after the longest pause: the switch is there and refuses.
    fn hello_later(&mut self, now: Nanos) {
        let retry = Retry::after(now, LONGEST_PAUSE, LONGEST_PAUSE);
        self.state = State::Hello { nonce: (self.nonces)(), retry };
    }

    fn end(&mut self, event: Event) {
        self.state = State::Ended;
        self.events.push_back(event);
    }

    /// Sends the next request if none is under way.
    fn depart(&mut self, now: Nanos) {
        if let State::Registered(registration) = &mut self.state
            && registration.depart(self.leaving, &self.subscription, &self.roster, now)
        {
            self.transmit();
        }
    }

    /// Sends the request under way.
    fn transmit(&mut self) {
        let (port, ssrc, message) = match &self.state {
            State::Hello { nonce, .. } => (Port::Control, 0, Message::hello(*nonce)),
            State::Register { nonce, cookie, .. } => {
                let Settings { echo, wants, lease, .. } = self.settings;
                let register = Register { nonce: *nonce, cookie: *cookie, echo, wants, lease };
                (Port::Control, 0, Message::Register(register))
            }
            State::Registered(registration) => {
                let Some(message) = registration.message(&self.subscription, &self.roster) else {
                    return;
                };
                let is_bind = matches!(message, Message::Bind { .. });
                let port = if is_bind { Port::Media } else { Port::Control };
                (port, registration.ssid.get(), message)
            }
            State::Ended => return,
        };
        let mut octets = Vec::new();
        message.emit(ssrc, &mut octets);
        if let Some(key) = self.settings.key.as_ref().filter(|_| message.is_signed()) {
            key.sign(ssrc, &mut octets);
        }
        self.outgoing.push_back(Outgoing { port, octets });
    }

    /// The last try of a request is over.
    fn unanswered(&mut self, mut retry: Retry, now: Nanos) {
        let (request, port) = match &self.state {
            State::Hello { .. } => ("HELLO", Port::Control),
            State::Register { .. } => ("REGISTER", Port::Control),
            State::Registered(Registration { flight: Some(flight), .. }) => {
                if flight.request == Request::Leave {
                    return self.end(Event::Left);
                }
                (flight.request.name(), flight.request.port())
            }
            State::Registered(_) | State::Ended => return,
        };
        if !self.was_bound {
            let to = match port {
                Port::Control => self.settings.control,
                Port::Media => self.settings.media,
            };
            return self.end(Event::Failed(ClientError::NoAnswer(Unanswered {
                request,
                to,
                tries: retry.tries(),
                waited: retry.waited(now),
                refused: self.refused[port as usize],
            })));
        }
        match &mut self.state {
            // For ever: the switch may come back.
            State::Hello { retry: kept, .. } => {
                retry.again(now);
                *kept = retry;
                self.transmit();
            }
            State::Registered(_) => {
                self.events.push_back(Event::Lost);
                self.hello(now);
            }
            _ => self.hello(now),
        }
    }

    fn hear(&mut self, message: Message, port: Port, now: Nanos) {
        match (&mut self.state, message) {
            (State::Hello { nonce, .. }, Message::Challenge { nonce: answered, cookie })
                if *nonce == answered =>
            {
                let retry = Retry::new(now, FIRST_PAUSE, LONGEST_PAUSE);
                self.state = State::Register { nonce: answered, cookie, retry };
                self.transmit();
            }
            // The cookie had expired.
            (
                State::Register { nonce, cookie, retry },
                Message::Challenge { nonce: answered, cookie: fresh },
            ) if *nonce == answered && *cookie != fresh => {
                *cookie = fresh;
                if retry.early() {
                    self.transmit();
                }
            }
            (State::Register { nonce, .. }, Message::Registered(granted))
                if *nonce == granted.nonce =>
            {
                self.state = State::Registered(Registration::new(&granted, now));
                self.subscription.told = None;
                self.roster.clear();
                self.roster.hear(granted.version);
            }
            (State::Register { nonce, .. }, Message::Error { nonce: answered, code })
                if *nonce == answered =>
            {
                if self.was_bound {
                    self.hello_later(now);
                } else {
                    let control = self.settings.control;
                    self.end(Event::Failed(ClientError::Refused { control, code }));
                }
            }
            (State::Registered(registration), Message::Challenge { nonce, cookie }) => {
                let again = port == Port::Media && registration.challenged(nonce, cookie);
                if again {
                    self.transmit();
                }
            }
            (State::Registered(registration), Message::Ack { seq, status, version }) => {
                if let Some(flight) = registration.landed(seq, port) {
                    self.roster.hear(version);
                    self.acknowledged(flight, status, now);
                }
            }
            (
                State::Registered(registration),
                Message::Roster { seq, version, first, total, members },
            ) => {
                let asked = registration.landed(seq, port).is_some();
                if asked {
                    self.roster.page(version, first, total, &members, now);
                }
            }
            (State::Registered(_), Message::Changed { version }) => self.roster.hear(version),
            _ => {}
        }
    }

    fn acknowledged(&mut self, flight: Flight, status: Status, now: Nanos) {
        let State::Registered(registration) = &mut self.state else { return };
        match flight.request {
            Request::Bind(_) if status == Status::DONE => {
                self.was_bound = true;
                self.events.extend(registration.bound(flight.sent_at));
            }
            Request::Bind(_) if self.was_bound => {
                self.events.push_back(Event::Lost);
                self.hello_later(now);
            }
            Request::Bind(_) => {
                let media = self.settings.media;
                self.end(Event::Failed(ClientError::NotBound { media, status }));
            }
            Request::Subscribe(_, to) => {
                self.events.extend(subscribed(&mut self.subscription, to, status));
            }
            Request::Leave => self.end(Event::Left),
            Request::Keepalive | Request::List => {}
        }
    }
}

#[cfg(test)]
#[path = "control/tests.rs"]
mod tests;
