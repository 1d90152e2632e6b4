//! `ToNetmap`.

use super::counters::Counters;
use super::gone::Gone;
use super::stand_ins;
use pkgraph::elements::{Arguments, Declare, Element, Start};
use pkgraph::runtime::netmap::{Port, PortOptions, Put};
use pkgraph::runtime::{
    BoxError, Clock, Context, Edges, EventFd, FromArg, Nanos, Packet, Progress,
};
use std::cell::Cell;
use std::os::fd::AsRawFd;
use std::rc::Rc;
use std::time::Duration;

/// Sends frames to a netmap port.
///
/// A packet that the port's own memory holds and that nobody shares is sent
/// without a copy: its buffer trades places with one of the ring. Any other is
/// copied once. What a burst brings leaves with one TX sync at its end.
///
/// With `FULL hold`, sources wait while the ring is full. When it has not
/// drained for HOLD_MAX, as a pipe that nobody reads, packets are dropped until
/// it does, so that the rest of the graph goes on. With `FULL drop` nothing
/// waits. A packet that finds no free slot is always dropped and counted.
///
/// PORT, SLOTS, BUFS and GONE are those of FromNetmap.
#[derive(Declare)]
#[element(
    subject = "device",
    ports = "1/0",
    processing = "h/",
    input_docs("Ethernet frames."),
    declared = ToNetmapArgs,
    on_sockets = stand_ins::to_netmap,
    task,
    outside,
    flush,
    limited,
    example = "InfiniteSource(LIMIT 5, STOP true) -> ToNetmap(sim0:b);
FromNetmap(sim0:a) -> Counter -> Discard",
    read_handler(device = ToNetmap::device, "The port's name."),
    read_handler(
        calls = ToNetmap::calls,
        "System calls for the port, by all elements that name it.",
        unit = "calls", grows
    )
)]
pub struct ToNetmap {
    #[handlers(
        count(unit = "packets", grows) = "Frames put into the ring.",
        byte_count(unit = "octets", grows) = "Octets put into the ring.",
        drops(unit = "packets", grows) = "Packets dropped: no free slot, or longer than a buffer.",
        stalls(unit = "stalls", grows) = "How often the ring was full after a sync.",
        errors(unit = "errors", grows) = "Syncs that failed."
    )]
    counters: Counters,
    /// Packets that had to be copied: shared, or of other memory.
    #[handler(unit = "packets", grows)]
    copies: u64,
    /// TX syncs.
    #[handler(unit = "syncs", grows)]
    syncs: u64,
    state: State,
    full: Full,
    hold_max: Nanos,
    gone: Gone,
    port: Rc<Port>,
    clock: Rc<Clock>,
    stop: Rc<Cell<bool>>,
    /// Makes the own task run, to see to it that a full ring does not stay so.
    alarm: EventFd,
}

/// The arguments of ToNetmap.
#[derive(Arguments)]
pub struct ToNetmapArgs {
    /// The port.
    #[arg(position)]
    port: String,
    /// What happens while the ring is full: hold or drop.
    #[arg(keyword, default = "hold")]
    full: Full,
    /// How long a ring may stay full before packets are dropped all the same.
    #[arg(keyword, default = "10ms")]
    hold_max: Duration,
    /// Slots per ring, of which one stays empty.
    #[arg(keyword, default = "256")]
    slots: u32,
    /// Buffers besides those of the slots: how many packets may be on their
    /// way through the graph.
    #[arg(keyword, default = "512")]
    bufs: u32,
    /// What happens when the interface is deleted: stop or wait.
    #[arg(keyword, default = "stop")]
    gone: Gone,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Full {
    Hold,
    Drop,
}

impl FromArg for Full {
    const TYPE: &'static str = "hold or drop";

    fn from_arg(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "hold" => Ok(Full::Hold),
            "drop" => Ok(Full::Drop),
            _ => Err(format!("expected hold or drop, not '{text}'")),
        }
    }
}

