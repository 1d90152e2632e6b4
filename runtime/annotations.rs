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
    /// When the packet was picked up (nanoseconds, see [`Clock`](crate::Clock)).
    1 Timestamp timestamp set_timestamp: Nanos = 0;
    /// The UDP endpoint that the packet comes from.
    2 Source source set_source: Address = Address::UNSPECIFIED;
    /// The UDP endpoint that the packet goes to; on receipt, the switch's own.
    3 Destination destination set_destination: Address = Address::UNSPECIFIED;
    /// Offset of the UDP payload from the start of the *buffer*, so that it
    /// stays true while headers are stripped and pushed.
    4 Payload payload set_payload: u16 = 0;
    /// Differentiated services code point to send with (RFC 2474), 0 to 63.
    5 Dscp dscp set_dscp: u8 = 0;
    /// Offset of the network header, such as IP's, from the start of the
    /// *buffer*, so that it stays true while headers are stripped and pushed.
    6 Network network set_network: u16 = 0;
    /// Offset of the Ethernet header from the start of the *buffer*: what is
    /// sent in answer needs one too.
    7 Ethernet ethernet set_ethernet: u16 = 0;
}

impl Annotations {
    const ADDRESSES: u8 = 1 << 2 | 1 << 3;
    const NETWORK: u8 = 1 << 6;
    const ETHERNET: u8 = 1 << 7;

    #[inline]
    pub(crate) fn clear(&mut self) {
        self.present = 0;
    }

    /// Takes over all but the two addresses, which are the longest.
    #[inline]
    pub(crate) fn take_but_addresses(&mut self, from: &Annotations) {
        self.present = from.present & !Annotations::ADDRESSES;
        (self.paint, self.timestamp, self.dscp) = (from.paint, from.timestamp, from.dscp);
        (self.payload, self.network, self.ethernet) = (from.payload, from.network, from.ethernet);
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
