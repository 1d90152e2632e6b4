//! `SsidReplicate`.

use super::declaration::ssid_of;
use super::key;
use super::own_addresses::OwnAddresses;
use super::switch::{Sending, Switch};
use super::table::{Config, Random, Refusal, StaticClient, Table};
use super::wire::Key;
use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::{ArgError, Context, Edges, FromArg, Nanos, Packet, Progress};
use std::path::Path;
use std::time::Duration;

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
    task,
    limited,
    fan_all,
    validate = SsidReplicate::validate,
    example = "FromSocket(127.0.0.1, 5004) -> [media] s :: SsidReplicate;
FromSocket(127.0.0.1, 5005) -> [control] s;
s -> ToSocket",
    reads(Source, Destination, Payload, Timestamp, Ethernet),
    writes(Source, Destination, Dscp),
    read_handler(
        clients = SsidReplicate::clients_text,
        "A line per client: SSID, control and media address, lease left in seconds, types wanted \
         from every other (+exceptions, +echo), types seen, packets/octets in, packets lost on the way in, \
         packets/octets out; of a static \
         client also what is mapped and learned."
    ),
    read_handler(
        counters = SsidReplicate::counters_text,
        "Lines of name and value: every reason to drop, and what went through."
    ),
    read_handler(
        delay = SsidReplicate::delay_text,
        "Processing delay of media from pick-up to the last copy: count, then min, p50, p99, \
         p999 and max in microseconds. Only packets with a Timestamp count."
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
         CPU's time stamp counter, if it has one rate."
    ),
    read_handler(measure = SsidReplicate::is_measuring, "Whether delays are measured exactly."),
    write_handler(
        measure = SsidReplicate::set_measure,
        "true measures delays in cycles, and also to the end of the flush; false stops that. \
         Both begin anew."
    ),
    read_handler(
        metrics = SsidReplicate::metrics_text,
        "Packets and octets of each client and type, and every counter, for --metrics."
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
    /// Static clients, one each.
    #[arg(rest, name = "CLIENT")]
    statics: Vec<StaticClient>,
    /// Clients at most, up to 65,536.
    #[arg(keyword, default = "1024")]
    clients_max: usize,
    /// Clients of one host, an IPv4 address or an IPv6 /64, at most.
    #[arg(keyword, default = "64")]
    clients_per_host: usize,
    /// Clients of one IPv6 /48, at most.
    #[arg(keyword, default = "256")]
    clients_per_network: usize,
    /// Control messages a second of one client, at most.
    #[arg(keyword, default = "256")]
    control_rate: u32,
    /// REGISTERs a second of one host, at most.
    #[arg(keyword, default = "64")]
    register_rate: u32,
    /// HELLOs a second in all, at most.
    #[arg(keyword, default = "10000")]
    hello_rate: u32,
    /// RTCP datagrams a second that are forwarded from one client, at most.
    #[arg(keyword, default = "64")]
    rtcp_rate: u32,
    /// The session's key, 16 to 64 octets: control messages have to be signed.
    #[arg(keyword)]
    key: Option<Key>,
    /// The path of a file whose one line is the key, so that it need not stand
    /// in a graph.
    #[arg(keyword)]
    key_file: Option<String>,
    /// The DSCP of ASQ copies, 0 to 63; everything else has 0.
    #[arg(keyword, default = "46")]
    dscp: u8,
    /// How long copies wait for a buffer before they are dropped.
    #[arg(keyword, default = "10ms")]
    hold: Duration,
    /// Whether UDP datagrams that are sent in frames have a checksum on IPv4;
    /// on IPv6 they always do.
    #[arg(keyword, default = "true")]
    checksum: bool,
    /// The switch's own addresses, ADDRESS:PORT separated by spaces, which no
    /// client can have. Those that a client writes to need not be given,
    /// unless a socket is bound to all addresses.
    #[arg(keyword, default = "")]
    own: OwnAddresses,
    /// For tests only: makes SSIDs, tokens and cookies follow from this
    /// number, and so known to whoever knows it.
    #[arg(keyword)]
    seed: Option<u64>,
    switch: Option<Switch>,
}

