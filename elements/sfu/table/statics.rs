//! Static clients: declared, not registered (docs/wire.md, "Static clients").

use super::super::wire::{RtpPacket, Ssid, StreamType, TypeMask};
use super::client::{Client, SECOND, Standing};
use super::streams::{Endpoint, Slot, Stream};
use super::{Address, Arrival, Count, Nanos, Table};
use pkgraph_ethernet::{EtherAddress, Link};
use std::fmt;

/// How long a learned SSRC has to be silent before another takes its place,
/// in nanoseconds: RFC 3550 §6.3.5 times sources out after five reports of
/// 5 s at least, a tool that was started again need not wait for that.
const SILENCE: Nanos = 5 * SECOND;

/// A client that never speaks the control protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticClient {
    /// Its name.
    pub ssid: Ssid,
    /// Where its media comes from and goes to.
    pub media: Address,
    /// The switch's address that its copies leave from. Without one, it is
    /// the address that the first media packet arrives at, and until then the
    /// client receives nothing.
    pub own: Option<Address>,
    /// Its Ethernet address, if it is to receive frames before it has sent any.
    pub mac: Option<EtherAddress>,
    /// What it wants from every other client.
    pub wants: TypeMask,
    /// SSRCs of its streams besides those that its SSID and a type make.
    pub map: Vec<(u32, StreamType)>,
    /// RTP payload types: the SSRC that comes first with one from its media
    /// address is of this type.
    pub learn: Vec<(u8, StreamType)>,
}

/// What the table keeps of a static client.
#[derive(Clone, Debug)]
pub struct Declared {
    media: Address,
    own: Option<Address>,
    mac: Option<EtherAddress>,
    map: Vec<(u32, StreamType)>,
    learn: Vec<Learn>,
}

/// A payload type whose SSRC is to be learned, or has been.
#[derive(Clone, Copy, Debug)]
struct Learn {
    payload_type: u8,
    kind: StreamType,
    ssrc: Option<u32>,
}

/// Why a client is not added or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A client has this SSID, or one of its SSRCs is another client's.
    SsidTaken(Ssid),
    /// The SSID is the identifier that the switch drew for itself.
    SsidOfSwitch(Ssid),
    /// The SSRC belongs to a stream already.
    SsrcTaken(u32),
    /// The SSRC stands twice in the declaration.
    SsrcTwice(u32),
    /// A client has this media address.
    MediaTaken(Address),
    /// The media address is the switch's own.
    MediaOfSwitch(Address),
    /// The table has as many clients as it takes.
    NoRoom(usize),
    /// No client has this SSID.
    Unknown(Ssid),
    /// The client has registered itself.
    NotStatic(Ssid),
}

impl Table {
    /// Adds a static client.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing has changed then.
    pub fn add_static(&mut self, client: &StaticClient, now: Nanos) -> Result<(), Refusal> {
        self.expire(now);
        self.check_static(client)?;
        let StaticClient { ssid, media, own, mac, wants, map, learn } = client.clone();
        let learn = learn
            .into_iter()
            .map(|(payload_type, kind)| Learn { payload_type, kind, ssrc: None })
            .collect();
        let declared = Declared { media, own, mac, map: map.clone(), learn };
        let mut client = Client::new(ssid, false, wants, Standing::Declared(declared));
        client.bound_until = Nanos::MAX;
        self.roster_changed();
        let slot = self.join(client);
        for (ssrc, kind) in map {
            self.streams.map(ssrc, Stream { source: slot, kind });
        }
        self.by_declared.insert(media, slot);
        self.bind_declared(slot);
        Ok(())
    }

    fn check_static(&self, client: &StaticClient) -> Result<(), Refusal> {
        let StaticClient { ssid, media, own, map, .. } = client;
        if *ssid == self.identifier {
            return Err(Refusal::SsidOfSwitch(*ssid));
        }
        if self.streams.has_any_of(*ssid) {
            return Err(Refusal::SsidTaken(*ssid));
        }
        for (n, (ssrc, _)) in map.iter().enumerate() {
            let is_own_stream = StreamType::ALL.iter().any(|kind| ssid.ssrc(*kind) == *ssrc);
            if is_own_stream || map[..n].iter().any(|(before, _)| before == ssrc) {
                return Err(Refusal::SsrcTwice(*ssrc));
            }
            if self.streams.find(*ssrc).is_some() || *ssrc == self.identifier.get() {
                return Err(Refusal::SsrcTaken(*ssrc));
            }
        }
        if self.by_media.contains_key(media) || self.by_declared.contains_key(media) {
            return Err(Refusal::MediaTaken(*media));
        }
        if self.config.own.contains(media) || *own == Some(*media) {
            return Err(Refusal::MediaOfSwitch(*media));
        }
        if self.order.len() >= self.config.clients {
            return Err(Refusal::NoRoom(self.config.clients));
        }
        Ok(())
    }

