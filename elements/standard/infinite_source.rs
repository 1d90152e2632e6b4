//! `InfiniteSource`.

use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::{ArgError, Burst, Clock, Context, Edges, Packet, Progress, Region};
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
    validate = InfiniteSource::set_length,
    write_handler(reset = InfiniteSource::reset, "Sets the count to 0: another LIMIT packets follow.")
)]
pub struct InfiniteSource {
    /// The octets of every packet.
    #[arg(
        position,
        default = "\"a packet of InfiniteSource, which no DATA argument made another.\""
    )]
    data: Vec<u8>,
    /// Packets to generate; negative for no limit.
    #[arg(position, default = "-1")]
    #[handler(write)]
    limit: i64,
    /// Packets pushed each time it runs.
    #[arg(position, default = "1")]
    burst: Burst,
    /// Whether it generates packets.
    #[arg(position, default = "true")]
    #[handler(write)]
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
    /// Packets generated.
    #[handler]
    count: u64,
    /// Octets of a packet.
    octets: usize,
    surroundings: Option<Surroundings>,
}

struct Surroundings {
    pool: &'static Region,
    clock: Rc<Clock>,
    stop: Rc<Cell<bool>>,
}

impl InfiniteSource {
    fn set_length(&mut self) -> Result<(), ArgError> {
        let most = Region::BUFFER_SIZE as usize - usize::from(Region::HEADROOM);
        let length = self.length.map_or(self.data.len(), |length| length as usize);
        if length > most {
            let name = if self.length.is_some() { "LENGTH" } else { "DATA" };
            let message = format!("{length} octets do not fit a buffer: at most {most}");
            return Err(ArgError::argument(name, message));
        }
        self.octets = length;
        if self.fill {
            self.data.resize(length, 0);
        } else {
            self.data.truncate(length);
        }
        Ok(())
    }

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
    fn generate(&self, around: &Surroundings) -> Option<Packet> {
        let mut packet = around.pool.packet_with_header(&self.data, self.octets)?;
        if self.timestamp {
            packet.annotations_mut().ok()?.set_timestamp(around.clock.now());
        }
        Some(packet)
    }

    fn stop_at_limit(&self) {
        if self.stop
            && self.at_limit()
            && let Some(around) = &self.surroundings
        {
            around.stop.set(true);
        }
    }
}

impl Element for InfiniteSource {
    fn init(&mut self, context: &mut Context) -> Result<(), String> {
        self.surroundings = Some(Surroundings {
            pool: context.pool(),
            clock: context.clock(),
            stop: context.stop(),
        });
        Ok(())
    }

    #[inline]
    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        let Some(around) = &self.surroundings else { return Progress::Idle };
        let most = self.left(self.burst.get() as u64);
        let (mut made, mut blocked) = (0, false);
        while made < most {
            if edges.room(0) == 0 {
                blocked = true;
                break;
            }
            let Some(packet) = self.generate(around) else { break };
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
        let around = self.surroundings.as_ref().filter(|_| self.left(1) > 0);
        let packet = around.and_then(|around| self.generate(around));
        self.count += u64::from(packet.is_some());
        self.stop_at_limit();
        packet
    }
}
