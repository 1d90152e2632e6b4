//! `FromNetmap` and `ToNetmap` in the loop, which only descriptors and their own
//! timers keep going.

use pkgraph_elements::runtime::netmap::{Port, PortOptions, Put, Taken};
use pkgraph_elements::runtime::{
    Args, Clock, Context, Graph, Input, Limit, Location, Node, Output, Plan, Processing, Region,
    Runner, Target,
};
use pkgraph_elements::{Builtin, Dynamic};

fn context() -> Context {
    Context::new(Clock::manual(), Region::new(1, 128))
}

fn put(port: &Port, number: u32) {
    let packet = port.region().packet(&number.to_be_bytes()).unwrap();
    assert_eq!(port.put(packet), Put::Swapped);
}

fn node(class: &str, list: &[(&str, &str)], inputs: usize, outputs: Vec<Output>) -> Node {
    let mut args = Args::default();
    list.iter().for_each(|(name, value)| args.add(*name, *value));
    let input = Input { processing: Processing::Push, source: None };
    Node {
        name: class.into(),
        class: class.into(),
        args,
        config: String::new(),
        location: Location { file: "test".into(), line: 1, column: 1 },
        handlers: Vec::new(),
        inputs: vec![input; inputs],
        outputs,
    }
}

/// `FromNetmap(sim0:a) -> ToNetmap(OUT)`, with the loop and its epoll.
fn reflector(context: &mut Context, out: &str) -> Runner<Dynamic<Builtin>> {
    let output = Output {
        processing: Processing::Push,
        target: Some(Target::Forward { node: 1, port: 0 }),
        limits: vec![Limit { node: 1, port: 0, packets: 1 }],
    };
    let slots = ("SLOTS", "4");
    let plan = Plan {
        nodes: vec![
            node("FromNetmap", &[("PORT", "sim0:a"), slots], 0, vec![output]),
            node("ToNetmap", &[("PORT", out), slots], 1, vec![]),
        ],
        order: vec![0, 1],
        tasks: vec![0, 1],
        flushes: vec![1],
        back_edges: vec![],
    };
    Runner::start(&plan, context, Dynamic::start).unwrap()
}

#[test]
fn descriptors_alone_keep_a_loop_going() {
    let mut context = context();
    let mut runner = reflector(&mut context, "sim0:a");
    let peer = Port::open(&mut context, "sim0:b", &PortOptions::default()).unwrap();
    assert!(runner.settle(10).unwrap());
    let mut echoed = 0;
    for number in 0..50 {
        put(&peer, number);
        peer.tx_sync().unwrap();
        assert!(runner.settle(20).unwrap());
        peer.rx_sync().unwrap();
        while let Taken::Packet(packet) = peer.take() {
            assert_eq!(packet.data(), u32::to_be_bytes(echoed));
            echoed += 1;
        }
    }
    assert_eq!(echoed, 50);
    assert!(peer.region().is_home());
}

#[test]
fn a_loop_does_not_freeze_behind_a_pipe_without_a_reader() {
    let mut context = context();
    let clock = context.clock();
    let mut runner = reflector(&mut context, "sim1:a");
    let feed = Port::open(&mut context, "sim0:b", &PortOptions::default()).unwrap();
    let mut fed = 0;
    let feed_until_full = |runner: &mut Runner<_>, fed: &mut u32| {
        for _ in 0..100 {
            if feed.space() > 0 {
                put(&feed, *fed);
                *fed += 1;
            }
            feed.tx_sync().unwrap();
            let _ = runner.settle(20).unwrap();
        }
    };
    let read = |runner: &Runner<Dynamic<Builtin>>, node, handler| -> u32 {
        runner.graph().read(node, handler).unwrap().to_string().parse().unwrap()
    };
    feed_until_full(&mut runner, &mut fed);
    // Three in each of the two pipes, and nothing lost.
    assert_eq!(fed, 6);
    assert_eq!((read(&runner, 0, "stalls"), read(&runner, 1, "drops")), (1, 0));
    clock.advance(10_000_000);
    feed_until_full(&mut runner, &mut fed);
    assert!(fed > 100, "{fed}");
    assert_eq!(read(&runner, 1, "drops"), fed - 3);
    let reader = Port::open(&mut context, "sim1:b", &PortOptions::default()).unwrap();
    let mut seen = 0;
    for _ in 0..10 {
        reader.rx_sync().unwrap();
        while let Taken::Packet(packet) = reader.take() {
            assert!(seen >= 3 || packet.data() == u32::to_be_bytes(seen));
            seen += 1;
        }
        assert!(runner.settle(20).unwrap());
    }
    assert_eq!(seen, 3);
    put(&feed, fed);
    feed.tx_sync().unwrap();
    assert!(runner.settle(20).unwrap());
    reader.rx_sync().unwrap();
    assert!(matches!(reader.take(), Taken::Packet(p) if p.data() == fed.to_be_bytes()));
}