    /// Removes a static client.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] or [`Refusal::NotStatic`].
    pub fn remove_static(&mut self, ssid: Ssid, now: Nanos) -> Result<(), Refusal> {
        self.expire(now);
        let slot = self.slot_of(ssid).ok_or(Refusal::Unknown(ssid))?;
        if self.client(slot).session().is_some() {
            return Err(Refusal::NotStatic(ssid));
        }
        self.kick(ssid, now)
    }

    /// Removes any client as if its lease had run out.
    ///
    /// # Errors
    /// [`Refusal::Unknown`].
    pub fn kick(&mut self, ssid: Ssid, now: Nanos) -> Result<(), Refusal> {
        self.expire(now);
        let slot = self.slot_of(ssid).ok_or(Refusal::Unknown(ssid))?;
        self.remove(slot);
        self.counters.count(Count::Removed);
        Ok(())
    }

    /// Gives a static client its media address, unless another client has
    /// proven that it receives there.
    pub(super) fn bind_declared(&mut self, slot: Slot) {
        let Standing::Declared(declared) = &self.client(slot).standing else { return };
        let (peer, own) = (declared.media, declared.own);
        if !self.by_media.contains_key(&peer) {
            if own.is_none() {
                (self.is_unsettled, self.tried_own) = (true, None);
            }
            self.is_unlinked = true;
            let own = own.unwrap_or(Address::UNSPECIFIED);
            self.place(slot, Endpoint::new(peer, own, None));
        }
    }

    /// Forgets what a static client that is removed has besides the others.
    pub(super) fn undeclare(&mut self, declared: &Declared) {
        self.by_declared.remove(&declared.media);
        let learned = declared.learn.iter().filter_map(|learn| learn.ssrc);
        for ssrc in declared.map.iter().map(|(ssrc, _)| *ssrc).chain(learned) {
            self.streams.unmap(ssrc);
        }
    }

    /// Takes `own`, which a media packet has arrived at, as the address that
    /// the copies of static clients leave from whose declaration names none.
    /// One of the other family does not serve, unless it stands for all.
    #[cold]
    pub(super) fn settle(&mut self, own: Address) {
        if self.tried_own.replace(own) == Some(own) {
            return;
        }
        self.is_unsettled = false;
        for n in 0..self.order.len() {
            let slot = self.order[n];
            let Some(endpoint) = self.streams.flow(slot).endpoint else { continue };
            if endpoint.receives() {
                continue;
            }
            let is_of_family =
                own.ip().is_unspecified() || own.ip().is_ipv4() == endpoint.peer().ip().is_ipv4();
            if is_of_family && own != *endpoint.peer() {
                if let Standing::Declared(declared) = &mut self.client_mut(slot).standing {
                    declared.own = Some(own);
                }
                self.place(slot, Endpoint::new(*endpoint.peer(), own, endpoint.link()));
            } else {
                self.is_unsettled = true;
            }
        }
    }

    /// Reaches the static clients that have sent nothing yet, from the switch's
    /// own Ethernet address and in the VLAN that a media packet has arrived by:
    /// those whose declaration has an address, and notes that others have none.
    #[cold]
    pub(super) fn link_statics(&mut self, arrived_by: Option<Link>) {
        self.is_unlinked = false;
        let Some(link) = arrived_by else { return };
        self.arrived_by = Some(link);
        for n in 0..self.order.len() {
            let slot = self.order[n];
            let Standing::Declared(declared) = &self.client(slot).standing else { continue };
            let Some(peer) = declared.mac else {
                self.has_new_silent = true;
                continue;
            };
            if let Some(endpoint) = &mut self.streams.flow_mut(slot).endpoint {
                endpoint.set_link(endpoint.link().or(Some(Link { peer, ..link })));
            }
        }
    }

    /// Whether there may be silent clients that were not there the last time.
    #[inline]
    pub fn take_new_silent(&mut self) -> bool {
        std::mem::take(&mut self.has_new_silent)
    }

    /// Static clients that get frames, have sent none, and whose declaration
    /// has no Ethernet address: somebody else has to know it.
    pub fn silent(&self) -> impl Iterator<Item = (Slot, Address)> {
        self.order.iter().filter_map(|&slot| {
            let Standing::Declared(declared) = &self.client(slot).standing else { return None };
            let flow = self.streams.flow(slot);
            let is_silent = declared.mac.is_none() && flow.heard.iter().all(|heard| *heard == 0);
            flow.endpoint.filter(|_| is_silent).map(|endpoint| (slot, *endpoint.peer()))
        })
    }

