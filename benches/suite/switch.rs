//! The switch: one media packet, copied to all others of a session.

use criterion::{BenchmarkId, Criterion, Throughput};
use pkgraph_elements::{Element, SsidReplicate, start};
use pkgraph_runtime::{Address, Args, Clock, Context, Edges, Packet, Region};
use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};

/// Takes what it is given and frees it.
struct Sink;

impl Edges for Sink {
    fn push(&mut self, _: usize, packet: Packet) {
        drop(black_box(packet));
    }

    fn inputs(&self) -> usize {
        0
    }

    fn outputs(&self) -> usize {
        1
    }
}

fn client(n: u32) -> SocketAddr {
    (Ipv4Addr::from_bits(0x0a00_0001 + n), 5004).into()
}

pub fn all(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("switch");
    for clients in [10u32, 100, 1000] {
        group.throughput(Throughput::Elements(u64::from(clients - 1)));
        let region = Region::new(16, 2048);
        let mut args = Args::default();
        args.add("SEED", "1");
        for n in 0..clients {
            let media = client(n);
            let text = format!("ssid={} media={media} wants=asq own=192.0.2.1:5004", 16 * (n + 1));
            args.add("CLIENT", text);
        }
        let mut context = Context::new(Clock::manual(), region);
        let mut switch: SsidReplicate = start(&args, &mut context).expect("good arguments");
        let mut payload = [0; 92];
        payload[..2].copy_from_slice(&[0x80, 96]);
        payload[11] = 0x11;
        let own: SocketAddr = (Ipv4Addr::new(192, 0, 2, 1), 5004).into();
        group.bench_function(BenchmarkId::new("copies", clients), |bencher| {
            bencher.iter(|| {
                let mut packet = region.packet(&payload).expect("a free buffer");
                let annotations = packet.annotations_mut().expect("it is not shared");
                annotations.set_source(Address::from(client(0)));
                annotations.set_destination(Address::from(own));
                switch.push(0, packet, &mut Sink);
            });
        });
    }
    group.finish();
}
