//! The client table: who is registered, who receives what (docs/wire.md,
//! "Control").
//!
//! A pure state machine. It opens no socket and reads no clock: datagrams
//! come in as octets with an [`Arrival`], time comes in with every call, and
//! randomness came in at the start. Whatever it drops it counts and names
//! with a [`Count`].
//!
//! Every entry point first ends what the time has ended, so a client whose
//! deadline has come is gone for whoever asks, at whatever moment timers run.

mod client;
mod cookie;
mod counters;
mod expiry;
mod media;
mod random;
mod rate;
mod register;
mod requests;
mod roster;
mod rtcp;
mod sequence;
mod statics;
mod streams;
mod subscription;
mod text;

#[cfg(test)]
mod tests;

pub use counters::{Count, Counters};
pub use media::{Arrived, Destination, Recipient};
pub use random::{NoRandomNumbers, Random};
pub use roster::Changed;
pub use statics::{Refusal, StaticClient};
pub use streams::{Endpoint, Slot, Stream, Traffic};
pub use text::{Clients, PerStream};

use super::wire::{Key, Message, Ssid, StreamType, Tag, parse_datagram};
use client::Client;
use cookie::{Bound, Cookies};
use pkgraph::runtime::{Address, Nanos};
use pkgraph_ethernet::Link;
use rate::{HostWindows, Window};
use roster::Announcer;
use std::collections::HashMap;
use streams::Streams;

/// What the table allows, and which addresses are the switch's own.
#[derive(Clone, Debug)]
pub struct Config {
    /// Clients, at most. Not above [`Config::CLIENTS_MAX`].
    pub clients: usize,
    /// Clients of one IPv4 address or IPv6 /64, at most.
    pub clients_per_host: usize,
    /// Clients of one IPv6 /48, at most.
    pub clients_per_network: usize,
    /// Control messages a second of one client.
    pub control_rate: u32,
    /// REGISTERs a second of one host.
    pub register_rate: u32,
    /// HELLOs a second in all.
    pub hello_rate: u32,
    /// Forwarded RTCP datagrams a second of one client.
    pub rtcp_rate: u32,
    /// What signs control messages, if they have to be signed.
    pub key: Option<Key>,
    /// Addresses that no client can have as its media address. Those that a
    /// client writes to need not be among them.
    pub own: Vec<Address>,
}

impl Config {
    /// The most that `clients` may be: slots are 16-bit numbers.
    pub const CLIENTS_MAX: usize = 1 << 16;
}

/// The limits of docs/wire.md, "Limits".
impl Default for Config {
    fn default() -> Config {
        Config {
            clients: 1024,
            clients_per_host: 64,
            clients_per_network: 256,
            control_rate: 256,
            register_rate: 64,
            hello_rate: 10_000,
            rtcp_rate: 64,
            key: None,
            own: Vec::new(),
        }
    }
}

/// How a datagram arrived.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// Who sent it.
    pub peer: Address,
    /// The switch's address that it was sent to.
    pub own: Address,
    /// Over which link, if it came in an Ethernet frame.
    pub link: Option<Link>,
    /// On which of the switch's two ports.
    pub port: Port,
    /// When.
    pub now: Nanos,
}

/// The switch's ports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Port {
    /// RTP, and RTCP by its packet types.
    Media,
    /// RTCP.
    Control,
}

/// What comes of a datagram of RTCP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// An answer to whoever sent it.
    Answer(Message),
    /// The datagram itself, as it is, to these.
    Forward(Vec<Destination>),
}

/// What a datagram's tag covers, and the tag.
struct Signature<'a> {
    octets: &'a [u8],
    tag: Option<&'a Tag>,
}

/// The client table.
pub struct Table {
    config: Config,
    /// The SSRC of what the switch sends.
    identifier: Ssid,
    random: Random,
    cookies: Cookies,
    /// By slot.
    clients: Vec<Option<Client>>,
    /// Slots in the order of joining.
    order: Vec<Slot>,
    by_control: HashMap<Address, Slot>,
    by_media: HashMap<Address, Slot>,
    /// Media addresses of static clients, which they have while nobody has
    /// proven that they are another's.
    by_declared: HashMap<Address, Slot>,
    /// Whether a static client waits for the switch's address to send from.
    is_unsettled: bool,
    /// The address that did not serve all of those.
    tried_own: Option<Address>,
    /// Whether a static client waits for the switch's Ethernet address.
    is_unlinked: bool,
    /// The link that media arrived by when that was settled.
    arrived_by: Option<Link>,
    /// Whether there are silent clients that nobody has been told of.
    has_new_silent: bool,
    streams: Streams,
    /// How many have ever joined.
    joins: u64,
    version: u32,
    announcer: Announcer,
    hellos: Window,
    registers: HostWindows,
    /// No client's lease or media address ends before.
    next_deadline: Nanos,
    /// What has come and gone; the owner of the table counts what it sends.
    pub counters: Counters,
}

