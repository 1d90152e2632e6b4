//! What an element may ask for when it starts.

use crate::world::{Descriptor, Here, World};
use crate::{Alarm, Clock, Nanos, NodeId, Region};
#[cfg(feature = "linux")]
use crate::{Privileges, netmap::DriverChoice};
use std::any::Any;
use std::cell::Cell;
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// The surroundings of a graph instance: clock, pool, file descriptors to
/// wait for, and things that several elements share.
pub struct Context {
    world: Rc<dyn World>,
    clock: Rc<Clock>,
    stop: Rc<Cell<bool>>,
    failed: Rc<Cell<bool>>,
    alarm: Rc<Alarm>,
    regions: Vec<&'static Region>,
    node: NodeId,
    watches: Vec<Watch>,
    shared: HashMap<String, Rc<dyn Any>>,
    #[cfg(feature = "linux")]
    driver: DriverChoice,
    spin: Duration,
    end: Nanos,
    lines: Vec<Box<dyn Fn() -> String>>,
    #[cfg(feature = "linux")]
    privileges: Privileges,
    waits: Arc<AtomicU64>,
}

/// A file descriptor that makes an element's task ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The element.
    pub node: NodeId,
    /// The descriptor, which the element keeps open.
    pub fd: Descriptor,
    /// Whether readiness to write counts too, besides readiness to read.
    pub write: bool,
}

impl Context {
    /// A context for one graph instance in the world that this program is in.
    pub fn new(clock: Clock, pool: &'static Region) -> Context {
        Context::within(Rc::new(Here::default()), clock, pool)
    }

    /// A context for one graph instance in a world of its own.
    pub fn within(world: Rc<dyn World>, clock: Clock, pool: &'static Region) -> Context {
        Context {
            world,
            clock: Rc::new(clock),
            stop: Rc::new(Cell::new(false)),
            failed: Rc::new(Cell::new(false)),
            alarm: Rc::new(Alarm::default()),
            regions: vec![pool],
            node: 0,
            watches: Vec::new(),
            shared: HashMap::new(),
            #[cfg(feature = "linux")]
            driver: DriverChoice::default(),
            spin: Duration::ZERO,
            end: Nanos::MAX,
            lines: Vec::new(),
            #[cfg(feature = "linux")]
            privileges: Privileges::default(),
            waits: Arc::default(),
        }
    }

    /// What descriptors are waited for in.
    pub(crate) fn world(&self) -> Rc<dyn World> {
        self.world.clone()
    }

    /// The engine's clock.
    pub fn clock(&self) -> Rc<Clock> {
        self.clock.clone()
    }

    /// The pool of buffers for packets that come from no ring.
    pub fn pool(&self) -> &'static Region {
        self.regions[0]
    }

    /// Notes a region besides the pool whose buffers packets of this graph
    /// are in, to see to it at the end that all have come home.
    pub fn add_region(&mut self, region: &'static Region) {
        if !self.regions.iter().any(|known| std::ptr::eq(*known, region)) {
            self.regions.push(region);
        }
    }

    /// The pool and the other regions of this graph.
    pub fn regions(&self) -> &[&'static Region] {
        &self.regions
    }

    /// Which driver opens netmap ports.
    #[cfg(feature = "linux")]
    pub fn driver(&self) -> &DriverChoice {
        &self.driver
    }

    /// Says which driver opens netmap ports, before any is opened.
    #[cfg(feature = "linux")]
    pub fn set_driver(&mut self, driver: DriverChoice) {
        self.driver = driver;
    }

    /// How long the loop looks for work before it sleeps.
    pub fn spin(&self) -> Duration {
        self.spin
    }

    /// Says how long the loop looks for work before it sleeps.
    pub fn set_spin(&mut self, spin: Duration) {
        self.spin = spin;
    }

    /// When a run in virtual time ends, if nothing ends it before.
    pub fn end(&self) -> Nanos {
        self.end
    }

    /// Says when a run in virtual time ends.
    pub fn set_end(&mut self, end: Nanos) {
        self.end = end;
    }

    /// Octets that nobody can foresee, for the element that is being started. In virtual
    /// time they follow from the element's number, so that each run is the same.
    pub fn secret(&self) -> io::Result<[u8; 32]> {
        let mut octets = [0; 32];
        if self.clock.is_virtual() {
            octets[..8].copy_from_slice(&(self.node as u64).to_be_bytes());
        } else {
            self.world.secret(&mut octets)?;
        }
        Ok(octets)
    }

    /// How often the loop has waited for descriptors (a call of `epoll_wait`).
    pub fn waits(&self) -> Arc<AtomicU64> {
        self.waits.clone()
    }

    /// Has the loop count its waits here.
    #[cfg(feature = "linux")]
    pub(crate) fn count_waits(&mut self, waits: Arc<AtomicU64>) {
        self.waits = waits;
    }

    /// What the run keeps of its privileges once all elements have started: an
    /// element that will need one later adds it.
    #[cfg(feature = "linux")]
    pub fn privileges(&mut self) -> &mut Privileges {
        &mut self.privileges
    }

    /// Has a line said once all elements have started.
    pub fn say_at_start(&mut self, line: impl Fn() -> String + 'static) {
        self.lines.push(Box::new(line));
    }

    /// The lines to say now; none twice.
    pub fn lines(&mut self) -> Vec<String> {
        self.lines.drain(..).map(|line| line()).collect()
    }

    /// What wakes the loop for elements that are pulled.
    pub fn alarm(&self) -> Rc<Alarm> {
        self.alarm.clone()
    }

    /// The element that is being started.
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// A flag that ends the run when it is set.
    pub fn stop(&self) -> Rc<Cell<bool>> {
        self.stop.clone()
    }

    /// A flag for an element that could not write to standard output: when it is
    /// set, the run will have failed, whenever it ends.
    pub fn failed(&self) -> Rc<Cell<bool>> {
        self.failed.clone()
    }

    /// Makes the task of the element being started ready whenever `fd`
    /// becomes readable (or, with `write`, writable). Readiness is
    /// edge-triggered: the task must go on until the descriptor has nothing
    /// more before it reports [`Idle`](crate::Progress::Idle).
    pub fn watch(&mut self, fd: Descriptor, write: bool) {
        self.watches.push(Watch { node: self.node, fd, write });
    }

    /// The one `T` of this graph that is called `key`: what an element has
    /// opened already, or what `open` opens.
    pub fn shared<T: Any, E>(
        &mut self,
        key: &str,
        open: impl FnOnce(&mut Context) -> Result<T, E>,
    ) -> Result<Rc<T>, E> {
        let key = format!("{}\0{key}", std::any::type_name::<T>());
        if let Some(found) = self.shared.get(&key).and_then(|any| any.clone().downcast().ok()) {
            return Ok(found);
        }
        let opened = Rc::new(open(self)?);
        self.shared.insert(key, opened.clone());
        Ok(opened)
    }

    /// Says which node is being started; for engines.
    pub fn enter(&mut self, node: NodeId) {
        self.node = node;
    }

    /// The descriptors to wait for; for the loop.
    pub fn watches(&self) -> &[Watch] {
        &self.watches
    }
}
