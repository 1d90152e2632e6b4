//! A switch on a thread of its own, and what it says of its work.

use crate::bare;
use crate::network::Network;
use crate::place::{self, MAC, SWITCH, SWITCH_CPU};
use pkgraph_elements::{Builtin, ElementSet};
use pkgraph_lang::{Catalogue, Source, compile};
use pkgraph_runtime::netmap::DriverChoice;
use pkgraph_runtime::{
    Clock, Context, CpuTime, EngineDrops, EventFd, FromArg, Graph, HandlerError, NodeId, Plan,
    Progress, Region, Runner, StartError, Value,
};
use std::cell::{Cell, RefCell};
use std::os::fd::AsRawFd;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

type Start = fn(&Plan, &mut Context) -> Result<Box<dyn Graph>, StartError>;

/// A graph that is compiled in.
pub struct Shipped {
    topology: &'static str,
    start: Start,
}

include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// What a switch runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// UDP sockets, one call per packet: the baseline.
    Socket,
    /// UDP sockets in their mode BATCH.
    Batch,
    /// AF_XDP, in the interface's driver.
    Xdp,
    /// Packet sockets.
    Packet,
    /// No graph: the calls of the baseline in a loop as one writes it in C.
    Bare,
}

/// The UDP port that media goes to.
pub const MEDIA: u16 = 5004;
/// The UDP port of the first client; the others follow.
pub const FIRST: u16 = 4000;

/// The SSID of a client.
pub fn ssid(client: usize) -> u32 {
    (client as u32 + 1) << 4
}

/// Starts the compiled graph for `plan`.
fn built_in(plan: &Plan, context: &mut Context) -> Result<Box<dyn Graph>, StartError> {
    let topology = plan.topology();
    let shipped = SHIPPED.iter().find(|shipped| shipped.topology == topology);
    (shipped.expect("a graph that is compiled in").start)(plan, context)
}

