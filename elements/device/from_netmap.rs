//! `FromNetmap`.

use super::counters::Counters;
use super::gone::Gone;
use super::stand_ins;
use super::take::Take;
use pkgraph::elements::{Arguments, Declare, Element, Start};
use pkgraph::runtime::netmap::{Port, PortOptions, Taken};
use pkgraph::runtime::{BoxError, Burst, Clock, Context, Edges, Progress};
use std::cell::Cell;
use std::rc::Rc;

/// Receives frames from a netmap port.
///
/// A packet is the buffer that the port received into: the ring gets a free
/// one in its place, and nothing is copied. While downstream has no room, or
/// no buffer is free, frames wait in the ring, and what finds the ring full is
/// the port's to drop.
///
/// PORT is a name as netmap writes it: an interface (`eth0`), one of its ring
/// pairs (`eth0-2`), the host's side of it (`eth0^`), a port of a switch
/// (`vale0:a`) or an end of a pipe (`eth0{1`, `eth0}1`); these need netmap's
/// module. `simN:NAME` needs nothing: the two ports of one number N are the ends
/// of a wire in memory.
///
/// Where netmap's module is missing, the driver xdp serves interfaces and their
/// host's side. There TAKE says which frames the port takes (`all`, or
/// `udp dst port 5004 or udp dst port 5005`); the rest the host keeps, so that
/// nothing comes from `eth0^`, and what is sent there is dropped: a frame that
/// was taken cannot be given back. With the other drivers all frames come,
/// whatever TAKE says.
///
/// When the interface is deleted, GONE says whether the run ends or the port
/// waits for an interface of this name; the driver xdp then goes on with it.
///
/// All elements of a graph that name a port share it, and the first to open one
/// decides SLOTS and BUFS; on a wire, for both ends. An interface has the slots
/// that its driver gives it.
#[derive(Declare)]
#[element(
    subject = "device",
    ports = "0/1",
    processing = "/h",
    output_docs("Ethernet frames."),
    declared = FromNetmapArgs,
    on_sockets = stand_ins::from_netmap,
    task,
    outside,
    example = "InfiniteSource(LIMIT 5, STOP true) -> ToNetmap(sim0:b);
FromNetmap(sim0:a) -> Counter -> Discard",
    writes(Timestamp),
    read_handler(
        port = FromNetmap::port_text,
        "The driver and how it runs, then lines of name and value: what the kernel side counts."
    ),
    read_handler(device = FromNetmap::device, "The port's name."),
    read_handler(
        mode = FromNetmap::mode,
        "How the driver runs, where it can run in several ways: native or SKB."
    ),
    read_handler(
        kernel_copies = FromNetmap::kernel_copies,
        "How often the kernel copies a frame between the wire and the rings.",
        unit = "copies"
    ),
    read_handler(
        calls = FromNetmap::calls,
        "System calls for the port, by all elements that name it.",
        unit = "calls", grows
    )
)]
pub struct FromNetmap {
    #[handlers(
        count(unit = "packets", grows) = "Frames received.",
        byte_count(unit = "octets", grows) = "Octets received.",
        drops(unit = "packets", grows) = "Frames dropped because they came in fragments, or corrupt.",
        stalls(unit = "stalls", grows) = "How often reception stopped for want of room downstream or of a buffer.",
        errors(unit = "errors", grows) = "Syncs that failed."
    )]
    counters: Counters,
    /// RX syncs.
    #[handler(unit = "syncs", grows)]
    syncs: u64,
    /// Whether it has stalled, and not received since.
    stalled: bool,
    burst: Burst,
    gone: Gone,
    port: Rc<Port>,
    clock: Rc<Clock>,
    stop: Rc<Cell<bool>>,
}

/// The arguments of FromNetmap.
#[derive(Arguments)]
pub struct FromNetmapArgs {
    /// The port.
    #[arg(position)]
    port: String,
    /// Frames received each time it runs, at most.
    #[arg(keyword, default = "32")]
    burst: Burst,
    /// Slots per ring, of which one stays empty.
    #[arg(keyword, default = "256")]
    slots: u32,
    /// Buffers besides those of the slots: how many packets may be on their
    /// way through the graph.
    #[arg(keyword, default = "512")]
    bufs: u32,
    /// The frames that the port takes from its interface, if its driver can
    /// choose.
    #[arg(keyword, default = "all")]
    take: Take,
    /// What happens when the interface is deleted: stop or wait.
    #[arg(keyword, default = "stop")]
    gone: Gone,
}

impl Start for FromNetmap {
    fn start(args: FromNetmapArgs, context: &mut Context) -> Result<FromNetmap, BoxError> {
        let FromNetmapArgs { slots, bufs, burst, gone, .. } = args;
        let options = PortOptions { slots, bufs, ..Default::default() };
        let port = Port::open(context, &args.port, &options)?;
        port.keep_privileges(context, gone == Gone::Wait);
        port.watch(context).map_err(|e| format!("{}: {e}", args.port))?;
        port.take_in(&args.take.0)?;
        let (counters, syncs, stalled) = (Counters::default(), 0, false);
        let (clock, stop) = (context.clock(), context.stop());
        Ok(FromNetmap { counters, syncs, stalled, burst, gone, port, clock, stop })
    }
}

impl FromNetmap {
    fn port_text(&self) -> String {
        format!("{}\n{}", self.port.describe(), self.port.counters())
    }

    fn device(&self) -> String {
        self.port.name().to_string()
    }

