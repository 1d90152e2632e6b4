//! A model of the table that is only plain lists and the words of
//! docs/wire.md; `random_events.rs` holds the table against it.

use super::*;
use std::collections::HashMap;

/// A client, as the words have it.
#[derive(Clone, Debug)]
pub struct Known {
    pub control: Address,
    pub ssid: Ssid,
    pub token: u64,
    pub answer: Message,
    pub nonce: u64,
    pub echo: bool,
    pub lease: Nanos,
    pub deadline: Nanos,
    /// The subscription: source (0 for every other) to mask.
    pub entries: HashMap<u32, u32>,
    pub media: Option<(Address, Nanos)>,
    pub last: Option<(u32, Message)>,
    pub seen: u32,
}

impl Known {
    pub fn wants(&self, source: &Known) -> u32 {
        if source.ssid == self.ssid {
            return if self.echo { 7 } else { 0 };
        }
        let every = self.entries.get(&0).copied().unwrap_or(0);
        self.entries.get(&source.ssid.get()).copied().unwrap_or(every)
    }
}

/// The roster, in the order of joining.
#[derive(Default)]
pub struct Model {
    pub clients: Vec<Known>,
    pub version: u32,
}

pub const CLIENTS: usize = 4;
pub const PER_HOST: usize = 2;

impl Model {
    pub fn pass(&mut self, now: Nanos) {
        let before = self.clients.len();
        self.clients.retain(|client| now < client.deadline);
        self.version += (before - self.clients.len()) as u32;
        for client in &mut self.clients {
            client.media = client.media.filter(|(_, proven)| now < proven + 120 * SECOND);
        }
    }

    pub fn has_room_for(&self, peer: Address) -> bool {
        let of_host = self.clients.iter().filter(|c| c.control.ip() == peer.ip()).count();
        self.clients.len() < CLIENTS && of_host < PER_HOST
    }

    /// Where a packet goes, by looking at everybody.
    pub fn destinations(&self, source: &Known, kind: StreamType) -> Vec<Address> {
        let bit = 1 << kind.index();
        let receives = |c: &&Known| c.wants(source) & bit != 0;
        let others = self.clients.iter().filter(|c| c.ssid != source.ssid).filter(receives);
        let echo = self.clients.iter().filter(|c| c.ssid == source.ssid).filter(receives);
        others.chain(echo).filter_map(|c| c.media.map(|(address, _)| address)).collect()
    }

    /// A message under a token, to be answered or not. `proven` is whether a
    /// BIND's cookie is good.
    pub fn request(
        &mut self,
        arrival: &Arrival,
        ssrc: u32,
        message: &Message,
        proven: Option<bool>,
    ) -> Result<Expected, Count> {
        let version = self.version;
        let (token, seq) = match *message {
            Message::Bind { token, seq, .. }
            | Message::Subscribe { token, seq, .. }
            | Message::Keepalive { token, seq }
            | Message::Leave { token, seq }
            | Message::List { token, seq, .. } => (token, seq),
            _ => unreachable!(),
        };
        let is_bind = proven.is_some();
        let me = self.clients.iter().position(|c| c.ssid.get() == ssrc).ok_or(Count::Refused)?;
        let client = &self.clients[me];
        let placed =
            if is_bind { arrival.port == Port::Media } else { arrival.peer == client.control };
        if client.token != token || !placed {
            return Err(Count::Refused);
        }
        if let Some((last, answer)) = &client.last {
            if *last == seq {
                return Ok(Expected::This(answer.clone()));
            }
            if seq.wrapping_sub(*last) >= 1 << 31 {
                return Err(Count::Stale);
            }
        }
        let mut status = Status::DONE;
        let mut page = None;
        match message {
            Message::Bind { .. } if proven == Some(false) => return Ok(Expected::Challenge),
            Message::Bind { .. } => {
                for client in &mut self.clients {
                    client.media = client.media.filter(|(had, _)| *had != arrival.peer);
                }
                self.clients[me].media = Some((arrival.peer, arrival.now));
            }
            Message::Subscribe { add, entries, .. } => {
                let mut next = if *add { client.entries.clone() } else { HashMap::new() };
                for entry in entries {
                    if entry.mask > 7 || entry.source % 16 != 0 || entry.source == ssrc {
                        status = Status::MALFORMED_ENTRY;
                    }
                    next.insert(entry.source, entry.mask);
                }
                if status == Status::DONE {
                    self.clients[me].entries = next;
                }
            }
            Message::List { first, .. } => {
                let member =
                    |c: &Known| Member { ssid: c.ssid, seen: TypeMask::new(c.seen).unwrap() };
                page = Some(Message::Roster {
                    seq,
                    version,
                    first: *first,
                    total: self.clients.len() as u32,
                    members: self.clients.iter().skip(*first as usize).map(member).collect(),
                });
            }
            Message::Leave { .. } => {
                self.clients.remove(me);
                self.version += 1;
                let ack = Message::Ack { seq, status, version: version + 1 };
                return Ok(Expected::This(ack));
            }
            _ => {}
        }
        let answer = page.unwrap_or(Message::Ack { seq, status, version });
        let client = &mut self.clients[me];
        client.last = Some((seq, answer.clone()));
        if status == Status::DONE {
            client.deadline = arrival.now + client.lease;
        }
        Ok(Expected::This(answer))
    }

    pub fn media(&mut self, from: Address, ssrc: u32) -> Result<Vec<Address>, Count> {
        let kind = StreamType::of_ssrc(ssrc).ok_or(Count::UnknownType)?;
        let source = self.clients.iter_mut().find(|c| c.ssid.get() == ssrc & !15);
        let source = source.ok_or(Count::UnknownSource)?;
        if source.media.map(|(address, _)| address) != Some(from) {
            return Err(Count::Spoofed);
        }
        source.seen |= 1 << kind.index();
        let source = source.clone();
        Ok(self.destinations(&source, kind))
    }
}

/// An answer whose cookie, if it has one, the model cannot know.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    Challenge,
    This(Message),
}

pub fn expected(answer: Result<Message, Count>) -> Result<Expected, Count> {
    answer.map(|message| match message {
        Message::Challenge { .. } => Expected::Challenge,
        other => Expected::This(other),
    })
}
