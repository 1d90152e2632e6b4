//! Elements that store packets, and the tasks that empty them.

mod fifo;
mod prio_sched;
mod pull_until;
// The folder is the subject; the element that gave it its name lives in it.
#[allow(clippy::module_inception)]
mod queue;
mod round_robin_sched;
mod thread_safe_queue;
mod unqueue;

pub(crate) use fifo::{Fifo, MOST};
pub use prio_sched::PrioSched;
pub(crate) use pull_until::pull_until;
pub use queue::Queue;
pub use round_robin_sched::RoundRobinSched;
pub use thread_safe_queue::ThreadSafeQueue;
pub use unqueue::Unqueue;
