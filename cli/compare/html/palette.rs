//! Colours, which a reader's browser makes light or dark.
//!
//! Figures are drawn in the light ones. Rules of the style sheet that choose by
//! the attribute (`[fill="#0072B2"]`) put the dark ones in their place, so that
//! a figure that is cut out of the page is still right.
//!
//! The colours of variants differ in lightness, too, as far as the ground
//! allows, and a letter goes with each: colour never carries anything alone.

use plotters::style::RGBColor;
use std::fmt::Write;

/// A colour on a light ground and on a dark one.
#[derive(Clone, Copy)]
pub struct Colour {
    light: (u8, u8, u8),
    dark: (u8, u8, u8),
}

const fn colour(light: u32, dark: u32) -> Colour {
    const fn rgb(value: u32) -> (u8, u8, u8) {
        let [_, r, g, b] = value.to_be_bytes();
        (r, g, b)
    }
    Colour { light: rgb(light), dark: rgb(dark) }
}

impl Colour {
    /// As figures are drawn.
    pub fn rgb(self) -> RGBColor {
        let (r, g, b) = self.light;
        RGBColor(r, g, b)
    }
}

/// Text, axes, grid and what is not from this run.
pub const INK: Colour = colour(0x1B1F24, 0xE8EAED);
pub const AXIS: Colour = colour(0x5A6572, 0xA5AFBB);
pub const GRID: Colour = colour(0xDDE2E8, 0x343B44);
pub const PAPER: Colour = colour(0x6B6B6A, 0x9FA0A2);

/// Variants in their order, after Okabe and Ito, darkened until each stands
/// 3:1 against the ground.
const VARIANTS: [Colour; 8] = [
    colour(0x0072B2, 0x56B4E9),
    colour(0xC2500A, 0xFF8A3D),
    colour(0x00805C, 0x2BC79A),
    colour(0xA8467F, 0xE596C3),
    colour(0x8A6D00, 0xE8CE3F),
    colour(0x4B3F9E, 0xA99CF0),
    colour(0x2E2E33, 0xF4F4F4),
    colour(0x8F2D2D, 0xF28B82),
];

/// The colour of a variant. A ninth one has that of the first: its letter is
/// its own.
pub fn variant(index: usize) -> Colour {
    VARIANTS[index % VARIANTS.len()]
}

/// The letter of a variant: A to Z, and then numbers.
pub fn letter(index: usize) -> String {
    match u8::try_from(index) {
        Ok(index) if index < 26 => char::from(b'A' + index).to_string(),
        _ => (index + 1).to_string(),
    }
}

/// The rules that make figures and keys dark, and those that colour keys.
pub fn rules() -> String {
    let mut light = String::new();
    let mut dark = String::new();
    let hex = |(r, g, b): (u8, u8, u8)| format!("#{r:02X}{g:02X}{b:02X}");
    for colour in [INK, AXIS, GRID, PAPER].iter().chain(&VARIANTS) {
        let (from, to) = (hex(colour.light), hex(colour.dark));
        let _ = write!(dark, ".chart [fill=\"{from}\"]{{fill:{to}}}");
        let _ = write!(dark, ".chart [stroke=\"{from}\"]{{stroke:{to}}}");
    }
    for (index, colour) in VARIANTS.iter().enumerate() {
        let _ = write!(light, ".k{index}{{border-color:{}}}", hex(colour.light));
        let _ = write!(dark, ".k{index}{{border-color:{}}}", hex(colour.dark));
    }
    format!("{light}@media(prefers-color-scheme:dark){{{dark}}}")
}

/// The class of a variant's key.
pub fn class(index: usize) -> String {
    format!("key k{}", index % VARIANTS.len())
}
