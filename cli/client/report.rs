//! What a client has measured, while it runs and at the end.

use super::delays::Delays;
use super::sequence::Tracker;
use pkgraph_runtime::Nanos;
use pkgraph_sfu::wire::{Entry, Member, Ssid, StreamType, TypeMask};
use serde::Serialize;

/// Figures that only grow.
///
/// Packets are RTP packets; octets are those of RTP payloads, without any
/// header, as the paper counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Packets that the kernel took.
    pub sent: u64,
    /// Their payload.
    pub sent_octets: u64,
    /// Packets that were ready and not sent: not registered at that moment,
    /// or the kernel had no room. They have no sequence number, so that they
    /// are nobody's loss.
    pub unsent: u64,
    /// Ticks of the generator that found every buffer full.
    pub skipped: u64,
    /// Packets that arrived, echoes and duplicates included.
    pub received: u64,
    /// Their payload.
    pub received_octets: u64,
    /// Sequence numbers that have not arrived, from a stream's first packet
    /// to its highest; of the own echoes, from the first sent on, and to the
    /// last sent once there has been none for a second. A late packet takes
    /// back its loss.
    pub lost: u64,
    /// Packets that came after a higher one of their stream.
    pub reordered: u64,
    /// Packets that came again.
    pub duplicated: u64,
    /// Packets too far behind to tell whether they came again.
    pub stale: u64,
    /// Packets that are not, octet for octet, as a client of ours sends them.
    /// A stream without any good packet is another tool's, and not counted.
    pub corrupt: u64,
    /// Datagrams that docs/wire.md does not know.
    pub malformed: u64,
}

/// The state of a running client.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// When it was taken, in ns of the client's monotonic clock.
    pub at: Nanos,
    /// The SSID it sends under; `None` while it is not registered and bound.
    pub ssid: Option<Ssid>,
    /// How often the switch fell silent and the client started again.
    pub losses_of_switch: u64,
    /// The totals since the start.
    pub totals: Totals,
    /// The delays of the own echoes since [`Client::end_warmup`], or else the
    /// start.
    ///
    /// [`Client::end_warmup`]: super::Client::end_warmup
    pub delays: Delays,
    /// Streams that at least one packet came of, the own echoes included.
    pub streams: usize,
    /// The clients of the switch, this one included, in the order of joining.
    pub members: Vec<Member>,
}

/// A stream that was sent under one SSRC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SentStream {
    /// SSID and type.
    pub ssrc: u32,
    /// The first extended sequence number, 0 to 65,535.
    pub first: i64,
    /// The last one.
    pub last: i64,
    /// Packets: all numbers from `first` to `last`.
    pub packets: u64,
    /// RTP payload octets.
    pub octets: u64,
}

/// A stream that was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ReceivedStream {
    /// SSID and type.
    pub ssrc: u32,
    /// Whether it is the echo of an own stream.
    pub is_echo: bool,
    /// The lowest extended sequence number (RFC 3550 A.1). Of an echo the
    /// first sent; of any other stream the first that arrived, or a lower one
    /// that came later.
    pub first: i64,
    /// The highest that arrived. Of streams longer than 65,536 packets, it
    /// counts the wrap-arounds since `first`, as the sender's does.
    pub highest: i64,
    /// Packets that arrived.
    pub received: u64,
    /// Different sequence numbers among them.
    pub unique: u64,
    /// Sequence numbers that did not arrive, from `first` to `highest`, and
    /// of an echo to the last sent.
    pub lost: u64,
    /// Packets that came after a higher one.
    pub reordered: u64,
    /// Packets that came again.
    pub duplicated: u64,
    /// Packets too far behind to tell.
    pub stale: u64,
    /// Packets that were, octet for octet, as a client of ours sends them.
    pub good: u64,
    /// RTP payload octets.
    pub octets: u64,
}

impl ReceivedStream {
    pub(super) fn new(ssrc: u32, tracker: &Tracker) -> ReceivedStream {
        ReceivedStream {
            ssrc,
            is_echo: false,
            first: tracker.first(),
            highest: tracker.highest(),
            received: tracker.received(),
            unique: tracker.unique(),
            lost: tracker.lost(),
            reordered: tracker.reordered(),
            duplicated: tracker.duplicated(),
            stale: tracker.stale(),
            good: 0,
            octets: 0,
        }
    }

    /// Whether another tool sends it: no packet is one of ours.
    pub fn is_foreign(&self) -> bool {
        !self.is_echo && self.good == 0
    }

    /// Packets that were not as they were sent.
    pub fn corrupt(&self) -> u64 {
        if self.is_foreign() { 0 } else { self.received - self.good }
    }
}

/// What a client did, from its start to its end.
#[derive(Clone, Debug)]
pub struct Report {
    /// The state at the end, after the last echo was waited for. Its `lost`
    /// counts echoes up to the last packet sent.
    pub last: Snapshot,
    /// What it asked for: everything from every other client, or the entries
    /// of its last subscription.
    pub subscribed: Subscribed,
    /// Whether it asked for its echo.
    pub echo: bool,
    /// Packets that this host dropped because a socket's buffer was full:
    /// lost, but not by the switch. `None` if the system does not say.
    pub socket_drops: Option<u64>,
    /// What was sent. Several SSIDs if the switch forgot the client.
    pub sent: Vec<SentStream>,
    /// What was received, by SSRC.
    pub received: Vec<ReceivedStream>,
}

/// What a client asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subscribed {
    /// The same of every other client.
    Wants(TypeMask),
    /// The entries of a SUBSCRIBE.
    Entries(Vec<Entry>),
}

impl Report {
    /// Whether the client had sent under this SSID.
    pub fn is_own(&self, ssid: Ssid) -> bool {
        self.sent.iter().any(|stream| Ssid::of_ssrc(stream.ssrc) == Some(ssid))
    }

    /// Whether the client had to receive this stream.
    pub fn expects(&self, ssrc: u32) -> bool {
        let (Some(ssid), Some(kind)) = (Ssid::of_ssrc(ssrc), StreamType::of_ssrc(ssrc)) else {
            return false;
        };
        if self.is_own(ssid) { self.echo } else { self.subscribed.of(ssid).contains(kind) }
    }
}

impl Subscribed {
    /// What is wanted of `source`, another client.
    pub fn of(&self, source: Ssid) -> TypeMask {
        match self {
            Subscribed::Wants(wants) => *wants,
            Subscribed::Entries(entries) => {
                let last = |number| entries.iter().rev().find(|entry| entry.source == number);
                let entry = last(source.get()).or_else(|| last(0));
                entry.and_then(|entry| TypeMask::new(entry.mask)).unwrap_or_default()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_entry_for_a_source_counts_and_overrides_all_others() {
        let ssid = |n: u32| Ssid::new(n << 4).unwrap();
        let audio = TypeMask::from(StreamType::Asq);
        let subscribed = Subscribed::Entries(vec![
            Entry::new(Some(ssid(1)), TypeMask::ALL),
            Entry::new(Some(ssid(1)), TypeMask::NONE),
            Entry::new(None, audio),
        ]);
        assert_eq!(subscribed.of(ssid(1)), TypeMask::NONE);
        assert_eq!(subscribed.of(ssid(2)), audio);
        assert_eq!(Subscribed::Entries(Vec::new()).of(ssid(1)), TypeMask::NONE);
        assert_eq!(Subscribed::Wants(audio).of(ssid(1)), audio);
    }
}