impl Table {
    /// An empty table.
    ///
    /// # Panics
    /// If more clients are asked for than [`Config::CLIENTS_MAX`].
    pub fn new(config: Config, mut random: Random) -> Table {
        assert!(config.clients <= Config::CLIENTS_MAX);
        Table {
            config,
            identifier: draw_ssid(&mut random),
            cookies: Cookies::new(&mut random),
            random,
            clients: Vec::new(),
            order: Vec::new(),
            by_control: HashMap::new(),
            by_media: HashMap::new(),
            by_declared: HashMap::new(),
            is_unsettled: false,
            tried_own: None,
            is_unlinked: false,
            arrived_by: None,
            has_new_silent: false,
            streams: Streams::default(),
            joins: 0,
            version: 0,
            announcer: Announcer::default(),
            hellos: Window::default(),
            registers: HostWindows::default(),
            next_deadline: Nanos::MAX,
            counters: Counters::default(),
        }
    }

    /// The SSRC of everything that the switch sends of its own.
    pub fn identifier(&self) -> Ssid {
        self.identifier
    }

    /// The roster's version: how many joins and leaves there have been,
    /// modulo 2^32.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// How many clients there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is no client.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// A datagram of RTCP: the answer to it or where it is forwarded, if
    /// anything comes of it at all.
    ///
    /// # Errors
    /// Why it was dropped. A datagram whose BYE was noted is dropped all the
    /// same if nothing else in it is for the switch or a client.
    pub fn control(&mut self, octets: &[u8], arrival: &Arrival) -> Result<Reply, Count> {
        self.expire(arrival.now);
        self.counters.count(Count::Control);
        self.reply(octets, arrival).inspect_err(|why| self.counters.count(*why))
    }

    fn reply(&mut self, octets: &[u8], arrival: &Arrival) -> Result<Reply, Count> {
        let datagram = parse_datagram(octets).map_err(|_| Count::Malformed)?;
        if !datagram.ours {
            let receivers = self.forward(&datagram.concerned, arrival);
            self.note_byes(&datagram.byes, arrival.peer);
            return receivers.map(Reply::Forward);
        }
        self.note_byes(&datagram.byes, arrival.peer);
        let request = datagram.request().ok_or(Count::Skipped)?;
        let signature = Signature { octets, tag: datagram.tag.as_ref() };
        let answer = match &request.message {
            Message::Hello { nonce, .. } => {
                if !self.hellos.admit(arrival.now, self.config.hello_rate) {
                    return Err(Count::Limited);
                }
                Ok(self.challenge(*nonce, arrival))
            }
            Message::Register(register) => self.register(register, &signature, arrival),
            _ => self.request(request, &signature, arrival),
        };
        answer.map(Reply::Answer)
    }

    /// Whether a datagram is signed as it has to be.
    fn is_authentic(&self, signature: &Signature<'_>) -> bool {
        let key = self.config.key.as_ref();
        key.is_none_or(|key| key.verify(signature.octets, signature.tag))
    }

    /// A CHALLENGE for whoever wrote.
    fn challenge(&self, nonce: u64, arrival: &Arrival) -> Message {
        let cookie = self.cookies.make(&bound(nonce, arrival), arrival.now);
        Message::Challenge { nonce, cookie }
    }

    /// The client of this SSID.
    fn slot_of(&self, ssid: Ssid) -> Option<Slot> {
        let slot = self.streams.find(ssid.ssrc(StreamType::Asq))?.source;
        // The SSRC may be a static client's of another SSID.
        (self.client(slot).ssid == ssid).then_some(slot)
    }

    fn client(&self, slot: Slot) -> &Client {
        self.clients[usize::from(slot)].as_ref().expect("only slots of clients are kept anywhere")
    }

    fn client_mut(&mut self, slot: Slot) -> &mut Client {
        self.clients[usize::from(slot)].as_mut().expect("only slots of clients are kept anywhere")
    }
}

/// What a cookie for this nonce is bound to.
fn bound(nonce: u64, arrival: &Arrival) -> Bound {
    Bound { peer: arrival.peer, own_udp_port: arrival.own.udp_port(), nonce }
}

/// 28 random bits that make an SSID.
fn draw_ssid(random: &mut Random) -> Ssid {
    loop {
        if let Some(ssid) = Ssid::new((random.number() as u32) << 4) {
            return ssid;
        }
    }
}
