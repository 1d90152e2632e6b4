//! Dumps made by hand, octet by octet, and what is read of them; dumps of the
//! writer; damaged ones.

use super::super::writer::{DumpWriter, Shape};
use super::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::cell::RefCell;
use std::io::{Cursor, Write};
use std::rc::Rc;

type Packets = Vec<(u64, Vec<u8>)>;

/// All packets of a file, and the error that ended it.
fn read(octets: &[u8]) -> (Packets, Option<String>) {
    let mut packets = Vec::new();
    let mut reader = match DumpReader::new(Full(Cursor::new(octets.to_vec()))) {
        Ok(reader) => reader,
        Err(error) => return (packets, Some(error.to_string())),
    };
    loop {
        match reader.next(|record| packets.push((record.time, record.data.to_vec()))) {
            Ok(Some(())) => {}
            Ok(None) => return (packets, None),
            Err(error) => return (packets, Some(error.to_string())),
        }
    }
}

/// Words in one byte order, and octets as they are.
struct File {
    big: bool,
    octets: Vec<u8>,
}

impl File {
    fn new(big: bool) -> File {
        File { big, octets: Vec::new() }
    }

    fn words(mut self, words: &[u32]) -> File {
        for word in words {
            self.octets.extend(if self.big { word.to_be_bytes() } else { word.to_le_bytes() });
        }
        self
    }

    fn halves(mut self, halves: &[u16]) -> File {
        for half in halves {
            self.octets.extend(if self.big { half.to_be_bytes() } else { half.to_le_bytes() });
        }
        self
    }

    fn data(mut self, data: &[u8]) -> File {
        self.octets.extend(data);
        self
    }

    fn ng_start(self) -> File {
        self.words(&[0x0a0d_0d0a, 28, 0x1a2b_3c4d]).halves(&[1, 0]).words(&[!0, !0, 28])
    }
}

#[test]
fn pcap_in_both_byte_orders_and_precisions() {
    for (big, magic, fraction) in [
        (false, 0xa1b2_c3d4, 5),
        (true, 0xa1b2_c3d4, 5),
        (false, 0xa1b2_3c4d, 5000),
        (true, 0xa1b2_3c4d, 5000),
    ] {
        let file = File::new(big)
            .words(&[magic])
            .halves(&[2, 4])
            .words(&[0, 0, 65_535, 101])
            .words(&[1_700_000_000, fraction, 3, 9])
            .data(b"abc")
            .words(&[1_700_000_001, 0, 0, 0]);
        let time = 1_700_000_000 * NANOS + 5000;
        let expected = vec![(time, b"abc".to_vec()), (1_700_000_001 * NANOS, Vec::new())];
        assert_eq!(read(&file.octets), (expected, None), "{big} {magic:x}");
    }
}

#[test]
fn pcapng_with_its_ways_to_count_time() {
    for big in [false, true] {
        let file = File::new(big)
            .ng_start()
            // Interface 0 counts microseconds, by default.
            .words(&[1, 20])
            .halves(&[1, 0])
            .words(&[0, 20])
            // Interface 1 counts 1/1024 of a second, from 100 s after 1970 on.
            .words(&[1, 44])
            .halves(&[1, 0])
            .words(&[2])
            .halves(&[9, 1])
            .data(&[0x8a, 0, 0, 0])
            .halves(&[14, 8])
            .words(if big { &[0, 100] } else { &[100, 0] })
            .halves(&[0, 0])
            .words(&[44])
            // A block of a kind that nobody knows.
            .words(&[0x7777, 16, 0, 16])
            .words(&[6, 36, 0, 0, 3_000_001, 1, 1])
            .data(b"a\0\0\0")
            .words(&[36])
            .words(&[6, 32, 1, 0, 512, 0, 0, 32])
            // A simple packet belongs to interface 0.
            .words(&[3, 20, 2])
            .data(b"bc\0\0")
            .words(&[20]);
        let expected = vec![
            (3 * NANOS + 1000, b"a".to_vec()),
            (100 * NANOS + NANOS / 2, Vec::new()),
            (0, b"bc".to_vec()),
        ];
        assert_eq!(read(&file.octets), (expected, None), "{big}");
    }
}

#[test]
fn a_new_section_has_its_own_interfaces_and_byte_order() {
    let first =
        File::new(false).ng_start().words(&[1, 20, 1, 0, 20]).words(&[6, 32, 0, 0, 7, 0, 0, 32]);
    // Counts seconds.
    let second = File::new(true)
        .ng_start()
        .words(&[1, 32])
        .halves(&[101, 0])
        .words(&[0])
        .halves(&[9, 1])
        .data(&[0; 4])
        .halves(&[0, 0])
        .words(&[32])
        .words(&[6, 32, 0, 0, 7, 0, 0, 32]);
    let expected = vec![(7000, Vec::new()), (7 * NANOS, Vec::new())];
    assert_eq!(read(&[first.octets, second.octets].concat()), (expected, None));
}

