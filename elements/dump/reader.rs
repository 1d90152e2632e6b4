//! Reads dumps: pcap and pcapng, either byte order, also in gzip.

use super::link_type::LinkType;
use flate2::read::MultiGzDecoder;
use pcap_parser::traits::{PcapNGPacketBlock, PcapReaderIterator};
use pcap_parser::{Block, PcapBlockOwned, PcapError, create_reader};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use thiserror::Error;

/// A packet of a dump.
#[derive(Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// When it was captured: nanoseconds since 1970. 0 where the dump does not
    /// say.
    pub time: u64,
    /// What was captured of it.
    pub data: &'a [u8],
}

/// Why a dump is not read, or not read on.
#[derive(Debug, Error)]
pub enum DumpError {
    /// The file is not opened.
    #[error(transparent)]
    Open(#[from] io::Error),
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Its beginning cannot be read or unpacked.
    #[error("it cannot be read, or its compression is damaged")]
    Compression,
    /// It begins as no dump does.
    #[error("it is neither a pcap nor a pcapng file")]
    Format,
    /// Its last packet is not whole.
    #[error("the file ends within a packet")]
    CutOff,
    /// What comes next is no block.
    #[error("the file is damaged")]
    Damaged,
    /// What comes next has a length that no packet has.
    #[error("the file is damaged: a packet is longer than any is")]
    LongPacket,
    /// The file, or its compression, ends with an error.
    #[error("the file cannot be read on")]
    Unreadable,
    /// An interface's unit of time does not fit a number (pcapng, if_tsresol).
    #[error("an interface counts time in too small units")]
    SmallUnits,
    /// A packet names an interface that no block describes.
    #[error("a packet is of an unknown interface")]
    UnknownInterface,
    /// A simple packet comes before any interface.
    #[error("a packet is of no interface")]
    NoInterface,
}

/// An open dump.
pub struct DumpReader {
    blocks: Box<dyn PcapReaderIterator>,
    /// Octets that the buffer of `blocks` holds.
    capacity: usize,
    context: BlockContext,
}

/// What earlier blocks say about later ones.
#[derive(Default)]
struct BlockContext {
    link: Option<LinkType>,
    /// Of a pcap file: whether fractions of a second are nanoseconds.
    nanoseconds: bool,
    /// Of a pcapng section: its byte order.
    big_endian: bool,
    /// Of a pcapng section: how each interface counts time.
    interfaces: Vec<Interface>,
}

/// How a pcapng interface counts time.
#[derive(Clone, Copy)]
struct Interface {
    units_per_second: u64,
    offset_seconds: i64,
    snaplen: u32,
}

/// Octets read at once; a block may be longer.
const BUFFER: usize = 1 << 17;
/// The longest block that is read: anything more is no packet.
const LONGEST_BLOCK: usize = 1 << 24;
const NANOS: u64 = 1_000_000_000;

impl DumpReader {
    /// Opens the dump at `path`.
    pub fn open(path: &Path) -> Result<DumpReader, DumpError> {
        let mut file = File::open(path).map(BufReader::new)?;
        let start = file.fill_buf()?;
        let gzip = start.starts_with(&[0x1f, 0x8b]);
        let input: Box<dyn Read + Send> =
            if gzip { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        DumpReader::new(Full(input))
    }

    fn new(input: impl Read + Send + 'static) -> Result<DumpReader, DumpError> {
        let blocks = create_reader(BUFFER, input).map_err(|error| match error {
            PcapError::Eof => DumpError::Empty,
            PcapError::ReadError => DumpError::Compression,
            _ => DumpError::Format,
        })?;
        Ok(DumpReader { blocks, capacity: BUFFER, context: BlockContext::default() })
    }

    /// The link type of the first packets; known when one has been read.
    pub fn link_type(&self) -> Option<LinkType> {
        self.context.link
    }

    /// What `take` makes of the next packet; `None` at the end.
    pub fn next<T>(
        &mut self,
        mut take: impl FnMut(Record<'_>) -> T,
    ) -> Result<Option<T>, DumpError> {
        loop {
            let longer = match self.blocks.next() {
                Ok((length, block)) => {
                    let taken = self.context.enter(&block)?.map(&mut take);
                    self.blocks.consume(length);
                    if taken.is_some() {
                        return Ok(taken);
                    }
                    continue;
                }
                Err(PcapError::Eof) => return Ok(None),
                Err(PcapError::Incomplete(_)) => false,
                Err(PcapError::BufferTooSmall) => true,
                Err(PcapError::UnexpectedEof) => return Err(DumpError::CutOff),
                Err(_) => return Err(DumpError::Damaged),
            };
            if longer {
                self.capacity *= 2;
                if self.capacity > LONGEST_BLOCK || !self.blocks.grow(self.capacity) {
                    return Err(DumpError::LongPacket);
                }
            }
            let read = self.blocks.refill().is_ok();
            if !read {
                return Err(DumpError::Unreadable);
            }
        }
    }
}

impl BlockContext {
    /// Takes a block; the packet, if it is one.
    fn enter<'a>(
        &mut self,
        block: &'a PcapBlockOwned<'_>,
    ) -> Result<Option<Record<'a>>, DumpError> {
        Ok(match block {
            PcapBlockOwned::LegacyHeader(header) => {
                self.nanoseconds = header.is_nanosecond_precision();
                // The upper bits say how long frame check sequences are.
                self.set_link(header.network.0 as u16);
                None
            }
            PcapBlockOwned::Legacy(packet) => {
                let unit = if self.nanoseconds { 1 } else { 1000 };
                let time = u64::from(packet.ts_sec) * NANOS + u64::from(packet.ts_usec) * unit;
                Some(Record { time, data: packet.data })
            }
            PcapBlockOwned::NG(Block::SectionHeader(section)) => {
                self.big_endian = section.big_endian();
                self.interfaces.clear();
                None
            }
            PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => {
                self.set_link(interface.linktype.0 as u16);
                let units_per_second =
                    units_per_second(interface.if_tsresol).ok_or(DumpError::SmallUnits)?;
                // The library takes the offset for little-endian always.
                let offset = interface.if_tsoffset;
                let offset_seconds = if self.big_endian { offset.swap_bytes() } else { offset };
                let snaplen = interface.snaplen;
                self.interfaces.push(Interface { units_per_second, offset_seconds, snaplen });
                None
            }
            PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                let interface = self.interfaces.get(packet.if_id as usize);
                let interface = interface.ok_or(DumpError::UnknownInterface)?;
                let units = (u64::from(packet.ts_high) << 32) | u64::from(packet.ts_low);
                Some(Record { time: interface.time(units), data: packet.packet_data() })
            }
            PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                let interface = self.interfaces.first().ok_or(DumpError::NoInterface)?;
                let most = match interface.snaplen {
                    0 => usize::MAX,
                    snaplen => snaplen as usize,
                };
                let data = packet.packet_data();
                Some(Record { time: 0, data: &data[..data.len().min(most)] })
            }
            PcapBlockOwned::NG(_) => None,
        })
    }

    fn set_link(&mut self, number: u16) {
        self.link.get_or_insert(LinkType(number));
    }
}

/// The option if_tsresol: a power of 10 or, with the upper bit, of 2. (The
/// library's own reading of it takes no power of 2.)
fn units_per_second(resolution: u8) -> Option<u64> {
    let base: u64 = if resolution & 0x80 == 0 { 10 } else { 2 };
    base.checked_pow(u32::from(resolution & 0x7f))
}

impl Interface {
    fn time(&self, units: u64) -> u64 {
        let nanos =
            u128::from(units) * u128::from(NANOS) / u128::from(self.units_per_second.max(1));
        let nanos = i128::try_from(nanos).unwrap_or(i128::MAX);
        let nanos = nanos.saturating_add(i128::from(self.offset_seconds) * i128::from(NANOS));
        u64::try_from(nanos.max(0)).unwrap_or(u64::MAX)
    }
}

/// Reads as much as was asked for: the parser takes a short read for the end.
struct Full<R>(R);

impl<R: Read> Read for Full<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.0.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What was read before the error is worth having; the error
                // comes again.
                Err(_) if filled > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
