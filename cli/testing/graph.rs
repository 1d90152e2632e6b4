//! Tests of whole graphs.

use pkgraph_runtime::{
    Clock, Context, Graph, Nanos, NodeId, Plan, Region, Runner, StartError, caught,
};
use std::rc::Rc;
use std::time::Duration;

/// A graph that runs when a test lets it, by a clock that the test moves.
///
/// Packets come from the graph's own elements and go to them, such as FromDump
/// and ToDump, InfiniteSource and Record; a variable may say which file.
///
/// ```no_run
/// use pkgraph::testing::GraphBench;
///
/// pkgraph::graph!("examples/embed/graphs/record.click");
///
/// # fn main() {
/// let plan = Compiled::plan(&[("OUT", "out.pcap")]).unwrap();
/// GraphBench::new(plan, Compiled::start).settle();
/// # }
/// ```
pub struct GraphBench<G> {
    plan: Plan,
    runner: Option<Runner<G>>,
    clock: Rc<Clock>,
    context: Context,
}

/// Buffers of the pool.
const BUFFERS: u32 = 4096;
/// Rounds in which a graph has to come to rest.
const MOST_ROUNDS: usize = 1_000_000;
/// The clock moves in steps of this at most.
const STEP: Duration = Duration::from_millis(1);

/// An element with its class and its place in the text.
fn at(plan: &Plan, node: Option<NodeId>) -> String {
    node.map_or("the graph".into(), |node| {
        let node = &plan.nodes[node];
        format!("{}: {} :: {}", node.location, node.name, node.class)
    })
}

impl<G: Graph> GraphBench<G> {
    /// Starts the graph of `plan` by `start`. Panics if it does not start.
    pub fn new(
        plan: Plan,
        start: impl FnOnce(&Plan, &mut Context) -> Result<G, StartError>,
    ) -> GraphBench<G> {
        let mut context = Context::new(Clock::manual(), Region::new(BUFFERS, Region::BUFFER_SIZE));
        let clock = context.clock();
        let runner = Runner::start(&plan, &mut context, start)
            .unwrap_or_else(|error| panic!("{} does not start: {error}", at(&plan, error.node())));
        GraphBench { plan, runner: Some(runner), clock, context }
    }

    fn runner(&self) -> &Runner<G> {
        self.runner.as_ref().expect("taken only by drop")
    }

    /// Runs the graph until it rests. Panics if it never does, and names the element if
    /// one panics.
    pub fn settle(&mut self) {
        let runner = self.runner.as_mut().expect("taken only by drop");
        let rests = caught(|| runner.settle(MOST_ROUNDS).expect("epoll waits"));
        let rests = rests.unwrap_or_else(|panicked| {
            panic!("{} panicked: {}", at(&self.plan, panicked.node), panicked.message)
        });
        assert!(rests, "the graph never rests");
    }

    /// Moves the clock, which stands still otherwise, and settles on the way.
    pub fn advance(&mut self, by: Duration) {
        let mut left = by;
        while !left.is_zero() {
            let step = left.min(STEP);
            self.clock.advance(step.as_nanos() as Nanos);
            self.settle();
            left -= step;
        }
    }

    /// Reads a handler, `NAME.HANDLER`. Panics if there is none.
    pub fn read(&self, handler: &str) -> String {
        let (node, name) = self.find(handler);
        let value = self.runner().graph().read(node, name);
        value.unwrap_or_else(|error| panic!("{handler}: {error}")).to_string()
    }

    /// Writes a handler; why it was refused. Panics if there is no such element.
    pub fn write(&mut self, handler: &str, value: &str) -> Result<(), String> {
        let (node, name) = self.find(handler);
        let runner = self.runner.as_mut().expect("taken only by drop");
        runner.graph_mut().write(node, name, value).map_err(|error| error.to_string())
    }

    fn find<'h>(&self, handler: &'h str) -> (NodeId, &'h str) {
        let (element, name) = handler.rsplit_once('.').expect("NAME.HANDLER");
        let node = self.plan.find(element);
        (node.unwrap_or_else(|| panic!("there is no element {element}")), name)
    }
}

impl<G> Drop for GraphBench<G> {
    /// Panics if the graph has not given all buffers back.
    fn drop(&mut self) {
        drop(self.runner.take());
        if !std::thread::panicking() {
            let home = self.context.regions().iter().all(|region| region.is_home());
            assert!(home, "the graph has lost a buffer");
        }
    }
}
