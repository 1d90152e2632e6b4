//! Who sends and what: Stream Source IDs, stream types, and the SSRC that
//! joins them (docs/wire.md, "Media").

use std::fmt;

/// A Stream Source ID: the low four bits are 0, and it is never 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ssid(u32);

/// The low bits of an SSRC that hold the stream type.
const TYPE_BITS: u32 = 0xf;

impl Ssid {
    /// The SSID with this number, if it is one.
    #[inline]
    pub const fn new(number: u32) -> Option<Ssid> {
        if number & TYPE_BITS == 0 && number != 0 { Some(Ssid(number)) } else { None }
    }

    /// The number, as it stands in control messages.
    #[inline]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The SSRC of this source's stream of type `kind`.
    #[inline]
    pub const fn ssrc(self, kind: StreamType) -> u32 {
        self.0 | kind as u32
    }

    /// The source that an SSRC belongs to, whatever its low bits say. `None`
    /// for the 16 SSRCs whose SSID would be 0.
    #[inline]
    pub const fn of_ssrc(ssrc: u32) -> Option<Ssid> {
        Ssid::new(ssrc & !TYPE_BITS)
    }
}

impl fmt::Display for Ssid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

impl fmt::Debug for Ssid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ssid({:#010x})", self.0)
    }
}

/// The type of a media stream. The discriminant is the SSRC's low four bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum StreamType {
    /// Audio Standard Quality.
    Asq = 1,
    /// Video Standard Quality.
    Vsq = 2,
    /// Video High Quality: an enhancement layer on VSQ.
    Vhq = 3,
}

impl StreamType {
    /// All types, in the order of their numbers.
    pub const ALL: [StreamType; 3] = [StreamType::Asq, StreamType::Vsq, StreamType::Vhq];

    /// The type in the low four bits of an SSRC. `None` for 0 and 4 to 15.
    #[inline]
    pub const fn of_ssrc(ssrc: u32) -> Option<StreamType> {
        match ssrc & TYPE_BITS {
            1 => Some(StreamType::Asq),
            2 => Some(StreamType::Vsq),
            3 => Some(StreamType::Vhq),
            _ => None,
        }
    }

    /// 0, 1 or 2: the place in [`ALL`](StreamType::ALL) and the bit of the mask.
    #[inline]
    pub const fn index(self) -> usize {
        self as usize - 1
    }
}

impl fmt::Display for StreamType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StreamType::Asq => "ASQ",
            StreamType::Vsq => "VSQ",
            StreamType::Vhq => "VHQ",
        })
    }
}

/// A set of stream types: bit 0 ASQ, bit 1 VSQ, bit 2 VHQ.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TypeMask(u8);

impl TypeMask {
    /// No type.
    pub const NONE: TypeMask = TypeMask(0);
    /// Every type.
    pub const ALL: TypeMask = TypeMask(7);

    /// The mask in a 32-bit field. `None` when a bit is set that must be 0.
    #[inline]
    pub const fn new(bits: u32) -> Option<TypeMask> {
        if bits & !7 == 0 { Some(TypeMask(bits as u8)) } else { None }
    }

    /// The mask as a 32-bit field.
    #[inline]
    pub const fn bits(self) -> u32 {
        self.0 as u32
    }

    /// The mask with `kind` in it.
    #[inline]
    #[must_use]
    pub const fn with(self, kind: StreamType) -> TypeMask {
        TypeMask(self.0 | 1 << kind.index())
    }

    /// The mask without `kind`.
    #[inline]
    #[must_use]
    pub const fn without(self, kind: StreamType) -> TypeMask {
        TypeMask(self.0 & !(1 << kind.index()))
    }

    /// Whether `kind` is in the mask.
    #[inline]
    pub const fn contains(self, kind: StreamType) -> bool {
        self.0 >> kind.index() & 1 == 1
    }

    /// Whether no type is in the mask.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The types in the mask.
    pub fn iter(self) -> impl Iterator<Item = StreamType> {
        StreamType::ALL.into_iter().filter(move |kind| self.contains(*kind))
    }
}

impl From<StreamType> for TypeMask {
    fn from(kind: StreamType) -> TypeMask {
        TypeMask::NONE.with(kind)
    }
}

impl fmt::Display for TypeMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("-");
        }
        for (i, kind) in self.iter().enumerate() {
            write!(f, "{}{kind}", if i == 0 { "" } else { "+" })?;
        }
        Ok(())
    }
}

impl fmt::Debug for TypeMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TypeMask({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ssid_has_four_low_zeros_and_is_not_zero() {
        assert_eq!(Ssid::new(0), None);
        for low in 1..16 {
            assert_eq!(Ssid::new(0x1230 | low), None);
            assert_eq!(Ssid::of_ssrc(0x1230 | low), Ssid::new(0x1230));
            assert_eq!(Ssid::of_ssrc(low), None);
        }
        let ssid = Ssid::new(0xffff_fff0).unwrap();
        assert_eq!(ssid.ssrc(StreamType::Vhq), 0xffff_fff3);
        assert_eq!(ssid.to_string(), "0xfffffff0");
    }

    #[test]
    fn only_three_types_exist() {
        for low in 0..16u32 {
            let kind = StreamType::of_ssrc(0x10 | low);
            assert_eq!(kind.map(|k| k as u32), (1..=3).contains(&low).then_some(low));
        }
    }

    #[test]
    fn masks_have_three_bits() {
        assert_eq!(TypeMask::new(8), None);
        assert_eq!(TypeMask::new(1 << 31), None);
        assert_eq!(TypeMask::new(7), Some(TypeMask::ALL));
        assert_eq!(TypeMask::from(StreamType::Vsq).bits(), 2);
        let both = TypeMask::new(5).unwrap();
        assert_eq!(both.to_string(), "ASQ+VHQ");
        assert_eq!(both.without(StreamType::Asq), StreamType::Vhq.into());
        assert_eq!(TypeMask::NONE.to_string(), "-");
    }
}