    fn mode(&self) -> String {
        self.port.mode().to_string()
    }

    fn kernel_copies(&self) -> u64 {
        self.port.kernel_copies()
    }

    fn calls(&self) -> u64 {
        self.port.calls()
    }

    /// Makes an RX sync; whether it succeeded.
    #[inline]
    fn sync(&mut self) -> bool {
        self.syncs += 1;
        let is_ok = self.port.rx_sync().is_ok();
        if !is_ok {
            self.failed();
        }
        is_ok
    }

    /// Notes a sync that has failed.
    #[cold]
    fn failed(&mut self) {
        self.counters.errors += 1;
        self.gone.apply(&self.port, &self.stop);
    }

    /// Ends a run for want of room or of a buffer.
    #[cold]
    fn stall(&mut self, progress: Progress) -> Progress {
        if progress == Progress::Busy {
            return progress;
        }
        if !std::mem::replace(&mut self.stalled, true) {
            self.counters.stalls += 1;
        }
        // Meanwhile the port may receive into the slots of what was taken.
        if self.port.unreleased() > 0 {
            self.sync();
        }
        Progress::Blocked
    }
}

impl Element for FromNetmap {
    #[inline]
    fn run<E: Edges>(&mut self, edges: &mut E) -> Progress {
        let mut progress = Progress::Idle;
        let mut room = edges.room(0);
        if room == 0 {
            return self.stall(progress);
        }
        let synced = self.port.rx_sync_due();
        if synced && !self.sync() {
            return Progress::Idle;
        }
        // A burst is picked up at one time.
        let now = self.clock.precise();
        for _ in 0..self.burst.get() {
            if room == 0 {
                room = edges.room(0);
            }
            if room == 0 {
                return self.stall(progress);
            }
            match self.port.take() {
                Taken::Packet(mut packet) => {
                    self.counters.add(1, packet.len());
                    if let Ok(annotations) = packet.annotations_mut() {
                        annotations.set_timestamp(now);
                    }
                    room -= 1;
                    edges.push(0, packet);
                }
                Taken::Discarded => self.counters.drops += 1,
                Taken::PoolEmpty => return self.stall(progress),
                // Without a sync in this run the next may find more, also when all
                // that was left was a part of a chain.
                Taken::Empty => return if synced { progress } else { Progress::Busy },
            }
            progress = Progress::Busy;
            self.stalled = false;
        }
        progress
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Keep, args, context, count, start};
    use super::*;
    use pkgraph::elements;
    use pkgraph::runtime::Region;

    fn joined(bufs: &str) -> (FromNetmap, Rc<Port>, Rc<Clock>) {
        let mut context = context();
        let list = [("PORT", "sim0:a"), ("SLOTS", "8"), ("BUFS", bufs), ("BURST", "4")];
        let source = start(&mut context, &list);
        let peer = Port::open(&mut context, "sim0:b", &PortOptions::default()).unwrap();
        (source, peer, context.clock())
    }

    fn send(peer: &Port, packets: usize) {
        // Of other memory, so that the pool under test stays as it is.
        let region = Region::new(1, 128);
        for _ in 0..packets {
            let _ = peer.put(region.packet(b"data").unwrap());
        }
        peer.tx_sync().unwrap();
    }

    #[test]
    fn it_takes_no_more_than_there_is_room_for() {
        let (mut source, peer, clock) = joined("16");
        let mut sink = Keep::with_room(0);
        send(&peer, 7);
        for _ in 0..3 {
            assert_eq!(source.run(&mut sink), Progress::Blocked);
        }
        assert_eq!((count(&source, "stalls"), count(&source, "syncs")), (1, 0));
        sink.room = 2;
        clock.advance(5);
        assert_eq!(source.run(&mut sink), Progress::Busy);
        assert_eq!(source.run(&mut sink), Progress::Blocked);
        assert_eq!((count(&source, "count"), count(&source, "stalls")), (2, 2));
        assert_eq!(sink.packets[0].annotations().timestamp(), Some(5));
        sink.room = 100;
        assert_eq!(source.run(&mut sink), Progress::Busy);
        assert_eq!(count(&source, "count"), 6, "a burst is four");
        assert_eq!(source.run(&mut sink), Progress::Busy);
        assert_eq!(source.run(&mut sink), Progress::Idle);
        assert_eq!((count(&source, "count"), count(&source, "byte_count")), (7, 28));
    }

    #[test]
    fn an_empty_pool_blocks_it_and_loses_nothing() {
        let (mut source, peer, _) = joined("2");
        let mut sink = Keep::with_room(100);
        send(&peer, 5);
        assert_eq!(source.run(&mut sink), Progress::Busy);
        assert_eq!(source.run(&mut sink), Progress::Blocked);
        assert_eq!((sink.packets.len(), peer.region().available()), (2, 0));
        // What was taken is given back meanwhile: the peer has slots again.
        send(&peer, 2);
        assert_eq!(peer.space(), 2);
        while count(&source, "count") < 7 {
            sink.packets.clear();
            let _ = source.run(&mut sink);
        }
        assert_eq!((count(&source, "drops"), count(&source, "errors")), (0, 0));
    }

    #[test]
    fn an_option_out_of_range_is_named() {
        let mut context = context();
        let args = args(&[("PORT", "sim0:a"), ("SLOTS", "1")]);
        let error = elements::start::<FromNetmap>(&args, &mut context).err().unwrap();
        assert_eq!(error.to_string(), "SLOTS 1 is out of range: 2 to 16384");
    }
}