/// The ring, as the last sync left it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It had free slots.
    Flowing,
    /// It was full, since this time.
    Full(Nanos),
    /// It was full for HOLD_MAX.
    GivenUp,
}

impl Start for ToNetmap {
    fn start(args: ToNetmapArgs, context: &mut Context) -> Result<ToNetmap, BoxError> {
        let ToNetmapArgs { slots, bufs, full, hold_max, gone, .. } = args;
        let options = PortOptions { slots, bufs, ..Default::default() };
        let port = Port::open(context, &args.port, &options)?;
        port.keep_privileges(context, gone == Gone::Wait);
        let system = |error| format!("{}: {error}", args.port);
        port.watch_room(context).map_err(system)?;
        let alarm = EventFd::new().map_err(system)?;
        context.watch(alarm.as_raw_fd(), false);
        Ok(ToNetmap {
            counters: Counters::default(),
            copies: 0,
            syncs: 0,
            state: State::Flowing,
            full,
            hold_max: Nanos::try_from(hold_max.as_nanos()).unwrap_or(Nanos::MAX),
            gone,
            port,
            clock: context.clock(),
            stop: context.stop(),
            alarm,
        })
    }
}

impl ToNetmap {
    fn device(&self) -> String {
        self.port.name().to_string()
    }

    fn calls(&self) -> u64 {
        self.port.calls()
    }

    fn sync(&mut self) {
        self.syncs += 1;
        if self.port.tx_sync().is_err() {
            self.counters.errors += 1;
            self.gone.apply(&self.port, &self.stop);
        }
        self.observe();
    }

    /// Notes whether the ring is full. Another element on the port may have
    /// filled it, or synced it, as well as this one.
    #[inline]
    fn observe(&mut self) {
        if self.port.space() > 0 {
            self.state = State::Flowing;
        } else if self.state == State::Flowing {
            self.state = State::Full(self.clock.now());
            self.counters.stalls += 1;
            self.alarm.signal();
        }
    }
}

impl Element for ToNetmap {
    #[inline]
    fn push<E: Edges>(&mut self, _: usize, packet: Packet, _: &mut E) {
        // More at once than the ring holds: the sync is due early.
        if self.port.space() == 0 && self.port.pending() > 0 {
            self.sync();
        }
        let len = packet.len();
        match self.port.put(packet) {
            Put::Swapped => {}
            Put::Copied => self.copies += 1,
            Put::Full | Put::TooLong => {
                self.counters.drops += 1;
                return;
            }
        }
        self.counters.add(1, len);
    }

    #[inline]
    fn flush<E: Edges>(&mut self, _: &mut E) {
        if self.port.pending() > 0 {
            self.sync();
        } else {
            self.observe();
        }
    }

    fn run<E: Edges>(&mut self, _: &mut E) -> Progress {
        if self.port.space() > 0 && self.state == State::Flowing && !self.port.has_unsent() {
            return Progress::Idle;
        }
        self.alarm.clear();
        let now = self.clock.now();
        self.sync();
        match self.state {
            // The device is busy; the port says when to try again.
            State::Flowing if self.port.has_unsent() => Progress::Idle,
            // Whoever waits for room goes on.
            State::Flowing => Progress::Busy,
            State::Full(_) if self.full == Full::Drop => Progress::Idle,
            State::Full(since) => {
                let limit = since.saturating_add(self.hold_max);
                if now < limit {
                    return Progress::Until(limit);
                }
                self.state = State::GivenUp;
                Progress::Busy
            }
            State::GivenUp => Progress::Idle,
        }
    }

