//! A graph that runs until it rests, and whose clock moves by hand.

use pkgraph::elements::{Builtin, Dynamic, ElementSet};
use pkgraph::lang::{Catalogue, Source, compile};
use pkgraph::runtime::{Clock, Context, Engine, EngineOptions, Nanos, Plan, Region, Runner};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

pub const MS: Nanos = 1_000_000;

pub struct Bench {
    plan: Plan,
    runner: Option<Runner<Dynamic<Builtin>>>,
    context: Option<Context>,
    clock: Rc<Clock>,
    pub pool: &'static Region,
}

/// The plan of a graph that has no errors.
pub fn plan(text: &str) -> Plan {
    let source = Source { name: "test.click".into(), text: text.into() };
    compile(&source, &[], &Catalogue::new(Builtin::CATALOGUE))
        .unwrap_or_else(|errors| panic!("{errors:#?}\n{text}"))
}

/// Why a graph is refused.
pub fn refused(text: &str) -> String {
    let source = Source { name: "test.click".into(), text: text.into() };
    match compile(&source, &[], &Catalogue::new(Builtin::CATALOGUE)) {
        Ok(_) => panic!("{text} is accepted"),
        Err(errors) => format!("{errors:?}"),
    }
}

/// Runs a graph until it rests.
pub fn run(text: &str) -> Bench {
    let mut bench = Bench::new(text, 256);
    bench.settle();
    bench
}

/// How long a graph runs on the real clock until it ends by itself.
pub fn real_time(text: &str) -> Duration {
    let (stopped, end) = channel();
    let since = Instant::now();
    let (engine, ()) = Engine::start(
        Arc::new(plan(text)),
        EngineOptions::default(),
        Dynamic::<Builtin>::start,
        |_| Ok(()),
        move || _ = stopped.send(Instant::now()),
    )
    .unwrap_or_else(|error| panic!("{error}\n{text}"));
    let ended = end.recv_timeout(Duration::from_secs(20));
    let took = ended.unwrap_or_else(|_| panic!("it does not end\n{text}")) - since;
    assert_eq!(engine.finish().unwrap().missing_buffers, 0);
    took
}

impl Bench {
    /// Starts a graph with a pool of `buffers`. Nothing runs yet.
    pub fn new(text: &str, buffers: u32) -> Bench {
        Bench::of(plan(text), buffers)
    }

    /// The same for a plan.
    pub fn of(plan: Plan, buffers: u32) -> Bench {
        let pool = Region::new(buffers, Region::BUFFER_SIZE);
        let mut context = Context::new(Clock::manual(), pool);
        let clock = context.clock();
        let runner = Runner::start(&plan, &mut context, Dynamic::start)
            .unwrap_or_else(|error| panic!("{error:?}\n{plan:#?}"));
        Bench { plan, runner: Some(runner), context: Some(context), clock, pool }
    }

    fn runner(&mut self) -> &mut Runner<Dynamic<Builtin>> {
        self.runner.as_mut().expect("taken only by `drop`")
    }

    /// Runs until nothing is left to do at this time.
    pub fn settle(&mut self) {
        let rested = self.runner().settle(100_000).expect("epoll works");
        assert!(rested, "the graph never rests");
    }

    /// Moves the clock, and runs what is due then.
    pub fn advance(&mut self, by: Nanos) {
        self.clock.advance(by);
        self.settle();
    }

    /// Whether an element has ended the run.
    pub fn stopped(&self) -> bool {
        self.context.as_ref().expect("taken only by `drop`").stop().get()
    }

    /// Reads `NAME.HANDLER`.
    pub fn read(&self, handler: &str) -> String {
        use pkgraph::runtime::Graph;
        let (name, handler) = handler.split_once('.').expect("NAME.HANDLER");
        let node = self.plan.find(name).unwrap_or_else(|| panic!("no {name}"));
        let graph = self.runner.as_ref().expect("taken only by `drop`").graph();
        let value = graph.read(node, handler);
        value.unwrap_or_else(|error| panic!("{name}.{handler}: {error}")).to_string()
    }

    /// Writes `NAME.HANDLER`; why it was refused.
    pub fn write(&mut self, handler: &str, value: &str) -> Result<(), String> {
        use pkgraph::runtime::Graph;
        let (name, handler) = handler.split_once('.').expect("NAME.HANDLER");
        let node = self.plan.find(name).unwrap_or_else(|| panic!("no {name}"));
        let graph = self.runner().graph_mut();
        graph.write(node, handler, value).map_err(|error| error.to_string())
    }

    /// The octets of the packets that Record `name` saw, in hexadecimal.
    pub fn packets(&self, name: &str) -> Vec<String> {
        let lines = self.read(&format!("{name}.packets"));
        lines.lines().map(|line| line.split(' ').nth(2).unwrap_or("").to_string()).collect()
    }

    /// The same as octets.
    pub fn octets(&self, name: &str) -> Vec<Vec<u8>> {
        let octet = |pair: &[u8]| {
            u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).expect("two digits")
        };
        let packets = self.packets(name);
        packets.iter().map(|text| text.as_bytes().chunks(2).map(octet).collect()).collect()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        drop(self.runner.take());
        drop(self.context.take());
        if !std::thread::panicking() {
            assert!(self.pool.is_home(), "buffers are missing");
        }
    }
}
