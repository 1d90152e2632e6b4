//! `RatedSource`.

use super::bandwidth::Bandwidth;
use super::maker::{Maker, octets};
use super::token_bucket::TokenBucket;
use pkgraph::elements::{Arguments, Declare, Element, Start};
use pkgraph::runtime::{ArgError, BoxError, Context, Edges, FromArg, Packet, Progress};

/// Generates packets at a rate.
///
/// The first comes at once. Each packet is a fresh buffer of the pool that
/// holds DATA. When the engine comes late, the packets that are due follow at
/// once: as many as 10 ms bring, and at least 2. With LIMIT it stops after so
/// many; then, with STOP, it ends the run.
#[derive(Declare)]
#[element(
    subject = "traffic",
    ports = "0/1",
    processing = "/a",
    output_docs("The packets made."),
    task,
    example = "RatedSource(DATA \\<0800>, RATE 1000, LIMIT 5, STOP true) -> Discard",
    writes(Timestamp),
    declared = RatedSourceArgs,
    read_handler(data = RatedSource::data, "The octets of every packet, as text."),
    write_handler(data = RatedSource::set_data, "Sets the octets of every packet."),
    read_handler(length = RatedSource::length, "The length of the packets in octets.", unit = "octets"),
    write_handler(length = RatedSource::set_length, "Sets the length: DATA is cut or repeated."),
    read_handler(rate = RatedSource::rate, "Packets per second.", unit = "packets_per_second"),
    write_handler(rate = RatedSource::set_rate, "Sets the packets per second."),
    write_handler(reset = RatedSource::reset, "Sets the count to 0: another LIMIT packets follow.")
)]
pub struct RatedSource {
    data: Vec<u8>,
    /// Packets to generate; negative for no limit.
    #[handler(write, unit = "packets")]
    limit: i64,
    /// Whether it generates packets.
    #[handler(write)]
    active: bool,
    length: Option<usize>,
    stop: bool,
    /// Packets generated.
    #[handler(unit = "packets", grows)]
    count: u64,
    maker: Maker,
    bucket: TokenBucket,
}

/// The arguments of [`RatedSource`].
#[derive(Arguments)]
#[arguments(validate = RatedSourceArgs::check)]
pub struct RatedSourceArgs {
    /// The octets of every packet.
    #[arg(
        position,
        default = "\"a packet of RatedSource, which no DATA argument of the graph made another.\""
    )]
    data: Vec<u8>,
    /// Packets per second.
    #[arg(position, default = "10")]
    rate: u32,
    /// Packets to generate; negative for no limit.
    #[arg(position, default = "-1")]
    limit: i64,
    /// Whether it generates packets.
    #[arg(position, default = "true")]
    active: bool,
    /// The length of the packets in octets: DATA is cut or repeated.
    #[arg(keyword)]
    length: Option<usize>,
    /// Sets RATE to what brings so many octets per second.
    #[arg(keyword)]
    bandwidth: Option<Bandwidth>,
    /// Whether the run ends after LIMIT packets.
    #[arg(keyword, default = "false")]
    stop: bool,
}

impl RatedSourceArgs {
    fn check(&mut self) -> Result<(), ArgError> {
        octets(&self.data, self.length).map_err(|message| ArgError::argument("DATA", message))?;
        Ok(())
    }
}

/// Packets of one run at most, so that other tasks run too.
const MOST: usize = 64;

impl RatedSource {
    fn data(&self) -> String {
        String::from_utf8_lossy(&self.data).into_owned()
    }

    fn set_data(&mut self, value: &str) -> Result<(), String> {
        self.maker.set(value.as_bytes(), self.length)?;
        self.data = value.as_bytes().to_vec();
        Ok(())
    }

    fn length(&self) -> usize {
        self.maker.len()
    }

    fn set_length(&mut self, value: &str) -> Result<(), String> {
        let length = Some(usize::from_arg(value.trim())?);
        self.maker.set(&self.data, length)?;
        self.length = length;
        Ok(())
    }

    fn rate(&self) -> u64 {
        self.bucket.rate()
    }

    fn set_rate(&mut self, value: &str) -> Result<(), String> {
        self.bucket.refill(self.maker.now());
        self.bucket.set_rate(u32::from_arg(value.trim())?);
        Ok(())
    }

    fn reset(&mut self, _: &str) -> Result<(), String> {
        self.count = 0;
        self.bucket.start(self.maker.now());
        Ok(())
    }

    fn at_limit(&self) -> bool {
        self.limit >= 0 && self.count >= self.limit as u64
    }

    /// The next packet, if it is due; `None` also when the pool is empty.
    #[inline]
    fn generate(&mut self) -> Option<Packet> {
        if !self.active || self.at_limit() || !self.bucket.has_one() {
            return None;
        }
        // An empty pool loses this packet, not the beat.
        self.bucket.take();
        let packet = self.maker.make()?;
        self.count += 1;
        if self.stop && self.at_limit() {
            self.maker.stop();
        }
        Some(packet)
    }
}

impl Start for RatedSource {
    fn start(args: RatedSourceArgs, context: &mut Context) -> Result<RatedSource, BoxError> {
        let RatedSourceArgs { data, rate, limit, active, length, bandwidth, stop } = args;
        let maker = Maker::new(octets(&data, length)?, context);
        let rate = match bandwidth {
            Some(Bandwidth(octets)) => {
                u32::try_from(octets / (maker.len() as u64).max(1)).unwrap_or(u32::MAX)
            }
            None => rate,
        };
        let mut bucket = TokenBucket::new(rate);
        bucket.start(maker.now());
        let source = RatedSource { data, limit, active, length, stop, count: 0, maker, bucket };
        if source.stop && source.at_limit() {
            source.maker.stop();
        }
        Ok(source)
    }
}

impl Element for RatedSource {
    #[inline]
    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        self.bucket.refill(self.maker.now());
        let mut progress = Progress::Idle;
        for _ in 0..MOST {
            if edges.room(0) == 0 {
                return if progress == Progress::Busy { progress } else { Progress::Blocked };
            }
            let Some(packet) = self.generate() else { break };
            edges.push(0, packet);
            progress = Progress::Busy;
        }
        match self.bucket.next() {
            Some(next) if progress == Progress::Idle && self.active && !self.at_limit() => {
                Progress::Until(next)
            }
            _ => progress,
        }
    }

    #[inline]
    fn pull<E: Edges>(&mut self, _: usize, _: &mut E) -> Option<Packet> {
        self.bucket.refill(self.maker.now());
        let packet = self.generate();
        if packet.is_none()
            && self.active
            && !self.at_limit()
            && let Some(next) = self.bucket.next()
        {
            self.maker.wake(next);
        }
        packet
    }
}
