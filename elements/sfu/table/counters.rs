//! What the switch counts: every reason to drop a datagram, under the names
//! of docs/wire.md, and what went through.

use pkgraph::runtime::{Column, HandlerValue, Kind, Table, Value};
use std::borrow::Cow;
use std::fmt;

macro_rules! counters {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal,)*) => {
        /// Something that is counted.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        pub enum Count {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Count {
            /// All of them, in the order in which they are shown.
            pub const ALL: &'static [Count] = &[$(Count::$variant,)*];

            /// The name under which it is shown.
            pub fn name(self) -> &'static str {
                match self { $(Count::$variant => $name,)* }
            }
        }
    };
}

counters! {
    /// Media packets that passed every check.
    Media "media",
    /// Copies of them that were sent.
    Copies "copies",
    /// Datagrams of RTP tools' RTCP that were forwarded.
    Rtcp "rtcp",
    /// Copies of them that were sent.
    RtcpCopies "rtcp_copies",
    /// Datagrams of RTCP that arrived.
    Control "control",
    /// Answers that were sent.
    Answers "answers",
    /// CHANGEDs that were sent.
    Changed "changed",
    /// Clients that joined, static ones too.
    Joined "joined",
    /// Clients that left.
    Left "left",
    /// Clients whose lease ended.
    Expired "expired",
    /// Clients that a handler removed.
    Removed "removed",
    /// Dropped: not what the wire format says.
    Malformed "malformed",
    /// Dropped: media whose SSRC has no type.
    UnknownType "unknown_type",
    /// Dropped: media of nobody with a lease.
    UnknownSource "unknown_source",
    /// Dropped: media from another address than its client's.
    Spoofed "spoofed",
    /// Dropped: control from the wrong address or port, or with a wrong token.
    Refused "refused",
    /// Control without a right tag: dropped, a REGISTER answered with an ERROR.
    Unauthenticated "unauthenticated",
    /// Dropped: control with a seq below the last accepted one.
    Stale "stale",
    /// Dropped: over a rate.
    Limited "limited",
    /// Dropped: RTCP that is neither for the switch nor for a client.
    RtcpIgnored "rtcp_ignored",
    /// Dropped: one of our packets that asks nothing of the switch.
    Skipped "skipped",
    /// Dropped: a packet without the annotations source and destination.
    NoAddress "no_address",
    /// Dropped: media, or RTCP to be forwarded, that came while another
    /// packet's copies were waiting.
    Full "full",
    /// Copies and answers dropped: they go in frames, and the Ethernet address
    /// is not known, or the addresses are not of one IP family.
    NoLink "no_link",
    /// Copies and answers dropped: no free buffer.
    NoBuffer "no_buffer",
    /// Answers dropped: no room downstream.
    NoRoom "no_room",
}

/// A count of everything in [`Count`].
#[derive(Clone, Debug)]
pub struct Counters([u64; Count::ALL.len()]);

impl Default for Counters {
    fn default() -> Counters {
        Counters([0; Count::ALL.len()])
    }
}

impl Counters {
    /// Adds 1.
    #[inline]
    pub fn count(&mut self, what: Count) {
        self.add(what, 1);
    }

    /// Adds `n`.
    #[inline]
    pub fn add(&mut self, what: Count, n: u64) {
        self.0[what as usize] += n;
    }

    /// How many so far.
    pub fn get(&self, what: Count) -> u64 {
        self.0[what as usize]
    }
}

impl HandlerValue for Counters {
    const KIND: Kind =
        Kind::Table(Cow::Borrowed(&[Column::text("event"), Column::growing("events", "events")]));

    fn value(&self) -> Value {
        let row = |what: &Count| vec![what.name().into(), self.get(*what).into()];
        let rows = Count::ALL.iter().map(row).collect();
        Value::Table(Table { rows, text: self.to_string() })
    }
}

/// Lines of `name value`.
impl fmt::Display for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for what in Count::ALL {
            writeln!(f, "{} {}", what.name(), self.get(*what))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_each() {
        let mut counters = Counters::default();
        counters.count(Count::Spoofed);
        counters.add(Count::NoBuffer, 3);
        let text = counters.to_string();
        assert_eq!(text.lines().count(), Count::ALL.len());
        assert!(text.contains("\nspoofed 1\n") && text.contains("\nno_buffer 3\n"));
        for (i, what) in Count::ALL.iter().enumerate() {
            assert_eq!(*what as usize, i);
        }
    }
}
