//! The switch as a loop by hand: a frame in, eight frames out, each with
//! headers of its own.

use crate::by_hand::Source;
use pkgraph_runtime::Packet;
use std::hint::black_box;

/// Ethernet, IPv4 without options, UDP.
const HEADERS: usize = 14 + 20 + 8;

/// Who receives, and what has been sent to it.
struct Receiver {
    station: [u8; 6],
    ip: [u8; 4],
    udp_port: u16,
    packets: u64,
    octets: u64,
}

/// Runs `packets` frames through the loop.
pub fn run(source: Source<'_>, packets: u64) {
    let mut receivers: Vec<Receiver> = (2..10)
        .map(|n| Receiver {
            station: [2, 0, 0, 0, 1, n],
            ip: [10, 0, 0, n],
            udp_port: 5004,
            packets: 0,
            octets: 0,
        })
        .collect();
    let mut refused = 0u64;
    for _ in 0..packets {
        let Some(frame) = source.packet() else { continue };
        if replicate(&frame, black_box(&mut receivers)).is_none() {
            refused += 1;
        }
    }
    black_box((receivers, refused));
}

/// `None` when the frame is none of ours, or there is no buffer.
fn replicate(frame: &Packet, receivers: &mut [Receiver]) -> Option<()> {
    let data = frame.data();
    let headers: &[u8; HEADERS] = data.first_chunk()?;
    let payload = &data[HEADERS..];
    let sum = add(0, payload);
    if !is_ours(headers) || !is_intact(headers, sum) {
        return None;
    }
    for receiver in receivers {
        let mut copy = frame.region().packet(data)?;
        let to: &mut [u8; HEADERS] = copy.data_mut().ok()?.first_chunk_mut()?;
        to[..6].copy_from_slice(&receiver.station);
        to[6..12].copy_from_slice(&headers[..6]);
        to[15] = 46 << 2;
        to[24..26].fill(0);
        to[26..30].copy_from_slice(&headers[30..34]);
        to[30..34].copy_from_slice(&receiver.ip);
        let checksum = finish(add(0, &to[14..34]));
        to[24..26].copy_from_slice(&checksum.to_be_bytes());
        to[34..36].copy_from_slice(&headers[36..38]);
        to[36..38].copy_from_slice(&receiver.udp_port.to_be_bytes());
        to[40..42].fill(0);
        let checksum = finish(datagram(to, sum)).max(1);
        to[40..42].copy_from_slice(&checksum.to_be_bytes());
        drop(black_box(copy));
        receiver.packets += 1;
        receiver.octets += payload.len() as u64;
    }
    Some(())
}

/// UDP in IPv4 to the media port.
fn is_ours(headers: &[u8; HEADERS]) -> bool {
    headers[12..15] == [8, 0, 0x45]
        && headers[20] & 0x3f == 0
        && headers[21] == 0
        && headers[23] == 17
        && headers[36..38] == 5004u16.to_be_bytes()
}

fn is_intact(headers: &[u8; HEADERS], payload: u32) -> bool {
    finish(add(0, &headers[14..34])) == 0 && finish(datagram(headers, payload)) == 0
}

/// The sum of pseudo-header, UDP header and payload.
fn datagram(headers: &[u8; HEADERS], payload: u32) -> u32 {
    let length = u32::from(u16::from_be_bytes([headers[38], headers[39]]));
    add(17 + length + (payload & 0xffff) + (payload >> 16), &headers[26..HEADERS])
}

/// RFC 1071.
fn add(sum: u32, data: &[u8]) -> u32 {
    let words = data.as_chunks::<2>().0;
    words.iter().fold(sum, |sum, word| sum + u32::from(u16::from_be_bytes(*word)))
}

fn finish(sum: u32) -> u16 {
    let sum = (sum & 0xffff) + (sum >> 16);
    !((sum & 0xffff) + (sum >> 16)) as u16
}