    /// The link of the media that said how to reach silent clients.
    pub fn arrived_by(&self) -> Option<Link> {
        self.arrived_by
    }

    /// Reaches one of the [`silent`](Table::silent) clients by this address.
    pub fn link_silent(&mut self, slot: Slot, peer: EtherAddress) {
        let Some(link) = self.arrived_by else { return };
        if let Some(endpoint) = &mut self.streams.flow_mut(slot).endpoint {
            endpoint.set_link(Some(Link { peer, ..link }));
        }
    }

    /// The stream of an SSRC that nobody has, if a static client's declaration
    /// says that it may learn it.
    ///
    /// # Errors
    /// [`Count::UnknownType`] or [`Count::UnknownSource`].
    #[cold]
    pub(super) fn learn(
        &mut self,
        packet: &RtpPacket<'_>,
        arrival: &Arrival,
    ) -> Result<Stream, Count> {
        let (ssrc, payload_type) = (packet.ssrc(), packet.payload_type());
        self.try_to_learn(ssrc, payload_type, arrival).ok_or(match packet.stream_type() {
            Some(_) => Count::UnknownSource,
            None => Count::UnknownType,
        })
    }

    fn try_to_learn(&mut self, ssrc: u32, payload_type: u8, arrival: &Arrival) -> Option<Stream> {
        let slot = *self.by_media.get(&arrival.peer)?;
        let heard = self.streams.flow(slot).heard;
        let Standing::Declared(declared) = &mut self.client_mut(slot).standing else { return None };
        let learn = declared.learn.iter_mut().find(|learn| learn.payload_type == payload_type)?;
        let silent_from = heard[learn.kind.index()].saturating_add(SILENCE);
        if learn.ssrc.is_some() && arrival.now < silent_from {
            return None;
        }
        let stream = Stream { source: slot, kind: learn.kind };
        if let Some(before) = learn.ssrc.replace(ssrc) {
            self.streams.unmap(before);
        }
        self.streams.map(ssrc, stream);
        Some(stream)
    }

    /// Forgets an SSRC if it was learned, for the next to be.
    pub(super) fn unlearn(&mut self, slot: Slot, ssrc: u32) {
        let Standing::Declared(declared) = &mut self.client_mut(slot).standing else { return };
        let learned = declared.learn.iter_mut().find(|learn| learn.ssrc == Some(ssrc));
        if let Some(learn) = learned {
            learn.ssrc = None;
            self.streams.unmap(ssrc);
        }
    }
}

/// ` map=SSRC:TYPE` and ` learn=PAYLOAD-TYPE:TYPE`, the latter with `=SSRC`
/// once it is known.
impl fmt::Display for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (ssrc, kind)) in self.map.iter().enumerate() {
            write!(f, "{}{ssrc:#010x}:{kind}", if n == 0 { " map=" } else { "," })?;
        }
        for (n, Learn { payload_type, kind, ssrc }) in self.learn.iter().enumerate() {
            write!(f, "{}{payload_type}:{kind}", if n == 0 { " learn=" } else { "," })?;
            if let Some(ssrc) = ssrc {
                write!(f, "={ssrc:#010x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::SsidTaken(ssid) => {
                write!(f, "{ssid} is taken: a client has it, or an SSRC that belongs to it")
            }
            Refusal::SsidOfSwitch(ssid) => {
                write!(f, "{ssid} is what the switch drew for itself: choose another SSID")
            }
            Refusal::SsrcTaken(ssrc) => write!(f, "SSRC {ssrc:#010x} is another client's"),
            Refusal::SsrcTwice(ssrc) => {
                write!(f, "SSRC {ssrc:#010x} is twice the same client's: leave one out")
            }
            Refusal::MediaTaken(media) => write!(f, "a client has the media address {media}"),
            Refusal::MediaOfSwitch(media) => {
                write!(f, "{media} is the switch's own address: copies would come back to it")
            }
            Refusal::NoRoom(most) => {
                write!(f, "there are {most} clients already: raise CLIENTS_MAX, or remove one")
            }
            Refusal::Unknown(ssid) => {
                write!(f, "no client has the SSID {ssid}; the handler clients lists all")
            }
            Refusal::NotStatic(ssid) => {
                write!(f, "{ssid} has registered itself: the handler kick removes it")
            }
        }
    }
}

impl std::error::Error for Refusal {}
