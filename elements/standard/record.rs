//! `Record`.

use pkgraph::elements::{Arguments, Declare, Element, Start};
use pkgraph::runtime::{BoxError, Context, Packet};
use std::cell::Cell;
use std::fmt::Write;
use std::rc::Rc;

/// Keeps a copy of the first packets that pass, to be read after the run.
///
/// For tests and lessons: the handler `packets` has a line for each packet,
/// with its place in the order of all that the Record elements of the run saw,
/// its paint and its octets in hexadecimal.
#[derive(Declare)]
#[element(
    subject = "standard",
    ports = "1/1",
    processing = "a/a",
    input_docs("Packets to keep copies of."),
    output_docs("The same packets."),
    reads(Paint),
    declared = RecordArgs,
    example = "InfiniteSource(DATA \\<0800>, LIMIT 2, STOP true) -> Record -> Discard",
    read_handler(packets = Record::packets, "A line per packet: place, paint, octets."),
    write_handler(reset = Record::reset, "Forgets all packets.")
)]
pub struct Record {
    capacity: usize,
    /// Packets that passed.
    #[handler(unit = "packets", grows)]
    count: u64,
    kept: Vec<(u64, Option<u8>, Vec<u8>)>,
    /// The place of the next packet, which all Record elements of the graph count.
    place: Rc<Cell<u64>>,
}

/// The arguments of [`Record`].
#[derive(Arguments)]
pub struct RecordArgs {
    /// Packets kept at most.
    #[arg(position, default = "10000")]
    capacity: usize,
}

impl Record {
    fn packets(&self) -> String {
        let mut text = String::new();
        for (place, paint, data) in &self.kept {
            let _ = write!(text, "{place} ");
            match paint {
                Some(paint) => drop(write!(text, "{paint} ")),
                None => text.push_str("- "),
            }
            for octet in data {
                let _ = write!(text, "{octet:02x}");
            }
            text.push('\n');
        }
        text
    }

    fn reset(&mut self, _: &str) -> Result<(), String> {
        self.kept.clear();
        self.count = 0;
        Ok(())
    }
}

impl Start for Record {
    fn start(args: RecordArgs, context: &mut Context) -> Result<Record, BoxError> {
        let place = context.shared("place", |_| Ok::<_, String>(Cell::new(0)))?;
        Ok(Record { capacity: args.capacity, count: 0, kept: Vec::new(), place })
    }
}

impl Element for Record {
    fn simple_action(&mut self, packet: Packet) -> Option<Packet> {
        let place = self.place.replace(self.place.get() + 1);
        self.count += 1;
        if self.kept.len() < self.capacity {
            self.kept.push((place, packet.annotations().paint(), packet.data().to_vec()));
        }
        Some(packet)
    }
}
