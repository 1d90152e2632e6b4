//! `InfiniteSource`.

use pkgraph::elements::{Arguments, Declare, Element, Start};
use pkgraph::runtime::{
    ArgError, BoxError, Burst, Clock, Context, Edges, Packet, Progress, Region,
};
use std::cell::Cell;
use std::rc::Rc;

/// Generates packets whenever it is run.
///
/// Each packet is a fresh buffer of the pool that holds DATA. With LIMIT it
/// stops after so many; then, with STOP, it ends the run.
#[derive(Declare)]
#[element(
    subject = "standard",
    ports = "0/1",
    processing = "/a",
    output_docs("The packets made."),
    task,
    example = "InfiniteSource(DATA \\<0800>, LIMIT 5, STOP true) -> Discard",
    writes(Timestamp),
    declared = InfiniteSourceArgs,
    write_handler(reset = InfiniteSource::reset, "Sets the count to 0: another LIMIT packets follow.")
)]
pub struct InfiniteSource {
    data: Vec<u8>,
    /// Packets to generate; negative for no limit.
    #[handler(write, unit = "packets")]
    limit: i64,
    burst: Burst,
    /// Whether it generates packets.
    #[handler(write)]
    active: bool,
    stop: bool,
    timestamp: bool,
    /// Packets generated.
    #[handler(unit = "packets", grows)]
    count: u64,
    /// Octets of a packet.
    octets: usize,
    pool: &'static Region,
    clock: Rc<Clock>,
    stopped: Rc<Cell<bool>>,
}

/// The arguments of [`InfiniteSource`].
#[derive(Arguments)]
#[arguments(validate = InfiniteSourceArgs::check)]
pub struct InfiniteSourceArgs {
    /// The octets of every packet.
    #[arg(
        position,
        default = "\"a packet of InfiniteSource, which no DATA argument made another.\""
    )]
    data: Vec<u8>,
    /// Packets to generate; negative for no limit.
    #[arg(position, default = "-1")]
    limit: i64,
    /// Packets pushed each time it runs.
    #[arg(position, default = "1")]
    burst: Burst,
    /// Whether it generates packets.
    #[arg(position, default = "true")]
    active: bool,
    /// The length of the packets in octets: DATA is cut, or filled up with zeros.
    #[arg(keyword)]
    length: Option<u32>,
    /// Whether it is filled up. If not, what follows DATA is whatever the
    /// buffer last held, and costs nothing.
    #[arg(keyword, default = "true")]
    fill: bool,
    /// Whether the run ends after LIMIT packets.
    #[arg(keyword, default = "false")]
    stop: bool,
    /// Whether packets carry the time of their making.
    #[arg(keyword, default = "true")]
    timestamp: bool,
}

impl InfiniteSourceArgs {
    /// Octets of a packet.
    fn octets(&self) -> usize {
        self.length.map_or(self.data.len(), |length| length as usize)
    }

    fn check(&mut self) -> Result<(), ArgError> {
        let most = Region::BUFFER_SIZE as usize - usize::from(Region::HEADROOM);
        let length = self.octets();
        if length > most {
            let name = if self.length.is_some() { "LENGTH" } else { "DATA" };
            let message = format!("{length} octets do not fit a buffer: at most {most}");
            return Err(ArgError::argument(name, message));
        }
        Ok(())
    }
}

impl InfiniteSource {
    fn reset(&mut self, _: &str) -> Result<(), String> {
        self.count = 0;
        Ok(())
    }

    fn at_limit(&self) -> bool {
        self.limit >= 0 && self.count >= self.limit as u64
    }

    /// How many packets are to come, at most `most`.
    #[inline]
    fn left(&self, most: u64) -> u64 {
        match u64::try_from(self.limit) {
            _ if !self.active => 0,
            Ok(limit) => limit.saturating_sub(self.count).min(most),
            Err(_) => most,
        }
    }

    /// A packet; `None` when the pool is empty.
    // Used twice, and in the loop of every such source.
    #[inline(always)]
    fn generate(&self) -> Option<Packet> {
        let mut packet = self.pool.packet_with_header(&self.data, self.octets)?;
        if self.timestamp {
            packet.annotations_mut().ok()?.set_timestamp(self.clock.now());
        }
        Some(packet)
    }

    fn stop_at_limit(&self) {
        if self.stop && self.at_limit() {
            self.stopped.set(true);
        }
    }
}

impl Start for InfiniteSource {
    fn start(args: InfiniteSourceArgs, context: &mut Context) -> Result<InfiniteSource, BoxError> {
        let octets = args.octets();
        let mut data = args.data;
        if args.fill {
            data.resize(octets, 0);
        } else {
            data.truncate(octets);
        }
        Ok(InfiniteSource {
            data,
            limit: args.limit,
            burst: args.burst,
            active: args.active,
            stop: args.stop,
            timestamp: args.timestamp,
            count: 0,
            octets,
            pool: context.pool(),
            clock: context.clock(),
            stopped: context.stop(),
        })
    }
}

impl Element for InfiniteSource {
    #[inline]
    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        let most = self.left(self.burst.get() as u64);
        let (mut made, mut blocked) = (0, false);
        while made < most {
            if edges.room(0) == 0 {
                blocked = true;
                break;
            }
            let Some(packet) = self.generate() else { break };
            edges.push(0, packet);
            made += 1;
        }
        self.count += made;
        if blocked {
            return if made > 0 { Progress::Busy } else { Progress::Blocked };
        }
        self.stop_at_limit();
        if made > 0 { Progress::Busy } else { Progress::Idle }
    }

    #[inline]
    fn pull<E: Edges>(&mut self, _: usize, _: &mut E) -> Option<Packet> {
        let packet = if self.left(1) > 0 { self.generate() } else { None };
        self.count += u64::from(packet.is_some());
        self.stop_at_limit();
        packet
    }
}
