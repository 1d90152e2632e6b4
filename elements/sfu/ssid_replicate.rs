//! `SsidReplicate`: the declaration, and what it has.

mod arguments;
mod handlers;
mod packets;

use super::copies::Copies;
use super::delay::Delay;
use super::look_up::LookUp;
use super::table::Table;
use arguments::SsidReplicateArgs;
use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::{Clock, Edges, Nanos, Packet, Progress, Region};
use std::rc::Rc;

/// Replicates media packets to the clients that want them: the switch of a
/// Selective Forwarding Unit.
///
/// Input `media` takes what arrives on the media port, input `control` what
/// arrives on the control port; both as UDP payloads with the annotations
/// Source (the peer) and Destination (the switch's own address). The output
/// carries copies and answers alike: Source is the switch's address that the
/// packet has to leave from, Destination the peer it goes to.
///
/// A media packet costs one look-up by its SSRC, which finds the list of its
/// destinations; the copies leave in the order in which the clients joined.
/// The last copy is the packet itself; if the client asked for its echo, that
/// is the echo. The protocol is in docs/wire.md: clients register, bind their
/// media address, and say what they want to receive.
///
/// What came in an Ethernet frame (annotation Ethernet, as Classifier notes it)
/// is answered and copied in frames: with headers of the switch's own, to the
/// Ethernet address and in the VLAN that the client's last valid packet came
/// from. Other packets are payloads.
///
/// While a sink downstream has no room, the copies of one packet that are left
/// wait, and the element has no room for further media; control goes on. The
/// same holds while there is no buffer for a copy, but no longer than HOLD.
///
/// RTCP of RTP tools goes from a client to those whom it concerns: the
/// receivers of its sender reports, and whom reports and feedback name.
///
/// With KEY or KEY_FILE, control messages have to be signed. A key is `0x` and
/// hexadecimal digits, or a string. The handler `config` shows KEY to whoever
/// may read it, and KEY_FILE does not show its key.
///
/// Each CLIENT declares a static client: an RTP tool that does not speak the
/// protocol. It is words of `name=value`:
///
/// - `ssid=0x12345670`: the SSID; the low four bits are 0.
/// - `media=10.0.0.1:5004`: where its media comes from and goes to; its RTCP
///   may come from the port above.
/// - `wants=asq,vsq`: what it receives from every other client; without it,
///   nothing.
/// - `map=0xdeadbeef:vsq,7:asq`: the types of SSRCs besides those that SSID
///   and type make.
/// - `learn=96:asq,97:vsq`: for tools whose SSRC nobody knows beforehand, the
///   types by RTP payload type: the first SSRC with that payload type from
///   that very address is the stream's. It stays so until a BYE, or until it
///   has been silent for 5 s and another comes.
/// - `own=192.0.2.1:5004`: the switch's address that its copies leave from,
///   if it is not to be the one that the first media packet arrives at.
/// - `mac=2:0:0:0:0:1`: its Ethernet address, or its router's, for a client that
///   gets frames and has not sent any. Without it the host is asked, which needs
///   a route to the client by this interface. It receives once any media has
///   arrived, in that VLAN.
#[derive(Declare)]
#[element(
    subject = "sfu",
    ports = "2/1",
    processing = "hh/h",
    input_docs("UDP packets that came to the media port.", "UDP packets that came to the control port."),
    output_docs("Copies for clients, and answers to them."),
    input_names("media", "control"),
    declared = SsidReplicateArgs,
    task,
    limited,
    fan_all,
    example = "FromSocket(127.0.0.1, 5004) -> [media] s :: SsidReplicate;
FromSocket(127.0.0.1, 5005) -> [control] s;
s -> ToSocket",
    requires(Source, Destination),
    reads(Payload, Timestamp, Ethernet),
    writes(Source, Destination, Dscp),
    read_handler(
        clients = SsidReplicate::clients,
        "A line per client: SSID, control and media address, lease left in seconds, types wanted \
         from every other (+exceptions, +echo), types seen, packets/octets in, packets lost on the way in, \
         packets/octets out; of a static \
         client also what is mapped and learned."
    ),
    read_handler(client_count = SsidReplicate::client_count, "Clients that are registered or static."),
    read_handler(
        counters = SsidReplicate::counters,
        "Lines of name and value: every reason to drop, and what went through.",
        summary, metrics
    ),
    read_handler(
        delay = SsidReplicate::delay,
        "Processing delay of media from pick-up to the last copy: count, then min, p50, p99, \
         p999 and max in microseconds. Only packets with a Timestamp count.",
        summary
    ),
    read_handler(
        delay_values = SsidReplicate::delay_values,
        "All of these delays: lines of a delay in ticks and how many packets had it, with three \
         significant digits."
    ),
    read_handler(
        kick_values = SsidReplicate::kick_values,
        "The same of delays to the end of the flush that follows: until sinks that keep copies \
         for the end of a burst have told the kernel. Only while `measure` is on."
    ),
    read_handler(
        ticks = SsidReplicate::ticks,
        "How many ticks a microsecond has: 1000, or, while `measure` is on, the cycles of the \
         CPU's time stamp counter, if it has one rate.",
        unit = "ticks_per_microsecond"
    ),
    read_handler(measure = SsidReplicate::is_measuring, "Whether delays are measured exactly."),
    write_handler(
        measure = SsidReplicate::set_measure,
        "true measures delays in cycles, and also to the end of the flush; false stops that. \
         Both begin anew."
    ),
    read_handler(
        metrics = SsidReplicate::metrics,
        "Packets and octets of each client and type, and every counter, for --metrics.",
        metrics
    ),
    write_handler(
        add_client = SsidReplicate::add_client,
        "Adds a static client, written as for CLIENT."
    ),
    write_handler(
        remove_client = SsidReplicate::remove_client,
        "Removes the static client with this SSID."
    ),
    write_handler(
        kick = SsidReplicate::kick,
        "Removes the client with this SSID, as if its lease had run out."
    )
)]
pub struct SsidReplicate {
    table: Table,
    /// Copies of a packet that are not all out yet.
    copies: Copies,
    /// Apart, since what is large makes every element of the dynamic engine so.
    delay: Box<Delay>,
    look_up: LookUp,
    sending: Sending,
    clock: Rc<Clock>,
    /// Buffers for what answers no packet.
    pool: &'static Region,
    /// An answer's octets, kept so that the next one allocates nothing.
    octets: Vec<u8>,
}

/// What the switch does with what it sends.
#[derive(Clone, Copy, Debug)]
struct Sending {
    /// The DSCP of ASQ copies; everything else has 0.
    dscp: u8,
    /// How long copies wait for a buffer.
    hold: Nanos,
    /// Whether UDP datagrams in frames have a checksum on IPv4.
    checksum: bool,
}

impl Element for SsidReplicate {
    #[inline]
    fn push<E: Edges>(&mut self, port: usize, packet: Packet, edges: &mut E) {
        match port {
            0 => self.media(packet, edges),
            _ => self.control(packet, edges),
        }
    }

    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        self.resume(edges)
    }

    #[inline]
    fn room(&self, port: usize, _: usize) -> usize {
        // One packet at a time: its copies may be more than a sink takes.
        if port == 0 { usize::from(!self.copies.is_pending()) } else { usize::MAX }
    }
}
