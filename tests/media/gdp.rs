//! What GStreamer's `gdppay` writes to a file: each buffer behind a header
//! with its time and flags (gst-plugins-bad, gst/gdp/dataprotocol.c).

use std::path::Path;

mod field {
    use std::ops::Range;

    pub const TYPE: Range<usize> = 4..6;
    pub const LENGTH: Range<usize> = 6..10;
    pub const TIME: Range<usize> = 10..18;
    pub const FLAGS: Range<usize> = 42..44;
    pub const HEADER: usize = 62;
}

/// A packet that holds a buffer; others hold caps and events.
const BUFFER: u64 = 1;
/// GST_BUFFER_FLAG_DELTA_UNIT.
const DELTA_UNIT: u64 = 1 << 13;

/// A buffer that has passed.
pub struct Buffer {
    /// When it was taken or plays, in ns.
    pub time: u64,
    /// Whether it can be decoded without those before.
    pub is_key: bool,
    /// What it holds.
    pub octets: Vec<u8>,
}

/// The buffers of a file, which need not be finished.
pub fn buffers(file: &Path) -> Vec<Buffer> {
    let octets = std::fs::read(file).unwrap();
    let mut rest = &octets[..];
    let mut buffers = Vec::new();
    while rest.len() >= field::HEADER {
        let (header, behind) = rest.split_at(field::HEADER);
        let number = |range: std::ops::Range<usize>| {
            header[range].iter().fold(0, |number, octet| number << 8 | u64::from(*octet))
        };
        let Some((payload, next)) = behind.split_at_checked(number(field::LENGTH) as usize) else {
            break;
        };
        if number(field::TYPE) == BUFFER {
            let is_key = number(field::FLAGS) & DELTA_UNIT == 0;
            buffers.push(Buffer { time: number(field::TIME), is_key, octets: payload.to_vec() });
        }
        rest = next;
    }
    buffers
}
