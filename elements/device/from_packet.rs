//! `FromPacket`.

use super::batch::{Batch, Received, push_burst};
use super::counters::Counters;
use super::take::Take;
use pkgraph::elements::{Arguments, Declare, Element, Start};
use pkgraph::runtime::packet_socket::{Arrived, Receiver, Reserved};
use pkgraph::runtime::{BoxError, Burst, Clock, Context, Edges, Packet, Progress, Region};
use pkgraph_ip::checksum;
use std::cell::Cell;
use std::io::ErrorKind;
use std::rc::Rc;

/// Receives frames from a network interface by a packet socket: for interfaces
/// that FromNetmap does not open.
///
/// Packets are as FromNetmap gives them: an IEEE 802.1Q tag that the kernel has
/// taken out is put back, and a checksum that a sender on this machine has left
/// to its hardware is made. One call receives up to BURST frames, each with one
/// copy.
///
/// TAKE says which frames come, as for FromNetmap. They are copies: the host
/// gets every frame, too. So that it does not answer datagrams to the UDP ports
/// that TAKE names (ICMP port unreachable), those ports of the interface are
/// bound for as long as the graph runs, and what arrives there is dropped; no
/// other program can have them. What a rule of the host's firewall drops comes
/// here all the same.
///
/// What the host sends does not come. Frames that are several packets in one
/// are dropped and counted: on the interface, `ethtool -K eth0 gro off` keeps
/// the kernel from joining TCP segments; on a veth pair, `ethtool -K PEER tso
/// off gso off` has the other end cut them.
///
/// The run ends when the interface is deleted. While it is down, nothing comes.
#[derive(Declare)]
#[element(
    subject = "device",
    ports = "0/1",
    processing = "/h",
    output_docs("Ethernet frames."),
    declared = FromPacketArgs,
    sockets,
    task,
    example = "FromPacket(lo, TAKE \"udp dst port 5004\") -> Discard",
    writes(Timestamp),
    read_handler(
        kernel_drops = FromPacket::kernel_drops,
        "Frames that the kernel has dropped because the socket's buffer was full.",
        unit = "packets", grows
    )
)]
pub struct FromPacket {
    #[handlers(
        count(unit = "packets", grows) = "Frames received.",
        byte_count(unit = "octets", grows) = "Octets received.",
        too_long(unit = "packets", grows) = "Frames dropped because they are longer than a buffer.",
        drops(unit = "packets", grows) = "Frames dropped because they are several packets in one, or corrupt.",
        errors(unit = "errors", grows) = "Receive calls that failed.",
        stalls(unit = "stalls", grows) = "How often reception waited for room downstream or for a buffer.",
        calls(unit = "calls", grows) = "Receive calls, those that found nothing included."
    )]
    counters: Counters,
    burst: Burst,
    batch: Batch,
    receiver: Receiver,
    pool: &'static Region,
    clock: Rc<Clock>,
    stop: Rc<Cell<bool>>,
    kernel_drops: Cell<u64>,
    _reserved: Reserved,
}

/// The arguments of FromPacket.
#[derive(Arguments)]
pub struct FromPacketArgs {
    /// The interface.
    #[arg(position)]
    device: String,
    /// Frames received each time it runs, at most.
    #[arg(keyword, default = "32")]
    burst: Burst,
    /// The frames that come.
    #[arg(keyword, default = "all")]
    take: Take,
}

impl Start for FromPacket {
    fn start(args: FromPacketArgs, context: &mut Context) -> Result<FromPacket, BoxError> {
        let FromPacketArgs { device, burst, take: Take(take) } = args;
        let reserved = Reserved::new(&device, &take)?;
        let receiver = Receiver::open(&device, &take)?;
        context.watch(receiver.fd(), false);
        let line = format!("{device}: packet socket, takes {take}");
        context.say_at_start(move || line.clone());
        Ok(FromPacket {
            counters: Counters::default(),
            burst,
            batch: Batch::default(),
            receiver,
            pool: context.pool(),
            clock: context.clock(),
            stop: context.stop(),
            kernel_drops: Cell::new(0),
            _reserved: reserved,
        })
    }
}

impl FromPacket {
    fn kernel_drops(&self) -> u64 {
        self.kernel_drops.set(self.kernel_drops.get() + self.receiver.dropped());
        self.kernel_drops.get()
    }

