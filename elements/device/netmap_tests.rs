//! `FromNetmap` and `ToNetmap`, joined by a fake of the edges.

use super::testing::{Nothing, context, count, start};
use super::{FromNetmap, ToNetmap};
use pkgraph::elements::Element;
use pkgraph::runtime::netmap::{Port, PortOptions, Put, Taken};
use pkgraph::runtime::{Edges, Packet};

/// The edges of a source before a sink.
struct To<'a>(&'a mut ToNetmap);

impl Edges for To<'_> {
    fn push(&mut self, port: usize, packet: Packet) {
        self.0.push(port, packet, &mut Nothing);
    }

    fn room(&self, port: usize) -> usize {
        self.0.room(port, 1)
    }

    fn inputs(&self) -> usize {
        0
    }

    fn outputs(&self) -> usize {
        1
    }

    fn pull(&mut self, _: usize) -> Option<Packet> {
        None
    }
}

fn put(port: &Port, number: u32) {
    let packet = port.region().packet(&number.to_be_bytes()).unwrap();
    assert_eq!(port.put(packet), Put::Swapped);
}

#[test]
fn what_comes_in_goes_out_in_order() {
    // One wire, so no copies, and two, so nothing but copies.
    for (out, copies) in [("sim0:a", 0), ("sim1:a", 100)] {
        let mut context = context();
        let sizes = [("SLOTS", "4"), ("BUFS", "8")];
        let mut source: FromNetmap = start(&mut context, &[("PORT", "sim0:a"), sizes[0], sizes[1]]);
        let mut sink: ToNetmap = start(&mut context, &[("PORT", out), sizes[0], sizes[1]]);
        let options = PortOptions::default();
        let feed = Port::open(&mut context, "sim0:b", &options).unwrap();
        let drain = Port::open(&mut context, &out.replace('a', "b"), &options).unwrap();
        let (mut fed, mut seen) = (0, 0);
        while seen < 100 {
            while fed < 100 && feed.space() > 0 && feed.region().available() > 2 {
                put(&feed, fed);
                fed += 1;
            }
            feed.tx_sync().unwrap();
            let _ = source.run(&mut To(&mut sink));
            sink.flush(&mut Nothing);
            drain.rx_sync().unwrap();
            while let Taken::Packet(packet) = drain.take() {
                assert_eq!(packet.data(), u32::to_be_bytes(seen));
                seen += 1;
            }
            let _ = sink.run(&mut Nothing);
        }
        assert_eq!((count(&source, "count"), count(&sink, "count")), (100, 100));
        assert_eq!((count(&sink, "copies"), count(&sink, "drops")), (copies, 0));
        assert!(feed.region().is_home() && drain.region().is_home());
    }
}
