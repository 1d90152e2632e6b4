//! Writes dumps: pcap and pcapng, also in gzip. The formats are those of
//! draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng, little-endian.

use super::link_type::LinkType;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::File;
use std::io::{self, BufWriter, Write};

/// What a dump is like.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// pcapng, not pcap.
    pub ng: bool,
    /// In gzip.
    pub gzip: bool,
    /// Times in nanoseconds, not microseconds.
    pub nanoseconds: bool,
    /// Octets kept of each packet at most.
    pub snaplen: u32,
    /// What packets start with.
    pub link: LinkType,
}

/// A dump that is being written. What it has is complete only after
/// [`finish`](DumpWriter::finish).
pub struct DumpWriter {
    out: Out,
    shape: Shape,
}

enum Out {
    Plain(BufWriter<Box<dyn Write>>),
    Gzip(GzEncoder<BufWriter<Box<dyn Write>>>),
}

/// Octets gathered for one write to the file.
const BUFFER: usize = 1 << 16;
const NANOS: u64 = 1_000_000_000;

impl DumpWriter {
    /// Starts the dump `name`, or on standard output for `-`.
    pub fn create(name: &str, shape: Shape) -> io::Result<DumpWriter> {
        let file: Box<dyn Write> =
            if name == "-" { Box::new(io::stdout()) } else { Box::new(File::create(name)?) };
        DumpWriter::new(file, shape)
    }

    /// Starts a dump in `file`.
    pub fn new(file: Box<dyn Write>, shape: Shape) -> io::Result<DumpWriter> {
        let file = BufWriter::with_capacity(BUFFER, file);
        let out = if shape.gzip {
            Out::Gzip(GzEncoder::new(file, Compression::default()))
        } else {
            Out::Plain(file)
        };
        let mut writer = DumpWriter { out, shape };
        if shape.ng {
            writer.ng_header()?
        } else {
            writer.header()?
        }
        Ok(writer)
    }

    /// Adds a packet that was captured `time` nanoseconds after 1970.
    pub fn packet(&mut self, time: u64, data: &[u8]) -> io::Result<()> {
        let original = data.len() as u32;
        let kept = &data[..data.len().min(self.shape.snaplen as usize)];
        let captured = kept.len() as u32;
        if self.shape.ng {
            let padding = kept.len().next_multiple_of(4) - kept.len();
            let length = 32 + captured + padding as u32;
            let unit = if self.shape.nanoseconds { time } else { time / 1000 };
            let (high, low) = ((unit >> 32) as u32, unit as u32);
            self.words(&[6, length, 0, high, low, captured, original])?;
            self.out().write_all(kept)?;
            self.out().write_all(&[0; 4][..padding])?;
            self.words(&[length])
        } else {
            let fraction = (time % NANOS) as u32;
            let fraction = if self.shape.nanoseconds { fraction } else { fraction / 1000 };
            self.words(&[(time / NANOS) as u32, fraction, captured, original])?;
            self.out().write_all(kept)
        }
    }

    /// Sends on what is gathered.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out().flush()
    }

    /// Completes the dump.
    pub fn finish(&mut self) -> io::Result<()> {
        if let Out::Gzip(out) = &mut self.out {
            out.try_finish()?;
            return out.get_mut().flush();
        }
        self.flush()
    }

    fn out(&mut self) -> &mut dyn Write {
        match &mut self.out {
            Out::Plain(out) => out,
            Out::Gzip(out) => out,
        }
    }

    fn words(&mut self, words: &[u32]) -> io::Result<()> {
        words.iter().try_for_each(|word| self.out().write_all(&word.to_le_bytes()))
    }

    /// Magic number, version 2.4, two unused words, snap length, link type.
    fn header(&mut self) -> io::Result<()> {
        let magic = if self.shape.nanoseconds { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
        let link = u32::from(self.shape.link.0);
        self.words(&[magic, 4 << 16 | 2, 0, 0, self.shape.snaplen, link])
    }

    /// A section of unknown length, and its one interface with the option
    /// if_tsresol, 9 for nanoseconds or 6 for microseconds.
    fn ng_header(&mut self) -> io::Result<()> {
        self.words(&[0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28])?;
        let resolution = if self.shape.nanoseconds { 9 } else { 6 };
        let link = u32::from(self.shape.link.0);
        self.words(&[1, 32, link, self.shape.snaplen, 1 << 16 | 9, resolution, 0, 32])
    }
}
