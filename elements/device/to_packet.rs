//! `ToPacket`.

use super::counters::Counters;
use pkgraph::elements::{Arguments, Declare, Element, Start};
use pkgraph::runtime::packet_socket::Sender;
use pkgraph::runtime::{BoxError, Context, Edges, Packet, Progress};
use std::io::ErrorKind;

/// Sends frames by a network interface through a packet socket: for interfaces
/// that ToNetmap does not open.
///
/// What a burst brings leaves at its end, with one call for up to 64 frames,
/// past the interface's queueing discipline. Checksums and tags are the graph's
/// to make. A frame that the interface has no room for is dropped and counted,
/// as one that is longer than its MTU allows.
#[derive(Declare)]
#[element(
    subject = "device",
    ports = "1/0",
    processing = "a/",
    input_docs("Ethernet frames."),
    declared = ToPacketArgs,
    sockets,
    task,
    flush,
    example = "FromPacket(lo, TAKE \"udp dst port 5004\") -> ToPacket(lo)"
)]
pub struct ToPacket {
    #[handlers(
        count(unit = "packets", grows) = "Frames sent.",
        byte_count(unit = "octets", grows) = "Octets sent.",
        drops(unit = "packets", grows) = "Frames dropped: the interface was busy or down, or they are too long.",
        errors(unit = "errors", grows) = "Send calls that failed for other reasons; each has dropped a frame.",
        calls(unit = "calls", grows) = "Send calls."
    )]
    counters: Counters,
    held: Vec<Packet>,
    sender: Sender,
}

/// The arguments of ToPacket.
#[derive(Arguments)]
pub struct ToPacketArgs {
    /// The interface.
    #[arg(position)]
    device: String,
}

/// Frames that wait for the end of a burst, at most.
const HELD_MAX: usize = 64;

/// Whether an error says that the interface does not take the frame now, or
/// not this one.
fn is_refusal(error: &std::io::Error) -> bool {
    let busy = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NetworkDown);
    busy || matches!(error.raw_os_error(), Some(libc::ENOBUFS | libc::EMSGSIZE))
}

impl Start for ToPacket {
    fn start(args: ToPacketArgs, _: &mut Context) -> Result<ToPacket, BoxError> {
        let sender = Sender::open(&args.device)?;
        Ok(ToPacket { counters: Counters::default(), held: Vec::with_capacity(HELD_MAX), sender })
    }
}

impl ToPacket {
    fn take(&mut self, packet: Packet) {
        self.held.push(packet);
        if self.held.len() >= HELD_MAX {
            self.send();
        }
    }

    fn send(&mut self) {
        let ToPacket { counters, held, sender } = self;
        let mut left = &held[..];
        while !left.is_empty() {
            counters.calls += 1;
            let done = match sender.send(left) {
                Ok(sent) => {
                    counters.add(sent, left[..sent].iter().map(|packet| packet.len()).sum());
                    sent
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => 0,
                Err(error) if is_refusal(&error) => {
                    counters.drops += 1;
                    1
                }
                Err(_) => {
                    counters.errors += 1;
                    1
                }
            };
            left = &left[done..];
        }
        held.clear();
    }
}

impl Element for ToPacket {
    #[inline]
    fn push<E: Edges>(&mut self, _: usize, packet: Packet, _: &mut E) {
        self.take(packet);
    }

    #[inline]
    fn flush<E: Edges>(&mut self, _: &mut E) {
        if !self.held.is_empty() {
            self.send();
        }
    }

    #[inline]
    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        match edges.pull(0) {
            Some(packet) => {
                self.take(packet);
                Progress::Busy
            }
            None => Progress::Idle,
        }
    }
}
