//! `TimedSource`.

use super::maker::{Maker, octets};
use super::seconds::Seconds;
use pkgraph::elements::{Arguments, Declare, Element, Start};
use pkgraph::runtime::{ArgError, BoxError, Context, Edges, FromArg, Nanos, Progress};

/// Generates a packet every INTERVAL.
///
/// The first comes after one INTERVAL. When the engine comes late, the packets
/// that are due follow at once, at most 16 of them; those before are left out.
/// Each packet is a fresh buffer of the pool that holds DATA. With LIMIT it
/// stops after so many; then, with STOP, it ends the run.
#[derive(Declare)]
#[element(
    subject = "traffic",
    ports = "0/1",
    processing = "/h",
    output_docs("The packets made."),
    task,
    example = "TimedSource(1ms, \\<0800>, LIMIT 5, STOP true) -> Discard",
    writes(Timestamp),
    declared = TimedSourceArgs,
    read_handler(data = TimedSource::data, "The octets of every packet, as text."),
    write_handler(data = TimedSource::set_data, "Sets the octets of every packet."),
    read_handler(interval = TimedSource::interval, "The time between packets, in seconds.", unit = "seconds"),
    write_handler(interval = TimedSource::set_interval, "Sets the time between packets."),
    write_handler(reset = TimedSource::reset, "Sets the count to 0: another LIMIT packets follow.")
)]
pub struct TimedSource {
    interval: Seconds,
    data: Vec<u8>,
    /// Packets to generate; negative for no limit.
    #[handler(write, unit = "packets")]
    limit: i64,
    /// Whether it generates packets.
    #[handler(write)]
    active: bool,
    stop: bool,
    /// Packets generated.
    #[handler(unit = "packets", grows)]
    count: u64,
    maker: Maker,
    /// When the next packet is due.
    due: Nanos,
}

/// The arguments of [`TimedSource`].
#[derive(Arguments)]
#[arguments(validate = TimedSourceArgs::check)]
pub struct TimedSourceArgs {
    /// The time between packets.
    #[arg(position, default = "500ms")]
    interval: Seconds,
    /// The octets of every packet.
    #[arg(
        position,
        default = "\"a packet of TimedSource, which no DATA argument of the graph made another.\""
    )]
    data: Vec<u8>,
    /// Packets to generate; negative for no limit.
    #[arg(keyword, default = "-1")]
    limit: i64,
    /// Whether it generates packets.
    #[arg(keyword, default = "true")]
    active: bool,
    /// Whether the run ends after LIMIT packets.
    #[arg(keyword, default = "false")]
    stop: bool,
}

impl TimedSourceArgs {
    fn check(&mut self) -> Result<(), ArgError> {
        if self.interval == Seconds(0) {
            return Err(ArgError::argument("INTERVAL", "more than 0"));
        }
        octets(&self.data, None).map_err(|message| ArgError::argument("DATA", message))?;
        Ok(())
    }
}

/// Packets that follow at once at most.
const MOST: u64 = 16;

impl TimedSource {
    fn data(&self) -> String {
        String::from_utf8_lossy(&self.data).into_owned()
    }

    fn set_data(&mut self, value: &str) -> Result<(), String> {
        self.maker.set(value.as_bytes(), None)?;
        self.data = value.as_bytes().to_vec();
        Ok(())
    }

    fn interval(&self) -> Seconds {
        self.interval
    }

    /// The new time counts from the last packet on.
    fn set_interval(&mut self, value: &str) -> Result<(), String> {
        let interval = Seconds::from_arg(value.trim())?;
        if interval == Seconds(0) {
            return Err("more than 0".into());
        }
        self.due = self.due.saturating_sub(self.interval.0).saturating_add(interval.0);
        self.interval = interval;
        Ok(())
    }

    fn reset(&mut self, _: &str) -> Result<(), String> {
        self.count = 0;
        Ok(())
    }

    fn at_limit(&self) -> bool {
        self.limit >= 0 && self.count >= self.limit as u64
    }

    fn stop_at_limit(&self) {
        if self.stop && self.at_limit() {
            self.maker.stop();
        }
    }
}

impl Start for TimedSource {
    fn start(args: TimedSourceArgs, context: &mut Context) -> Result<TimedSource, BoxError> {
        let TimedSourceArgs { interval, data, limit, active, stop } = args;
        let maker = Maker::new(octets(&data, None)?, context);
        let due = maker.now().saturating_add(interval.0);
        let source = TimedSource { interval, data, limit, active, stop, count: 0, maker, due };
        source.stop_at_limit();
        Ok(source)
    }
}

impl Element for TimedSource {
    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        let now = self.maker.now();
        let earliest = now.saturating_sub(self.interval.0.saturating_mul(MOST - 1));
        if self.due < earliest {
            self.due = earliest;
        }
        let mut progress = Progress::Idle;
        while self.active && !self.at_limit() {
            if self.due > now {
                return if progress == Progress::Busy {
                    progress
                } else {
                    Progress::Until(self.due)
                };
            }
            if edges.room(0) == 0 {
                return if progress == Progress::Busy { progress } else { Progress::Blocked };
            }
            // An empty pool loses this packet, not the beat.
            self.due += self.interval.0;
            if let Some(packet) = self.maker.make() {
                edges.push(0, packet);
                self.count += 1;
            }
            progress = Progress::Busy;
        }
        self.stop_at_limit();
        progress
    }
}
