//! `FromDump`.

use super::reader::DumpReader;
use pkgraph::elements::{Arguments, Declare, Element, Probability, Random, Start};
use pkgraph::runtime::{
    Alarm, BoxError, Clock, Context, Edges, FromArg, Nanos, Packet, Progress, Region,
};
use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;
use tracing::error;

/// Reads packets from a file that tcpdump or [`ToDump`](crate::ToDump) wrote:
/// pcap or pcapng, also in gzip.
///
/// With TIMING the first packet comes at once and the others with the delays
/// that they were captured with; else they come as fast as they are read.
/// Timestamps have the distances of the dump in either case, from the time at
/// which the first packet was read. A packet that is longer than a buffer of
/// the pool is dropped and counted.
///
/// At the end of the file it becomes inactive or, with STOP, ends the run. A
/// file that is damaged ends there, with a line on standard error.
#[derive(Declare)]
#[element(
    subject = "dump",
    ports = "0/1",
    processing = "/a",
    output_docs("The packets of the file."),
    declared = FromDumpArgs,
    task,
    example = "FromDump(trace.pcap, STOP true) -> Discard",
    writes(Timestamp),
    read_handler(encap = FromDump::encap, "What the packets start with, as ENCAP of ToDump."),
    read_handler(active = FromDump::active, "Whether it reads packets."),
    write_handler(active = FromDump::set_active, "Makes it read packets, or wait."),
    write_handler(stop = FromDump::stop_now, "Makes it inactive and ends the run."),
    write_handler(reset_counts = FromDump::reset_counts, "Sets both counts to 0."),
    write_handler(reset_timing = FromDump::reset_timing, "The next packet comes at once.")
)]
pub struct FromDump {
    /// The path of the file.
    #[handler]
    filename: String,
    /// The probability with which a packet is let in.
    #[handler]
    sampling_prob: Probability,
    /// Packets sent.
    #[handler(unit = "packets", grows)]
    count: u64,
    /// Packets dropped because they are longer than a buffer.
    #[handler(unit = "packets", grows)]
    drops: u64,
    active: bool,
    /// Whether packets come with the delays of the dump.
    timing: bool,
    /// Whether the run ends with the file.
    stop_at_end: bool,
    dump: DumpReader,
    /// A packet that was read, and when it is due.
    held: Option<(Nanos, Packet)>,
    /// What is added to times of the dump to get times of the engine.
    offset: Option<i128>,
    random: Random,
    pool: &'static Region,
    clock: Rc<Clock>,
    alarm: Rc<Alarm>,
    stop: Rc<Cell<bool>>,
}

/// The arguments of FromDump.
#[derive(Arguments)]
pub struct FromDumpArgs {
    /// The path of the file.
    #[arg(position)]
    filename: String,
    /// Whether the run ends with the file.
    #[arg(keyword, default = "false")]
    stop: bool,
    /// Whether packets come with the delays that they were captured with.
    #[arg(keyword, default = "false")]
    timing: bool,
    /// The probability with which a packet is let in.
    #[arg(keyword, default = "1")]
    sample: Probability,
    /// Where the choices of SAMPLE start; without it, at the element's number
    /// in the graph.
    #[arg(keyword)]
    seed: Option<u64>,
    /// Whether it reads packets.
    #[arg(keyword, default = "true")]
    active: bool,
}

impl Start for FromDump {
    fn start(args: FromDumpArgs, context: &mut Context) -> Result<FromDump, BoxError> {
        let dump = DumpReader::open(Path::new(&args.filename))
            .map_err(|error| format!("{}: {error}", args.filename))?;
        Ok(FromDump {
            filename: args.filename,
            sampling_prob: args.sample,
            count: 0,
            drops: 0,
            active: args.active,
            timing: args.timing,
            stop_at_end: args.stop,
            dump,
            held: None,
            offset: None,
            random: Random::of(args.seed, context),
            pool: context.pool(),
            clock: context.clock(),
            alarm: context.alarm(),
            stop: context.stop(),
        })
    }
}

/// Packets of one run at most, so that other tasks run too.
const BURST: usize = 64;

impl FromDump {
    fn encap(&self) -> String {
        self.dump.link_type().map(|link| link.to_string()).unwrap_or_default()
    }

    fn active(&self) -> bool {
        self.active
    }

    fn set_active(&mut self, value: &str) -> Result<(), String> {
        self.active = bool::from_arg(value.trim())?;
        Ok(())
    }

    fn stop_now(&mut self, _: &str) -> Result<(), String> {
        self.active = false;
        self.stop.set(true);
        Ok(())
    }

    fn reset_counts(&mut self, _: &str) -> Result<(), String> {
        (self.count, self.drops) = (0, 0);
        Ok(())
    }

    fn reset_timing(&mut self, _: &str) -> Result<(), String> {
        self.offset = None;
        Ok(())
    }

    /// Reads on until a packet is held. There is none when the pool is empty
    /// or the file at its end, and the latter makes the element inactive.
    fn fetch(&mut self) {
        let (pool, now) = (self.pool, self.clock.now());
        let most = pool.buffer_size() - pool.headroom();
        while self.held.is_none() && pool.available() > 0 {
            let next = self.dump.next(|record| {
                let offset = *self.offset.get_or_insert(i128::from(now) - i128::from(record.time));
                let time = (i128::from(record.time) + offset).max(0) as Nanos;
                if !self.sampling_prob.happens(&mut self.random) {
                    return;
                }
                if record.data.len() > most {
                    self.drops += 1;
                    return;
                }
                if let Some(mut packet) = pool.packet(record.data)
                    && let Ok(annotations) = packet.annotations_mut()
                {
                    annotations.set_timestamp(time);
                    self.held = Some((if self.timing { time } else { 0 }, packet));
                }
            });
            match next {
                Ok(Some(())) => {}
                ended => {
                    if let Err(error) = ended {
                        error!("FromDump({}): {error}", self.filename);
                    }
                    self.active = false;
                    if self.stop_at_end {
                        self.stop.set(true);
                    }
                    return;
                }
            }
        }
    }

    /// The next packet if it is due, or when it will be.
    #[inline]
    fn next(&mut self) -> Result<Packet, Option<Nanos>> {
        if !self.active {
            return Err(None);
        }
        if self.held.is_none() {
            self.fetch();
        }
        let now = self.clock.now();
        match self.held.take_if(|(due, _)| *due <= now) {
            Some((_, packet)) => {
                self.count += 1;
                Ok(packet)
            }
            None => Err(self.held.as_ref().map(|(due, _)| *due)),
        }
    }
}

impl Element for FromDump {
    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        let mut progress = Progress::Idle;
        for _ in 0..BURST {
            if edges.room(0) == 0 {
                return if progress == Progress::Busy { progress } else { Progress::Blocked };
            }
            match self.next() {
                Ok(packet) => edges.push(0, packet),
                Err(Some(due)) if progress == Progress::Idle => return Progress::Until(due),
                Err(_) => break,
            }
            progress = Progress::Busy;
        }
        progress
    }

    fn pull<E: Edges>(&mut self, _: usize, _: &mut E) -> Option<Packet> {
        match self.next() {
            Ok(packet) => Some(packet),
            Err(due) => {
                if let Some(due) = due {
                    self.alarm.at(due);
                }
                None
            }
        }
    }
}
