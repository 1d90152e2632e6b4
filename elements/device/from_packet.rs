//! `FromPacket`.

use super::take::Take;
use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::packet_socket::{Arrived, Receiver, Reserved};
use pkgraph::runtime::{Burst, Clock, Context, Edges, Packet, Progress, Region};
use pkgraph_ip::checksum;
use std::cell::Cell;
use std::collections::VecDeque;
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
    sockets,
    task,
    example = "FromPacket(lo, TAKE \"udp dst port 5004\") -> Discard",
    writes(Timestamp),
    read_handler(
        kernel_drops = FromPacket::kernel_drops,
        "Frames that the kernel has dropped because the socket's buffer was full."
    )
)]
pub struct FromPacket {
    /// The interface.
    #[arg(position)]
    device: String,
    /// Frames received each time it runs, at most.
    #[arg(keyword, default = "32")]
    burst: Burst,
    /// The frames that come.
    #[arg(keyword, default = "all")]
    take: Take,
    /// Frames received.
    #[handler]
    count: u64,
    /// Octets received.
    #[handler]
    byte_count: u64,
    /// Frames dropped because they are longer than a buffer.
    #[handler]
    too_long: u64,
    /// Frames dropped because they are several packets in one, or corrupt.
    #[handler]
    drops: u64,
    /// Receive calls that failed.
    #[handler]
    errors: u64,
    /// How often reception waited for room downstream or for a buffer.
    #[handler]
    stalls: u64,
    /// Receive calls, those that found nothing included.
    #[handler]
    calls: u64,
    /// Buffers to receive into.
    spare: Vec<Packet>,
    /// What was received and has not been pushed.
    waiting: VecDeque<Packet>,
    open: Option<Open>,
}

struct Open {
    receiver: Receiver,
    pool: &'static Region,
    clock: Rc<Clock>,
    stop: Rc<Cell<bool>>,
    kernel_drops: Cell<u64>,
    _reserved: Reserved,
}

enum Received {
    Some,
    NoBuffer,
    Nothing,
}

impl FromPacket {
    fn kernel_drops(&self) -> String {
        let Some(open) = &self.open else { return "0".into() };
        open.kernel_drops.set(open.kernel_drops.get() + open.receiver.dropped());
        open.kernel_drops.get().to_string()
    }

    /// Receives what there is, as much as a burst.
    fn receive(&mut self) -> Received {
        let Some(Open { receiver, pool, clock, stop, .. }) = &mut self.open else {
            return Received::Nothing;
        };
        let most = pool.buffer_size() - pool.headroom();
        while self.spare.len() < self.burst.get() as usize
            && let Some(mut packet) = pool.alloc()
        {
            packet.append(most).expect("a fresh buffer has this room");
            self.spare.push(packet);
        }
        if self.spare.is_empty() {
            return Received::NoBuffer;
        }
        self.calls += 1;
        let received = match receiver.receive(&mut self.spare) {
            Ok(received) => received,
            Err(error) => {
                match error.kind() {
                    ErrorKind::WouldBlock => {}
                    ErrorKind::Interrupted => return Received::Some,
                    // It says so once, and goes on when it is up again.
                    ErrorKind::NetworkDown => {}
                    _ => self.errors += 1,
                }
                if receiver.is_gone() {
                    stop.set(true);
                }
                return Received::Nothing;
            }
        };
        // One time for all: that of the call.
        let now = clock.precise();
        for (n, packet) in self.spare.drain(..received).enumerate() {
            let arrived = receiver.arrived(n).unwrap_or_default();
            if arrived.is_joined {
                self.drops += 1;
            } else if arrived.is_cut {
                self.too_long += 1;
            } else if let Some(mut packet) = restore(packet, &arrived) {
                self.count += 1;
                self.byte_count += packet.len() as u64;
                if let Ok(annotations) = packet.annotations_mut() {
                    annotations.set_timestamp(now);
                }
                self.waiting.push_back(packet);
            } else {
                self.drops += 1;
            }
        }
        Received::Some
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
    fn init(&mut self, context: &mut Context) -> Result<(), String> {
        let reserved = Reserved::new(&self.device, &self.take.0).map_err(|e| e.to_string())?;
        let receiver = Receiver::open(&self.device, &self.take.0).map_err(|e| e.to_string())?;
        context.watch(receiver.fd(), false);
        let line = format!("{}: packet socket, takes {}", self.device, self.take.0);
        context.say_at_start(move || line.clone());
        self.open = Some(Open {
            receiver,
            pool: context.pool(),
            clock: context.clock(),
            stop: context.stop(),
            kernel_drops: Cell::new(0),
            _reserved: reserved,
        });
        Ok(())
    }

    #[inline]
    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        let mut progress = Progress::Idle;
        for _ in 0..self.burst.get() {
            let received = match edges.room(0) {
                0 => Received::NoBuffer,
                _ if !self.waiting.is_empty() => Received::Some,
                _ => self.receive(),
            };
            match received {
                Received::Some => {
                    if let Some(packet) = self.waiting.pop_front() {
                        edges.push(0, packet);
                    }
                }
                Received::NoBuffer => {
                    self.stalls += 1;
                    return if progress == Progress::Idle { Progress::Blocked } else { progress };
                }
                Received::Nothing => break,
            }
            progress = Progress::Busy;
        }
        progress
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
