//! `ToDump`.

use super::link_type::LinkType;
use super::writer::{DumpWriter, Shape};
use pkgraph::elements::{Arguments, Declare, Element, Start};
use pkgraph::runtime::{ArgError, BoxError, Clock, Context, Edges, Packet, Progress};
use std::cell::Cell;
use std::io::{self, ErrorKind};
use std::rc::Rc;
use tracing::error;

/// Writes packets to a file that tcpdump and [`FromDump`](crate::FromDump)
/// read.
///
/// A file whose name ends in `.pcapng` is written as pcapng, any other as
/// pcap; `.gz` behind that compresses it. The time of a packet is its timestamp
/// annotation, or the present where it has none. The file is complete when the
/// run has ended.
///
/// Packets go on to the output, if there is one. Without an output and behind
/// a pull output it pulls by itself.
///
/// The engine waits while the file is written, every 64 KiB. When that fails,
/// it says so on standard error and writes no more. Where that is standard
/// output, the run ends, too, with exit code 1; or without a word and with 0 when
/// its reader has gone, who has read enough.
#[derive(Declare)]
#[element(
    subject = "dump",
    ports = "1/0-1",
    processing = "a/a",
    input_docs("Packets to write."),
    output_docs("The same packets."),
    declared = ToDumpArgs,
    task,
    flush,
    reads(Timestamp),
    example = "InfiniteSource(LIMIT 5, STOP true)
    -> EtherEncap(0x0800, 1:1:1:1:1:1, 2:2:2:2:2:2) -> ToDump(trace.pcap)",
    write_handler(reset_counts = ToDump::reset_counts, "Sets the count to 0.")
)]
pub struct ToDump {
    /// The path of the file; `-` for standard output.
    #[handler]
    filename: String,
    /// Packets written.
    #[handler(unit = "packets", grows)]
    count: u64,
    unbuffered: bool,
    /// `None` once writing has failed.
    file: Option<OpenFile>,
}

/// The arguments of ToDump.
#[derive(Arguments)]
#[arguments(validate = ToDumpArgs::check)]
pub struct ToDumpArgs {
    /// The path of the file; `-` for standard output.
    #[arg(position)]
    filename: String,
    /// Octets written of each packet at most; 0 for all.
    #[arg(position, default = "2000")]
    snaplen: u32,
    /// What the packets start with, for those who read the file.
    #[arg(position, default = "ETHER")]
    encap: LinkType,
    /// Whether times are in nanoseconds, not microseconds.
    #[arg(keyword, default = "true")]
    nano: bool,
    /// Whether packets are in the file at the end of each burst, not only when
    /// 64 KiB have come together. Not with `.gz`.
    #[arg(keyword, default = "false")]
    unbuffered: bool,
}

impl ToDumpArgs {
    fn check(&mut self) -> Result<(), ArgError> {
        if self.unbuffered && self.filename.ends_with(".gz") {
            let message = "a compressed file is not written packet by packet";
            return Err(ArgError::argument("UNBUFFERED", message));
        }
        Ok(())
    }
}

impl Start for ToDump {
    fn start(args: ToDumpArgs, context: &mut Context) -> Result<ToDump, BoxError> {
        let ToDumpArgs { filename, snaplen, encap, nano, unbuffered } = args;
        let shape = Shape {
            ng: filename.trim_end_matches(".gz").ends_with(".pcapng"),
            gzip: filename.ends_with(".gz"),
            nanoseconds: nano,
            snaplen: if snaplen == 0 { NO_LIMIT } else { snaplen },
            link: encap,
        };
        let writer =
            DumpWriter::create(&filename, shape).map_err(|error| format!("{filename}: {error}"))?;
        let clock = context.clock();
        let (name, epoch) = (filename.clone(), clock.epoch());
        let (stop, failed) = (context.stop(), context.failed());
        let file = Some(OpenFile { name, writer, clock, epoch, stop, failed });
        Ok(ToDump { filename, count: 0, unbuffered, file })
    }
}

struct OpenFile {
    name: String,
    writer: DumpWriter,
    clock: Rc<Clock>,
    /// Nanoseconds from 1970 to the engine's time 0.
    epoch: u64,
    stop: Rc<Cell<bool>>,
    failed: Rc<Cell<bool>>,
}

/// What a file says when packets may be of any length.
const NO_LIMIT: u32 = 262_144;
/// Packets of one run at most, so that other tasks run too.
const BURST: usize = 64;

impl ToDump {
    fn reset_counts(&mut self, _: &str) -> Result<(), String> {
        self.count = 0;
        Ok(())
    }

    #[inline]
    fn write(&mut self, packet: &Packet) {
        let Some(file) = &mut self.file else { return };
        let at = packet.annotations().timestamp().unwrap_or_else(|| file.clock.now());
        match file.writer.packet(file.epoch.saturating_add(at), packet.data()) {
            Ok(()) => self.count += 1,
            Err(error) => self.give_up(&error),
        }
    }

    #[cold]
    fn give_up(&mut self, error: &io::Error) {
        if let Some(file) = self.file.take() {
            file.fail(error, "nothing more is written");
            if file.is_stdout() {
                file.stop.set(true);
            }
        }
    }
}

impl OpenFile {
    fn is_stdout(&self) -> bool {
        self.name == "-"
    }

    fn fail(&self, error: &io::Error, outcome: &str) {
        if self.is_stdout() && error.kind() == ErrorKind::BrokenPipe {
            return;
        }
        error!("ToDump({}): {error}; {outcome}", self.name);
        if self.is_stdout() {
            self.failed.set(true);
        }
    }
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        if let Err(error) = self.writer.finish() {
            self.fail(&error, "the file is not complete");
        }
    }
}

impl Element for ToDump {
    #[inline]
    fn push<E: Edges>(&mut self, _: usize, packet: Packet, edges: &mut E) {
        self.write(&packet);
        if edges.outputs() > 0 {
            edges.push(0, packet);
        }
    }

    #[inline]
    fn pull<E: Edges>(&mut self, _: usize, edges: &mut E) -> Option<Packet> {
        let packet = edges.pull(0)?;
        self.write(&packet);
        Some(packet)
    }

    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        let mut progress = Progress::Idle;
        for _ in 0..BURST {
            let Some(packet) = edges.pull(0) else { break };
            self.write(&packet);
            progress = Progress::Busy;
        }
        progress
    }

    fn flush<E: Edges>(&mut self, _: &mut E) {
        if self.unbuffered
            && let Some(file) = &mut self.file
            && let Err(error) = file.writer.flush()
        {
            self.give_up(&error);
        }
    }
}