    /// The next frame: of those that the last call left, or of a new one.
    fn receive(&mut self) -> Received {
        if let Some(packet) = self.batch.next() {
            return Received::Packet(packet);
        }
        if self.batch.has_found_all() {
            return Received::Nothing;
        }
        let buffers = self.batch.buffers(self.pool, self.burst);
        if buffers.is_empty() {
            return Received::NoBuffer;
        }
        self.counters.calls += 1;
        let received = match self.receiver.receive(buffers) {
            Ok(received) => received,
            Err(error) => {
                match error.kind() {
                    ErrorKind::WouldBlock => {}
                    ErrorKind::Interrupted => return Received::Dropped,
                    // It says so once, and goes on when it is up again.
                    ErrorKind::NetworkDown => {}
                    _ => self.counters.errors += 1,
                }
                if self.receiver.is_gone() {
                    self.stop.set(true);
                }
                return Received::Nothing;
            }
        };
        // One time for all: that of the call.
        let now = self.clock.precise();
        let FromPacket { counters, receiver, batch, .. } = self;
        batch.take(received, |n, packet| {
            let arrived = receiver.arrived(n).unwrap_or_default();
            if arrived.is_cut && !arrived.is_joined {
                counters.too_long += 1;
                return None;
            }
            let whole = if arrived.is_joined { None } else { restore(packet, &arrived) };
            let Some(mut packet) = whole else {
                counters.drops += 1;
                return None;
            };
            counters.add(1, packet.len());
            if let Ok(annotations) = packet.annotations_mut() {
                annotations.set_timestamp(now);
            }
            Some(packet)
        });
        batch.next().map_or(Received::Dropped, Received::Packet)
    }
}

/// Makes of what the kernel shows the frame that was on the wire; `None` where
/// that cannot be.
fn restore(mut packet: Packet, arrived: &Arrived) -> Option<Packet> {
    packet.truncate(arrived.len);
    if packet.len() < 14 {
        return None;
    }
    if let Some((start, offset)) = arrived.checksum {
        let summed = packet.data_mut().ok()?.get_mut(start..)?;
        // What is in its place is the sum of the pseudo-header.
        let sum = checksum::finish(checksum::add(0, summed));
        // 0 would say that there is none (RFC 768).
        let sum = if sum == 0 { 0xffff } else { sum };
        summed.get_mut(offset..offset + 2)?.copy_from_slice(&sum.to_be_bytes());
    }
    if let Some((kind, tci)) = arrived.tag {
        packet.prepend(4)?;
        let frame = packet.data_mut().ok()?;
        frame.copy_within(4..16, 0);
        frame[12..14].copy_from_slice(&kind.to_be_bytes());
        frame[14..16].copy_from_slice(&tci.to_be_bytes());
    }
    Some(packet)
}

impl Element for FromPacket {
    #[inline]
    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        push_burst(self.burst, edges, || self.receive()).unwrap_or_else(|progress| {
            self.counters.stalls += 1;
            progress
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn restored(frame: &[u8], arrived: Arrived) -> Option<Vec<u8>> {
        let region = Region::new(1, 2048);
        let packet = region.packet(frame).unwrap();
        restore(packet, &arrived).map(|packet| packet.data().to_vec())
    }

    #[test]
    fn a_tag_stands_behind_the_addresses() {
        let frame: Vec<u8> = (0..60).collect();
        let arrived = Arrived { len: 60, tag: Some((0x8100, 0xa007)), ..Default::default() };
        let expected = [&frame[..12], &[0x81, 0, 0xa0, 7], &frame[12..]].concat();
        assert_eq!(restored(&frame, arrived), Some(expected));
        assert_eq!(restored(&frame, Arrived { len: 13, ..arrived }), None);
    }

    #[test]
    fn a_checksum_is_made_over_what_is_in_its_place() {
        // The words 0x1234 and 0x4321 of a pseudo-header, and the rest.
        let mut frame = vec![0; 14];
        frame.extend([0x55, 0x55, 0x01, 0x02, 0x03]);
        let arrived = Arrived { len: 19, checksum: Some((14, 0)), ..Default::default() };
        let made = restored(&frame, arrived).unwrap();
        // 0x5555 + 0x0102 + 0x0300 = 0x5957.
        assert_eq!(made[14..16], (!0x5957u16).to_be_bytes());
        frame[14..].copy_from_slice(&[0xff, 0xff, 0, 0, 0]);
        assert_eq!(restored(&frame, arrived).unwrap()[14..16], [0xff, 0xff]);
        for (start, offset) in [(20, 0), (14, 4), (14, 9)] {
            let beyond = Arrived { checksum: Some((start, offset)), ..arrived };
            assert_eq!(restored(&frame, beyond), None);
        }
    }
}
