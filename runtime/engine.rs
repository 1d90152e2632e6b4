//! The user's side of a running graph: the engine's thread, and the mailbox
//! by which other threads read and write handlers.

use crate::EventFd;
use crate::netmap::DriverChoice;
use crate::{
    BoxError, Clock, Context, CpuTime, EngineDrops, EngineError, Graph, HandlerError, Latency,
    Nanos, NodeId, Panicked, Plan, Region, Runner, StartError, Value, caught,
};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tracing::{error, info, info_span};

/// What a graph is given to run with.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Buffers in the pool.
    pub buffers: u32,
    /// Octets of a buffer, headroom included.
    pub buffer_size: u32,
    /// Which driver opens netmap ports.
    pub driver: DriverChoice,
    /// What keeps the engine's thread from waiting.
    pub latency: Latency,
    /// Which time elements see.
    pub time: Time,
}

/// The time of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Time {
    /// That of the system.
    #[default]
    Real,
    /// From timer to timer without waiting. The run ends at this time at the latest.
    Virtual(Option<Duration>),
}

impl Time {
    fn clock(self) -> Clock {
        match self {
            Time::Real => Clock::real(),
            Time::Virtual(_) => Clock::virtual_time(),
        }
    }
}

impl Default for EngineOptions {
    fn default() -> EngineOptions {
        EngineOptions {
            buffers: 4096,
            buffer_size: Region::BUFFER_SIZE,
            driver: DriverChoice::default(),
            latency: Latency::default(),
            time: Time::Real,
        }
    }
}

/// A graph that runs on a thread of its own.
///
/// Handlers run on the engine's thread between rounds, also after the run has
/// ended, until the `Engine` is [finished](Engine::finish).
pub struct Engine {
    handle: EngineHandle,
    thread: Option<JoinHandle<Result<EngineReport, Panicked>>>,
}

/// A way to the handlers of a running graph, for any thread. It outlives the
/// graph, and then finds no handlers.
#[derive(Clone)]
pub struct EngineHandle {
    plan: Arc<Plan>,
    mailbox: Mailbox,
    waits: Arc<AtomicU64>,
}

/// What is left when a graph has gone.
#[derive(Clone, Copy, Debug, Default)]
pub struct EngineReport {
    /// Packets that the engine dropped.
    pub dropped: EngineDrops,
    /// Buffers that did not come home: 0, or a buffer was lost.
    pub missing_buffers: usize,
    /// How often a region had no buffer for a packet.
    pub pool_exhausted: u64,
    /// Whether an element could not write to standard output. It has said why.
    pub failed: bool,
    /// CPU time of the engine's thread, from ready to the end of the run.
    pub cpu: CpuTime,
}

/// Octets of the engine thread's stack, for itself and for each element.
const STACK: usize = 8 << 20;
const STACK_PER_NODE: usize = 16 << 10;

/// What another thread asks of the engine.
enum Request {
    Read(Vec<(NodeId, String)>, Sender<Vec<Result<Value, HandlerError>>>),
    Write(NodeId, String, String, Sender<Result<(), HandlerError>>),
    Stop,
    Finish,
}

/// The sending half of the mailbox. Cloned, it serves several threads.
#[derive(Clone)]
struct Mailbox {
    requests: Sender<Request>,
    bell: Arc<Bell>,
}

/// Says that there is mail: a flag for a loop that is busy, a descriptor for
/// one that waits.
struct Bell {
    rung: AtomicBool,
    event: EventFd,
}

impl Mailbox {
    fn send(&self, request: Request) {
        // The engine answers until it is finished; a send that fails comes
        // after that, and its reply channel closes with it.
        let _ = self.requests.send(request);
        self.bell.rung.store(true, Ordering::Release);
        self.bell.event.signal();
    }
}