#[test]
fn a_packet_of_no_interface_is_an_error() {
    let file = File::new(false).ng_start().words(&[6, 32, 0, 0, 0, 0, 0, 32]);
    assert_eq!(read(&file.octets).1.as_deref(), Some("a packet is of an unknown interface"));
}

#[test]
fn other_files_are_refused() {
    for octets in [&b""[..], b"x", b"not a dump, but a text that is longer than a header"] {
        let (packets, error) = read(octets);
        assert!(packets.is_empty() && error.is_some(), "{octets:?}");
    }
}

#[derive(Clone, Default)]
struct Memory(Rc<RefCell<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn written(shape: Shape, packets: &Packets) -> Vec<u8> {
    let memory = Memory::default();
    let mut writer = DumpWriter::new(Box::new(memory.clone()), shape).unwrap();
    for (time, data) in packets {
        writer.packet(*time, data).unwrap();
    }
    writer.finish().unwrap();
    memory.0.take()
}

fn shape(ng: bool, nanoseconds: bool, snaplen: u32) -> Shape {
    Shape { ng, gzip: false, nanoseconds, snaplen, link: LinkType(101) }
}

fn unpacked(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    MultiGzDecoder::new(octets).read_to_end(&mut out).unwrap();
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_was_written_is_read(
        ng: bool, nanoseconds: bool, snaplen in 1..300u32,
        packets in prop::collection::vec(
            (0..u64::from(u32::MAX) * NANOS, prop::collection::vec(any::<u8>(), 0..400)), 0..20),
    ) {
        let octets = written(shape(ng, nanoseconds, snaplen), &packets);
        let kept = |(time, data): &(u64, Vec<u8>)| {
            let time = if nanoseconds { *time } else { time / 1000 * 1000 };
            (time, data[..data.len().min(snaplen as usize)].to_vec())
        };
        let expected: Packets = packets.iter().map(kept).collect();
        prop_assert_eq!(read(&octets), (expected.clone(), None));
        let gzip = written(Shape { gzip: true, ..shape(ng, nanoseconds, snaplen) }, &packets);
        prop_assert_eq!(unpacked(&gzip), octets.clone());
        // Cut anywhere, the packets before the cut are read.
        for cut in [0, 1, octets.len() / 3, octets.len() / 2, octets.len().saturating_sub(1)] {
            let (found, _) = read(&octets[..cut]);
            prop_assert!(expected.starts_with(&found));
        }
    }

    #[test]
    fn damage_is_an_error_and_no_panic(
        ng: bool, damage in prop::collection::vec((0..400usize, any::<u8>()), 1..8),
    ) {
        let packets = (0..6u8).map(|i| (u64::from(i), vec![i; 30])).collect();
        let mut octets = written(shape(ng, true, 2000), &packets);
        for (at, value) in damage {
            if let Some(octet) = octets.get_mut(at) {
                *octet = value;
            }
        }
        read(&octets);
    }
}

#[test]
fn files_longer_than_the_buffer_and_longer_blocks() {
    let packets: Packets = (0..300u64).map(|i| (i, vec![i as u8; 1500])).collect();
    for ng in [false, true] {
        let mut octets = written(shape(ng, true, 2000), &packets);
        assert!(octets.len() > 3 * BUFFER);
        assert_eq!(read(&octets), (packets.clone(), None));
        // Each longer than the buffer has become for the one before.
        let long: Packets = (1..20).map(|i| (i, vec![7; i as usize * 20_000])).collect();
        assert_eq!(read(&written(shape(ng, true, 1 << 20), &long)), (long, None));
        octets.truncate(octets.len() - 1);
        let (found, error) = read(&octets);
        assert_eq!((found.len(), error.as_deref()), (299, Some("the file ends within a packet")));
    }
}

#[test]
fn gzip_is_told_by_its_first_octets() {
    let folder = std::env::temp_dir().join(format!("pkgraph-reader-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let packets: Packets = vec![(5 * NANOS, b"abc".to_vec())];
    let octets = written(shape(false, true, 2000), &packets);
    for (name, gzip) in [("plain", false), ("packed", true)] {
        let path = folder.join(name);
        let mut out = GzEncoder::new(Vec::new(), Compression::fast());
        out.write_all(&octets).unwrap();
        let packed = out.finish().unwrap();
        std::fs::write(&path, if gzip { &packed } else { &octets }).unwrap();
        let mut reader = DumpReader::open(&path).unwrap();
        let first = reader.next(|record| (record.time, record.data.to_vec()));
        assert_eq!(first.unwrap(), Some(packets[0].clone()), "{name}");
        assert_eq!(reader.link_type(), Some(LinkType(101)));
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
