//! What elements note about a packet without writing into its octets.

use crate::{Address, Nanos};
use std::fmt;

macro_rules! annotations {
    ($($(#[doc = $doc:literal])* $bit:literal $variant:ident $name:ident $set:ident: $type:ty = $empty:expr;)*) => {
        /// The annotations of one buffer. All are absent in a fresh packet.
        ///
        /// Only a bit mask is cleared when a buffer is taken from the pool; a
        /// value is read only when its bit says that it was written.
        // In this order, so that the mask and what comes first are near the
        // buffer's count.
        #[repr(C)]
        #[derive(Clone, Debug)]
        pub struct Annotations {
            present: u8,
            $($name: $type,)*
        }

        impl Annotations {
            pub(crate) const EMPTY: Annotations = Annotations { present: 0, $($name: $empty,)* };

            $(
                $(#[doc = $doc])*
                ///
                /// `None` when no element wrote it.
                #[inline]
                pub fn $name(&self) -> Option<$type> {
                    (self.present & (1 << $bit) != 0).then_some(self.$name)
                }

                #[doc = concat!("Writes `", stringify!($name), "`.")]
                #[inline]
                pub fn $set(&mut self, value: $type) {
                    self.present |= 1 << $bit;
                    self.$name = value;
                }
            )*
        }

        /// The name of an annotation, as elements declare what they read and write.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        pub enum Annotation {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Annotation {
            /// All of them.
            pub const ALL: &[Annotation] = &[$(Annotation::$variant),*];

            /// Its documentation, in Markdown.
            pub fn doc(self) -> &'static str {
                match self { $(Annotation::$variant => concat!($($doc),*).trim_ascii(),)* }
            }
        }

        impl fmt::Display for Annotation {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Annotation::$variant => stringify!($name),)* })
            }
        }
    };
}

annotations! {
    /// Colour of Paint and PaintSwitch.
    0 Paint paint set_paint: u8 = 0;
    /// Differentiated services code point to send with (RFC 2474), 0 to 63.
    1 Dscp dscp set_dscp: u8 = 0;
    /// Offset of the UDP payload from the start of the *buffer*, so that it
    /// stays true while headers are stripped and pushed.
    2 Payload payload set_payload: u16 = 0;
    /// Offset of the network header, such as IP's, from the start of the
    /// *buffer*, so that it stays true while headers are stripped and pushed.
    3 Network network set_network: u16 = 0;
    /// Offset of the Ethernet header from the start of the *buffer*: what is
    /// sent in answer needs one too.
    4 Ethernet ethernet set_ethernet: u16 = 0;
    /// When the packet was picked up (nanoseconds, see [`Clock`](crate::Clock)).
    5 Timestamp timestamp set_timestamp: Nanos = 0;
    /// The UDP endpoint that the packet comes from.
    6 Source source set_source: Address = Address::UNSPECIFIED;
    /// The UDP endpoint that the packet goes to; on receipt, the switch's own.
    7 Destination destination set_destination: Address = Address::UNSPECIFIED;
}

impl Annotations {
    const NETWORK: u8 = 1 << 3;
    const ETHERNET: u8 = 1 << 4;
    /// Payload, Source and Destination.
    const OF_COPIES: u8 = 1 << 2 | 1 << 6 | 1 << 7;

    #[inline]
    pub(crate) fn clear(&mut self) {
        self.present = 0;
    }

    /// Those of copies with other headers, which are sent with `dscp`, but for
    /// what [`set_copied`](Annotations::set_copied) sets.
    #[inline]
    pub(crate) fn of_copies(&self, dscp: u8) -> Annotations {
        let mut notes = self.clone();
        notes.set_dscp(dscp);
        notes.present = notes.present & !Annotations::NETWORK | Annotations::OF_COPIES;
        notes
    }

    /// Makes these a copy's: of a packet that starts and whose payload starts at
    /// these places in the buffer, with these addresses.
    #[inline]
    pub(crate) fn set_copied(
        &mut self,
        notes: &Annotations,
        (start, payload): (u16, u16),
        source: &Address,
        destination: &Address,
    ) {
        *self = Annotations {
            payload,
            ethernet: start,
            source: *source,
            destination: *destination,
            ..*notes
        };
    }

    /// Keeps the annotations that are offsets true when the octets from `from`
    /// on move to `to`. What was before them stays behind: an Ethernet or
    /// network header that was stripped is lost.
    pub(crate) fn octets_moved(&mut self, from: u16, to: u16) {
        self.payload = self.payload.saturating_sub(from).saturating_add(to);
        match self.network.checked_sub(from) {
            Some(at) => self.network = at.saturating_add(to),
            None => self.present &= !Annotations::NETWORK,
        }
        match self.ethernet.checked_sub(from) {
            Some(at) => self.ethernet = at.saturating_add(to),
            None => self.present &= !Annotations::ETHERNET,
        }
    }
}