impl SsidReplicate {
    fn validate(&mut self) -> Result<(), ArgError> {
        if !(1..=Config::CLIENTS_MAX).contains(&self.clients_max) {
            let message = format!("{} is out of range: 1 to 65536", self.clients_max);
            return Err(ArgError::argument("CLIENTS_MAX", message));
        }
        if self.dscp > 63 {
            let message = format!("{} is out of range: 0 to 63", self.dscp);
            return Err(ArgError::argument("DSCP", message));
        }
        if self.key.is_some() && self.key_file.is_some() {
            let message = "the key is given by KEY already: leave one of the two out";
            return Err(ArgError::argument("KEY_FILE", message));
        }
        // On a table of its own, so that a graph is checked without a start.
        let mut table = Table::new(self.config(None), Random::from_seed(0));
        for (n, client) in self.statics.iter().enumerate() {
            if let Err(why) = table.add_static(client, 0) {
                let name = Some(("CLIENT".to_string(), n));
                return Err(ArgError { name, message: why.to_string() });
            }
        }
        Ok(())
    }

    fn config(&self, key: Option<Key>) -> Config {
        Config {
            clients: self.clients_max,
            clients_per_host: self.clients_per_host,
            clients_per_network: self.clients_per_network,
            control_rate: self.control_rate,
            register_rate: self.register_rate,
            hello_rate: self.hello_rate,
            rtcp_rate: self.rtcp_rate,
            key,
            own: self.own.0.clone(),
        }
    }

    fn clients_text(&self) -> String {
        self.switch.as_ref().map_or(String::new(), Switch::clients_text)
    }

    fn counters_text(&self) -> String {
        self.switch.as_ref().map_or(String::new(), |s| s.table().counters.to_string())
    }

    fn metrics_text(&self) -> String {
        self.switch.as_ref().map_or(String::new(), |s| s.table().metrics_text())
    }

    fn delay_text(&self) -> String {
        self.switch.as_ref().map_or(String::new(), |s| s.delay().to_string())
    }

    fn delay_values(&self) -> String {
        self.switch.as_ref().map_or(String::new(), |s| s.delay().values())
    }

    fn kick_values(&self) -> String {
        self.switch.as_ref().map_or(String::new(), Switch::values_with_kick)
    }

    fn ticks(&self) -> f64 {
        self.switch.as_ref().map_or(1000.0, |s| s.delay().ticks_per_microsecond())
    }

    fn is_measuring(&self) -> bool {
        self.switch.as_ref().is_some_and(Switch::is_measuring)
    }

    fn set_measure(&mut self, value: &str) -> Result<(), String> {
        let on = bool::from_arg(value.trim())?;
        self.change(|switch| {
            switch.measure(on);
            Ok(())
        })
    }

    fn add_client(&mut self, value: &str) -> Result<(), String> {
        let client = StaticClient::from_arg(value)?;
        self.change(|switch| switch.add_static(&client))
    }

    fn remove_client(&mut self, value: &str) -> Result<(), String> {
        let ssid = ssid_of(value)?;
        self.change(|switch| switch.remove_static(ssid))
    }

    fn kick(&mut self, value: &str) -> Result<(), String> {
        let ssid = ssid_of(value)?;
        self.change(|switch| switch.kick(ssid))
    }

    fn change(
        &mut self,
        change: impl FnOnce(&mut Switch) -> Result<(), Refusal>,
    ) -> Result<(), String> {
        let switch = self.switch.as_mut().ok_or("the switch has not started yet")?;
        change(switch).map_err(|why| why.to_string())
    }
}

impl Element for SsidReplicate {
    fn init(&mut self, context: &mut Context) -> Result<(), String> {
        let random = match self.seed {
            Some(seed) => Random::from_seed(seed),
            None => Random::from_system()?,
        };
        let key = match &self.key_file {
            Some(path) => {
                Some(key::read(Path::new(path)).map_err(|why| format!("KEY_FILE {why}"))?)
            }
            None => self.key.take(),
        };
        let config = self.config(key);
        let hold = Nanos::try_from(self.hold.as_nanos()).unwrap_or(Nanos::MAX / 2);
        let sending = Sending { dscp: self.dscp, hold, checksum: self.checksum };
        let mut switch = Switch::new(config, random, sending, context);
        for client in &self.statics {
            switch.add_static(client).map_err(|why| format!("CLIENT: {why}"))?;
        }
        self.switch = Some(switch);
        Ok(())
    }

    #[inline]
    fn push<E: Edges>(&mut self, port: usize, packet: Packet, edges: &mut E) {
        let Some(switch) = &mut self.switch else { return };
        match port {
            0 => switch.media(packet, edges),
            _ => switch.control(packet, edges),
        }
    }

    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        self.switch.as_mut().map_or(Progress::Idle, |switch| switch.run(edges))
    }

    #[inline]
    fn room(&self, port: usize, _: usize) -> usize {
        // One packet at a time: its copies may be more than a sink takes.
        let is_pending = self.switch.as_ref().is_some_and(Switch::is_pending);
        if port == 0 { usize::from(!is_pending) } else { usize::MAX }
    }
}