impl Engine {
    /// Starts `plan` by `start` on a new thread. On that
    /// thread, `ready` is called when all elements have started, before the
    /// thread gives up its privileges and the first packet moves, and `stopped` when the run has ended by itself or
    /// by [`stop`](Engine::stop). Returns what `ready` does.
    pub fn start<G: Graph + 'static, T: Send + 'static>(
        plan: Arc<Plan>,
        options: EngineOptions,
        start: impl FnOnce(&Plan, &mut Context) -> Result<G, StartError> + Send + 'static,
        ready: impl FnOnce(&EngineHandle) -> Result<T, BoxError> + Send + 'static,
        stopped: impl FnOnce() + Send + 'static,
    ) -> Result<(Engine, T), StartError> {
        let needed = |error: EngineError| StartError::outside(error);
        let event = EventFd::new().map_err(|error| needed(EngineError::Event(error)))?;
        let bell = Arc::new(Bell { rung: AtomicBool::new(false), event });
        let (requests, inbox) = channel();
        let handle = EngineHandle {
            plan,
            mailbox: Mailbox { requests, bell: bell.clone() },
            waits: Arc::default(),
        };
        let (started, outcome) = channel();
        let its_handle = handle.clone();
        // A packet goes through a chain of elements in nested calls. Memory
        // that is not touched costs nothing.
        let stack = STACK + its_handle.plan.nodes.len() * STACK_PER_NODE;
        let thread = std::thread::Builder::new()
            .name("engine".into())
            .stack_size(stack)
            .spawn(move || {
                caught(move || {
                    let span =
                        info_span!("start", elements = its_handle.plan.nodes.len()).entered();
                    let pool = Region::new(options.buffers, options.buffer_size);
                    let mut context = Context::new(options.time.clock(), pool);
                    context.set_driver(options.driver);
                    context.set_spin(options.latency.spin);
                    if let Time::Virtual(Some(end)) = options.time {
                        context.set_end(end.as_nanos().try_into().unwrap_or(Nanos::MAX));
                    }
                    context.count_waits(its_handle.waits.clone());
                    options.latency.privileges(context.privileges());
                    let runner = options
                        .latency
                        .apply()
                        .map_err(StartError::outside)
                        .and_then(|()| looped(&its_handle.plan, &mut context, start, &bell))
                        .and_then(|runner| {
                            options.latency.lock_memory().map_err(StartError::outside)?;
                            Ok(runner)
                        })
                        .and_then(|runner| {
                            let made = ready(&its_handle).map_err(StartError::Outside)?;
                            context.privileges().confine().map_err(StartError::outside)?;
                            Ok((runner, made))
                        });
                    drop(span);
                    // Requests end with the last handle outside this thread.
                    drop(its_handle);
                    match runner {
                        Ok((runner, made)) => {
                            let _ = started.send(Ok(made));
                            serve(runner, context, &inbox, &bell, stopped)
                        }
                        Err(error) => {
                            let _ = started.send(Err(error));
                            EngineReport::default()
                        }
                    }
                })
            })
            .map_err(|error| needed(EngineError::Thread(error)))?;
        match outcome.recv() {
            Ok(Ok(made)) => Ok((Engine { handle, thread: Some(thread) }, made)),
            Ok(Err(error)) => {
                let _ = thread.join();
                Err(error)
            }
            // It ended before it said how starting went.
            Err(_) => Err(match joined(thread) {
                Err(panicked) => StartError::Panicked(panicked),
                Ok(_) => needed(EngineError::Silent),
            }),
        }
    }

    /// The way to its handlers.
    pub fn handle(&self) -> &EngineHandle {
        &self.handle
    }

    /// Ends the run. The graph stays, for handlers.
    pub fn stop(&self) {
        self.handle.mailbox.send(Request::Stop);
    }

    /// Ends the run if it goes on, and takes the graph down.
    ///
    /// # Errors
    /// An element panicked, which ended the run.
    pub fn finish(mut self) -> Result<EngineReport, Panicked> {
        self.handle.mailbox.send(Request::Finish);
        let thread = self.thread.take().expect("an engine is finished once");
        joined(thread)
    }
}

impl EngineHandle {
    /// The plan that runs.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// How often the engine has waited for descriptors: calls of `epoll_wait`.
    pub fn waits(&self) -> u64 {
        self.waits.load(Ordering::Relaxed)
    }

    /// Reads handler `handler` of `node`.
    pub fn read(&self, node: NodeId, handler: &str) -> Result<Value, HandlerError> {
        let mut values = self.read_all(vec![(node, handler.to_string())]);
        values.pop().unwrap_or(Err(HandlerError::Gone))
    }