    #[inline]
    fn room(&self, _: usize, packets: usize) -> usize {
        if self.full == Full::Drop || self.state == State::GivenUp {
            return usize::MAX;
        }
        (self.port.space() / packets).max(usize::from(self.port.is_drained()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Nothing, args, context, count, start};
    use super::*;
    use pkgraph::elements;
    use pkgraph::runtime::netmap::Taken;

    #[test]
    fn a_pipe_without_a_reader_holds_up_only_so_long() {
        let mut context = context();
        let clock = context.clock();
        let mut sink: ToNetmap =
            start(&mut context, &[("PORT", "sim0:a"), ("SLOTS", "4"), ("HOLD_MAX", "10ms")]);
        let reader = Port::open(&mut context, "sim0:b", &PortOptions::default()).unwrap();
        let push = |sink: &mut ToNetmap| {
            let packet = reader.region().packet(b"data").unwrap();
            sink.push(0, packet, &mut Nothing);
        };
        // Slots come back when the reader has released them.
        for _ in 0..3 {
            assert!(sink.room(0, 1) > 0);
            push(&mut sink);
            sink.flush(&mut Nothing);
        }
        assert_eq!((sink.room(0, 1), count(&sink, "stalls")), (0, 1));
        assert_eq!(sink.run(&mut Nothing), Progress::Until(10_000_000));
        clock.advance(9_999_999);
        assert_eq!(sink.run(&mut Nothing), Progress::Until(10_000_000));
        assert_eq!(sink.room(0, 1), 0);
        clock.advance(1);
        assert_eq!(sink.run(&mut Nothing), Progress::Busy);
        assert_eq!(sink.room(0, 1), usize::MAX);
        push(&mut sink);
        assert_eq!(count(&sink, "drops"), 1);
        assert_eq!(sink.run(&mut Nothing), Progress::Idle);

        reader.rx_sync().unwrap();
        assert!(matches!(reader.take(), Taken::Packet(_)));
        reader.rx_sync().unwrap();
        assert_eq!(sink.run(&mut Nothing), Progress::Busy);
        assert_eq!(sink.room(0, 1), 1);
        push(&mut sink);
        assert_eq!((count(&sink, "drops"), count(&sink, "count")), (1, 4));
        assert_eq!(count(&sink, "errors"), 0);
    }

    #[test]
    fn with_full_drop_nothing_waits() {
        let mut context = context();
        let mut sink: ToNetmap =
            start(&mut context, &[("PORT", "sim0:a"), ("SLOTS", "4"), ("FULL", "drop")]);
        let region = Port::open(&mut context, "sim0:b", &PortOptions::default()).unwrap().region();
        for _ in 0..10 {
            assert_eq!(sink.room(0, 1), usize::MAX);
            sink.push(0, region.packet(b"data").unwrap(), &mut Nothing);
        }
        assert_eq!((count(&sink, "count"), count(&sink, "drops")), (3, 7));
        assert_eq!(sink.run(&mut Nothing), Progress::Idle);
        assert!(region.is_home());
    }

    #[test]
    fn two_sinks_of_one_port_both_notice_that_it_is_full() {
        let mut context = context();
        let list = [("PORT", "sim0:a"), ("SLOTS", "2")];
        let mut first: ToNetmap = start(&mut context, &list);
        let mut second: ToNetmap = start(&mut context, &list);
        let region = Port::open(&mut context, "sim0:b", &PortOptions::default()).unwrap().region();
        first.push(0, region.packet(b"data").unwrap(), &mut Nothing);
        first.flush(&mut Nothing);
        second.flush(&mut Nothing);
        assert_eq!((first.room(0, 1), second.room(0, 1)), (0, 0));
        assert_eq!((count(&first, "stalls"), count(&second, "stalls")), (1, 1));
        assert_eq!(second.run(&mut Nothing), Progress::Until(10_000_000));
    }

    #[test]
    fn a_port_that_no_driver_knows_says_what_to_write_instead() {
        let mut context = context();
        let args = args(&[("PORT", "eth0:1")]);
        let error = elements::start::<ToNetmap>(&args, &mut context).err().unwrap().to_string();
        assert!(error.contains("'eth0:1'") && error.contains("sim0:a"), "{error}");
    }
}