/// The shipped graph for `kind`, with clients that want everything.
fn plan(kind: Kind, clients: usize) -> Plan {
    let client = |n: usize| {
        let udp_port = FIRST + n as u16;
        format!("\"ssid={} media=10.0.0.2:{udp_port} wants=asq,vsq,vhq mac={MAC}\"", ssid(n))
    };
    let list = (0..clients).map(client).collect::<Vec<_>>().join(", ");
    let (file, changes): (_, &[_]) = match kind {
        Kind::Xdp => ("sfu_netmap.click", &[]),
        Kind::Packet => (
            "sfu_netmap.click",
            &[
                ("FromNetmap($DEV^)", "Idle"),
                ("ToNetmap($DEV^)", "Discard"),
                ("FromNetmap", "FromPacket"),
                ("ToNetmap", "ToPacket"),
                (", SLOTS 1024", ""),
            ],
        ),
        Kind::Batch => (
            "sfu_socket.click",
            &[("$MEDIA) ->", "$MEDIA, BATCH true) ->"), ("-> ToSocket", "-> ToSocket(BATCH true)")],
        ),
        Kind::Socket | Kind::Bare => ("sfu_socket.click", &[]),
    };
    let path = format!("{}/graphs/{file}", env!("CARGO_MANIFEST_DIR"));
    let mut text = std::fs::read_to_string(&path).expect("a shipped graph");
    for (from, to) in changes.iter().chain(&[("SsidReplicate", &*format!("SsidReplicate({list})"))])
    {
        assert!(text.contains(from), "{from} in {file}");
        text = text.replace(from, to);
    }
    let values = [("HOST", "10.0.0.1"), ("DEV", "sw0")];
    let values = values.into_iter().filter(|(name, _)| text.contains(&format!("${name} ")));
    let values: Vec<_> = values.map(|(name, value)| (name.into(), value.into())).collect();
    let catalogue = Catalogue::new(Builtin::CATALOGUE);
    compile(&Source { name: path, text }, &values, &catalogue)
        .unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// What a switch has done since it was asked the last time.
#[derive(Clone, Debug, Default)]
pub struct Work {
    pub cpu: Duration,
    /// How long each burst took, from before its receive call until all had
    /// been sent, in nanoseconds.
    pub bursts: Vec<u32>,
    /// The switch's own measure since its start: from picking a packet up to
    /// having handed on its last copy, the median, in microseconds.
    pub delay: f64,
}

/// A running switch.
pub struct Switch {
    asked: Arc<AtomicU32>,
    bell: Arc<EventFd>,
    answers: Mutex<Receiver<Work>>,
    thread: Option<JoinHandle<()>>,
}

/// What a switch's thread needs to answer.
pub struct Asked {
    count: Arc<AtomicU32>,
    pub bell: Arc<EventFd>,
    answers: Sender<Work>,
    seen: Cell<u32>,
    since: Cell<CpuTime>,
    pub bursts: Rc<RefCell<Vec<u32>>>,
}

/// The question that ends the run.
const END: u32 = u32::MAX;

impl Asked {
    /// Answers if there is a question; whether to go on.
    #[inline]
    pub fn go_on(&self, delay: impl FnOnce() -> f64) -> bool {
        let asked = self.count.load(Ordering::Acquire);
        if asked == self.seen.get() {
            return true;
        }
        self.answer(asked, delay)
    }

    #[cold]
    fn answer(&self, asked: u32, delay: impl FnOnce() -> f64) -> bool {
        self.bell.clear();
        self.seen.set(asked);
        let now = CpuTime::of_this_thread();
        let cpu = now.since(self.since.replace(now));
        let work = Work {
            cpu: cpu.user + cpu.kernel,
            bursts: std::mem::take(&mut self.bursts.borrow_mut()),
            delay: delay(),
        };
        self.bursts.borrow_mut().reserve(1 << 20);
        asked != END && self.answers.send(work).is_ok()
    }
}

impl Switch {
    /// A switch for so many clients in the switch's namespace, ready.
    /// With `spins` it does not sleep.
    pub fn start(network: &Network, kind: Kind, clients: usize, spins: bool) -> Switch {
        let (asked, bell) = (Arc::new(AtomicU32::new(0)), EventFd::new().expect("a descriptor"));
        let bell = Arc::new(bell);
        let ((sender, answers), (ready, started)) = (channel(), channel());
        let (its_asked, its_bell) = (asked.clone(), bell.clone());
        // A thread of a thread that is in the namespace is there, too.
        let thread = network.inside(SWITCH, || {
            std::thread::spawn(move || {
                place::settle(SWITCH_CPU);
                let asked = Asked {
                    count: its_asked,
                    bell: its_bell,
                    answers: sender,
                    seen: Cell::new(0),
                    since: Cell::new(CpuTime::of_this_thread()),
                    bursts: Rc::new(RefCell::new(Vec::with_capacity(1 << 20))),
                };
                match kind {
                    Kind::Bare => bare::run(&asked, clients, || ready.send(()).expect("wanted")),
                    _ => run(kind, clients, spins, &asked, || ready.send(()).expect("wanted")),
                }
            })
        });
        started.recv().expect("the switch starts");
        Switch { asked, bell, answers: Mutex::new(answers), thread: Some(thread) }
    }

    /// What it has done since the last call.
    pub fn work(&self) -> Work {
        self.asked.fetch_add(1, Ordering::Release);
        self.bell.signal();
        let answers = self.answers.lock().expect("one thread asks");
        answers.recv().expect("the switch runs")
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        self.asked.store(END, Ordering::Release);
        self.bell.signal();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(kind: Kind, clients: usize, spins: bool, asked: &Asked, ready: impl FnOnce()) {
    let plan = plan(kind, clients);
    let node = plan.nodes.iter().position(|node| node.class == "SsidReplicate").expect("it has");
    let mut context = Context::new(Clock::real(), Region::new(4096, Region::BUFFER_SIZE));
    context.set_driver(DriverChoice::from_arg("xdp").expect("a driver"));
    if spins {
        context.set_spin(Duration::from_secs(3600));
    }
    let timed = |plan: &Plan, context: &mut Context| {
        let graph = built_in(plan, context)?;
        Ok(Timed { graph, begun: None, bursts: asked.bursts.clone() })
    };
    let mut runner =
        Runner::start(&plan, &mut context, timed).unwrap_or_else(|error| panic!("{error}"));
    for line in context.lines() {
        assert!(kind != Kind::Xdp || line.contains("xdp"), "{line}");
    }
    runner.wake_on(asked.bell.as_raw_fd()).expect("a descriptor");
    ready();
    let outcome = runner.run(|graph| asked.go_on(|| graph.delay(node)));
    outcome.expect("the loop runs");
}

/// A graph whose bursts are timed.
struct Timed {
    graph: Box<dyn Graph>,
    begun: Option<Instant>,
    bursts: Rc<RefCell<Vec<u32>>>,
}

impl Timed {
    /// The median of the switch's own delays, in microseconds.
    fn delay(&self, node: NodeId) -> f64 {
        // The columns are count, min, p50 and others.
        let value = self.graph.read(node, "delay").ok();
        let cell = value.as_ref().and_then(|value| value.rows().first()?.get(2)?.number());
        cell.map_or(f64::NAN, |median| median.as_f64())
    }
}

impl Graph for Timed {
    fn run(&mut self, task: usize) -> Progress {
        let begun = Instant::now();
        let outcome = self.graph.run(task);
        self.begun = (outcome == Progress::Busy).then_some(begun);
        outcome
    }

    fn drain(&mut self) -> bool {
        self.graph.drain()
    }

    fn flush(&mut self) {
        self.graph.flush();
        if let Some(begun) = self.begun.take() {
            self.bursts.borrow_mut().push(begun.elapsed().as_nanos() as u32);
        }
    }

    fn read(&self, node: NodeId, handler: &str) -> Result<Value, HandlerError> {
        self.graph.read(node, handler)
    }

    fn write(&mut self, node: NodeId, handler: &str, value: &str) -> Result<(), HandlerError> {
        self.graph.write(node, handler, value)
    }

    fn dropped(&self) -> EngineDrops {
        self.graph.dropped()
    }
}