    /// Reads several handlers, all between the same two rounds of the engine, and
    /// in the time that one takes. There are no values if the graph has gone.
    pub fn read_all(&self, handlers: Vec<(NodeId, String)>) -> Vec<Result<Value, HandlerError>> {
        let (reply, answer) = channel();
        self.mailbox.send(Request::Read(handlers, reply));
        answer.recv().unwrap_or_default()
    }

    /// Writes handler `handler` of `node`.
    pub fn write(&self, node: NodeId, handler: &str, value: &str) -> Result<(), HandlerError> {
        let (reply, answer) = channel();
        self.mailbox.send(Request::Write(node, handler.to_string(), value.to_string(), reply));
        answer.recv().unwrap_or(Err(HandlerError::Gone))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.handle.mailbox.send(Request::Finish);
            let _ = thread.join();
        }
    }
}

fn joined(thread: JoinHandle<Result<EngineReport, Panicked>>) -> Result<EngineReport, Panicked> {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Starts a graph and the loop around it.
fn looped<G: Graph>(
    plan: &Plan,
    context: &mut Context,
    start: impl FnOnce(&Plan, &mut Context) -> Result<G, StartError>,
    bell: &Bell,
) -> Result<Runner<G>, StartError> {
    let runner = Runner::start(plan, context, start)?;
    for line in context.lines().into_iter().chain(context.privileges().describe()) {
        info!("{line}");
    }
    runner.wake_on(bell.event.as_raw_fd())?;
    Ok(runner)
}

/// Runs to the end, then answers handlers until there is no more need of the
/// graph, and takes everything down in order: elements, then what they share.
fn serve<G: Graph>(
    mut runner: Runner<G>,
    context: Context,
    inbox: &Receiver<Request>,
    bell: &Bell,
    stopped: impl FnOnce(),
) -> EngineReport {
    let stopped = OnDrop(Some(stopped));
    let mut finished = false;
    let before = CpuTime::of_this_thread();
    let run = runner.run(|graph| {
        if !bell.rung.swap(false, Ordering::Acquire) {
            return true;
        }
        bell.event.clear();
        let mut go_on = true;
        for request in inbox.try_iter() {
            match answer(graph, request) {
                Answered::Go => {}
                Answered::Stop => go_on = false,
                Answered::Finish => (go_on, finished) = (false, true),
            }
        }
        // What was written may have given a task work: no wait before the
        // next round.
        bell.event.signal();
        go_on
    });
    if let Err(error) = run {
        error!(%error, "the loop ended: {error}");
    }
    let cpu = CpuTime::of_this_thread().since(before);
    drop(stopped);
    while !finished {
        match inbox.recv() {
            Ok(request) => {
                finished = matches!(answer(runner.graph_mut(), request), Answered::Finish);
            }
            Err(_) => finished = true,
        }
    }
    let dropped = runner.graph().dropped();
    let regions = context.regions().to_vec();
    let failed = context.failed();
    // Elements write what they have left when they go.
    drop(runner);
    drop(context);
    EngineReport {
        dropped,
        missing_buffers: regions.iter().map(|region| region.owned() - region.available()).sum(),
        pool_exhausted: regions.iter().map(|region| region.exhausted()).sum(),
        failed: failed.get(),
        cpu,
    }
}

/// Calls a function when it is dropped: also when an element panics.
struct OnDrop<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        if let Some(call) = self.0.take() {
            call();
        }
    }
}

enum Answered {
    Go,
    Stop,
    Finish,
}

fn answer<G: Graph>(graph: &mut G, request: Request) -> Answered {
    // Who asked may have gone; then nobody misses the answer.
    match request {
        Request::Read(handlers, reply) => {
            let values = handlers.iter().map(|(node, handler)| graph.read(*node, handler));
            let _ = reply.send(values.collect());
            Answered::Go
        }
        Request::Write(node, handler, value, reply) => {
            let _ = reply.send(graph.write(node, &handler, &value));
            Answered::Go
        }
        Request::Stop => Answered::Stop,
        Request::Finish => Answered::Finish,
    }
}
